import type { Command } from 'commander';

/** Every command by its name, in the order of the help. Each is loaded when it is wanted: a command that compares two versions needs no Temporal. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./up')).upCommand(),
  release: async () => (await import('./release')).releaseCommand(),
  decide: async () => (await import('./decide')).decideCommand(),
  status: async () => (await import('./status')).statusCommand(),
  show: async () => (await import('./show')).showCommand(),
  why: async () => (await import('./why')).whyCommand(),
  log: async () => (await import('./log')).logCommand(),
  watch: async () => (await import('./watch')).watchCommand(),
  withdraw: async () => (await import('./withdraw')).withdrawCommand(),
  spec: async () => (await import('./spec/command')).specCommand(),
  version: async () => (await import('./version-compare')).versionCommand(),
  graph: async () => (await import('./graph')).graphCommand(),
  updates: async () => (await import('./updates')).updatesCommand(),
  doctor: async () => (await import('./doctor')).doctorCommand(),
  bootstrap: async () => (await import('./bootstrap')).bootstrapCommand(),
  demo: async () => (await import('./demo')).demoCommand(),
};

/** The commands that a command line can mean: the one that it names, else (for help, or a suggestion) all. */
export async function commandsFor(words: readonly string[]): Promise<readonly Command[]> {
  const named = words.find((word, index) => !word.startsWith('-') && words[index - 1] !== '--config');
  const loaders = named !== undefined && Object.hasOwn(COMMANDS, named) ? [COMMANDS[named]!] : Object.values(COMMANDS);
  return Promise.all(loaders.map((load) => load()));
}
