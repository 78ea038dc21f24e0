import type { SpecGraph } from '../activities/floor/spec-graph';
import type { IndexRecord } from '../domain/apk/apk';
import { parseDependency } from '../domain/apk/dependency';
import { targetsOf } from '../domain/graph/adjacency';
import { providersOf, resolve } from '../domain/graph/providers';

/** Who needs a package itself, by name of the package. */
export interface Dependents {
  /** To be built. Absent while the specs are being read for the first time. */
  readonly build?: readonly string[];
  /** To be installed, as the published index says. */
  readonly runtime: readonly string[];
}

/** Reading thousands of specs takes longer than a reader waits. */
const WAIT_MILLISECONDS = 1500;

/** Who needs what, read once for each state of main and generation. */
export function createDependents(deps: {
  readonly specs: () => Promise<SpecGraph>;
  readonly index: () => Promise<readonly IndexRecord[]>;
}): (name: string) => Promise<Dependents> {
  let read: { readonly index: readonly IndexRecord[]; readonly needed: ReadonlyMap<string, ReadonlySet<string>> } | undefined;
  return async (name) => {
    const building = builders(deps.specs, name);
    const index = await deps.index();
    if (read?.index !== index) read = { index, needed: neededAtRuntime(index) };
    const build = await building;
    return { ...(build ? { build } : {}), runtime: [...(read.needed.get(name) ?? [])].sort() };
  };
}

async function builders(specs: () => Promise<SpecGraph>, name: string): Promise<readonly string[] | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve_) => (timer = setTimeout(resolve_, WAIT_MILLISECONDS, undefined)));
  const found = await Promise.race([specs().catch(() => undefined), late]);
  clearTimeout(timer);
  if (!found) return undefined;
  const node = found.graph.numbers.get(name);
  return node === undefined ? [] : [...targetsOf(found.graph.neededBy, node)].map((dependent) => found.graph.names[dependent]!);
}

/** By origin: the other origins whose newest apks depend on one of its. An index is in the order of versions. */
function neededAtRuntime(index: readonly IndexRecord[]): ReadonlyMap<string, ReadonlySet<string>> {
  const newest = [...new Map(index.map((record) => [record.name, record])).values()];
  const providers = providersOf([], newest);
  const needed = new Map<string, Set<string>>();
  for (const { origin, depends } of newest) {
    for (const atom of depends) {
      const wanted = parseDependency(atom);
      if (!wanted || wanted.conflict) continue;
      const found = resolve(providers, { name: wanted.name, bound: wanted.bound, limit: wanted.version });
      if (typeof found === 'string' || found.origin === origin) continue;
      needed.set(found.origin, (needed.get(found.origin) ?? new Set()).add(origin));
    }
  }
  return needed;
}
