/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/consistent-type-imports -- an `import()` of a CommonJS module would be resolved as one of ES modules */
import type { Command } from 'commander';

/** Every command by its name, in the order of the help. Each is loaded when it is wanted: a command that compares two versions needs no Temporal. */
const COMMANDS: Readonly<Record<string, () => Command>> = {
  up: () => (require('./up') as typeof import('./up')).upCommand(),
  release: () => (require('./release') as typeof import('./release')).releaseCommand(),
  decide: () => (require('./decide') as typeof import('./decide')).decideCommand(),
  status: () => (require('./status') as typeof import('./status')).statusCommand(),
  show: () => (require('./show') as typeof import('./show')).showCommand(),
  why: () => (require('./why') as typeof import('./why')).whyCommand(),
  log: () => (require('./log') as typeof import('./log')).logCommand(),
  floor: () => (require('./floor/command') as typeof import('./floor/command')).floorCommand(),
  watch: () => (require('./watch') as typeof import('./watch')).watchCommand(),
  withdraw: () => (require('./withdraw') as typeof import('./withdraw')).withdrawCommand(),
  ingest: () => (require('./ingest') as typeof import('./ingest')).ingestCommand(),
  image: () => (require('./image') as typeof import('./image')).imageCommand(),
  suite: () => (require('./suite') as typeof import('./suite')).suiteCommand(),
  spec: () => (require('./spec/command') as typeof import('./spec/command')).specCommand(),
  version: () => (require('./version-compare') as typeof import('./version-compare')).versionCommand(),
  graph: () => (require('./graph') as typeof import('./graph')).graphCommand(),
  plan: () => (require('./plan') as typeof import('./plan')).planCommand(),
  simulate: () => (require('./simulate') as typeof import('./simulate')).simulateCommand(),
  updates: () => (require('./updates') as typeof import('./updates')).updatesCommand(),
  cluster: () => (require('./cluster') as typeof import('./cluster')).clusterCommand(),
  doctor: () => (require('./doctor') as typeof import('./doctor')).doctorCommand(),
  bootstrap: () => (require('./bootstrap') as typeof import('./bootstrap')).bootstrapCommand(),
  demo: () => (require('./demo') as typeof import('./demo')).demoCommand(),
};

/** The commands that a command line can mean: the one that it names, else (for help, or a suggestion) all. */
export function commandsFor(words: readonly string[]): readonly Command[] {
  const named = words.find((word, index) => !word.startsWith('-') && words[index - 1] !== '--config');
  const loaders = named !== undefined && Object.hasOwn(COMMANDS, named) ? [COMMANDS[named]!] : Object.values(COMMANDS);
  return loaders.map((load) => load());
}
