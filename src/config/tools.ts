import locate = require('../../tools/locate.cjs');

/** A program that Millrace runs, and where it is taken from. */
export interface ToolStatus {
  readonly name: string;
  readonly purpose: string;
  readonly from: 'path' | 'cache' | 'missing';
  readonly file?: string;
  readonly version?: string;
  /** What to do where it is missing. */
  readonly remedy?: string;
  /** Only the tests or a local Kubernetes need it. */
  readonly optional: boolean;
}

/** The one folder per user in which checkouts share tools, bootstrap repositories and upstream releases: $MILLRACE_CACHE, else below $XDG_CACHE_HOME or ~/.cache. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return locate.cacheFolder(env);
}

/** The PATH with which melange, apko and temporal are found by name, by the rules of the set-up (tools/locate.cjs). */
export function toolPath(env: NodeJS.ProcessEnv = process.env): string {
  return locate.toolPath(env);
}

/** Every program that Millrace runs, with the remedy for each that is missing. */
export function toolStatuses(env: NodeJS.ProcessEnv = process.env): readonly ToolStatus[] {
  const programs = Object.entries(locate.versions.programs).map(([name, program]) => {
    const { from, file, version, rejected } = locate.locateProgram(name, env);
    const wrong = rejected ? `${rejected.file} is version ${rejected.version}, which does not fit; ` : '';
    const { only } = program;
    return status(name, program.purpose, { from, file, version }, `${wrong}run  ${setUp(only)}  in the checkout`, only !== undefined);
  });
  const system = Object.entries(locate.versions.system).map(([name, entry]) => {
    const file = locate.onPath(name, env);
    const { only } = entry;
    const remedy = `install the system package ${entry.package}`;
    return status(name, entry.purpose, { from: file ? 'path' : 'missing', file }, remedy, only !== undefined);
  });
  const { name, purpose } = locate.versions.testServer;
  const server = status(
    name,
    purpose,
    locate.locateTestServer(env),
    'install Java and Maven, then run  node tools/setup.mjs --with-tests',
    true,
  );
  return [...programs, ...system, server];
}

const setUp = (option?: string) => (option ? `node tools/setup.mjs ${option}` : 'npm run setup');

/** The file of a program, or what to do to have it. */
export function programFile(name: string, env: NodeJS.ProcessEnv = process.env): { readonly file: string } | { readonly remedy: string } {
  const tool = toolStatuses(env).find((candidate) => candidate.name === name);
  return tool?.file !== undefined ? { file: tool.file } : { remedy: tool?.remedy ?? `install ${name}` };
}

function status(
  name: string,
  purpose: string,
  found: { readonly from: ToolStatus['from']; readonly file?: string | undefined; readonly version?: string | undefined },
  remedy: string,
  optional = false,
): ToolStatus {
  return {
    name,
    purpose,
    from: found.from,
    ...(found.file !== undefined && { file: found.file }),
    ...(found.version !== undefined && { version: found.version }),
    ...(found.from === 'missing' && { remedy }),
    optional,
  };
}
