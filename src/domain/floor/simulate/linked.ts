import { reversed, graphOf, type Adjacency } from '../../graph/adjacency';
import type { Distribution } from '../../graph/distribution';
import { resolve } from '../../graph/providers';

/**
 * From each package to those that seem to be linked with its libraries, in the numbers of the distribution's graph: those that build with a `-dev` package of it or want a `so:` name of it. Specs do
 * not say more; who is linked for certain stands in the published packages, and there the floor reads it.
 */
export function linkedOf({ graph, packages, providers, published }: Distribution): Adjacency {
  const edges: [string, string][] = [];
  for (const one of packages.values()) {
    for (const wanted of [...one.build, ...(published.get(one.name) ?? [])]) {
      if (!wanted.name.endsWith('-dev') && !wanted.name.startsWith('so:')) continue;
      const found = resolve(providers, wanted, one.name);
      if (typeof found === 'object' && graph.numbers.has(found.origin)) edges.push([one.name, found.origin]);
    }
  }
  return reversed(graphOf(graph.names, edges).needs);
}
