import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Config } from '../../config/config';
import type { IndexRecord } from '../../domain/apk/apk';
import { packageFolder, packagesAmong, specPath } from '../../domain/change/files';
import { distributionOf } from '../../domain/graph/distribution';
import { graphPackageOf, type GraphPackage } from '../../domain/graph/package';
import type { Graph } from '../../domain/graph/adjacency';
import type { SpecArchitecture } from '../../domain/spec/architecture';
import { builtInPipelines } from '../../domain/spec/builtin';
import { expandAsFarAsPossible } from '../../domain/spec/expand';
import { layered, readPipeline, type PipelineDefinition, type Pipelines } from '../../domain/spec/pipeline';
import { readSpecFile } from '../change/spec-at';
import type { Forge } from '../forge/forge';
import type { RepositoryReader } from '../repository/reader';

/** What must be there to build what, at one commit of main and one generation. */
export interface SpecGraph {
  /** Equal for equal graphs. */
  readonly key: string;
  readonly graph: Graph;
  /** What the graph was made of. */
  readonly packages: readonly GraphPackage[];
  readonly index: readonly IndexRecord[];
}

/** Specs read without a break: a worker that reads a distribution must still heartbeat. */
const AT_A_TIME = 50;

/**
 * The graph of the distribution as main says it: builds by what they need, names that only packages have (`so:`, `pc:`, subpackages that a pipeline makes) by the published index.
 * A spec that cannot be read takes no part: it cannot be rebuilt. Specs that did not change are not read again, whatever else changed; an unchanged main costs a look at its head.
 */
export function createSpecGraph(deps: {
  readonly forge: Pick<Forge, 'head' | 'list' | 'readAll'>;
  readonly reader: Pick<RepositoryReader, 'currentGeneration' | 'readIndex'>;
  readonly specs: Config['specs'];
  readonly architecture: string;
}): () => Promise<SpecGraph> {
  const { forge, reader, architecture } = deps;
  const { branch, directory } = deps.specs;
  let read = new Map<string, { readonly content: Buffer; readonly made: GraphPackage | undefined }>();
  let readWith: ReadonlyMap<string, Buffer> = new Map();
  let kept: { readonly key: string; readonly made: Promise<Omit<SpecGraph, 'key'>> } | undefined;

  const packagesAt = async (commit: string): Promise<readonly GraphPackage[]> => {
    const paths = await forge.list(commit, directory === '.' ? '' : directory);
    const names = packagesAmong(paths, directory);
    const pipelineFolder = `${packageFolder(directory, 'pipelines')}/`;
    const pipelinePaths = paths.filter((path) => path.startsWith(pipelineFolder) && path.endsWith('.yaml')).sort();
    const contents = await forge.readAll(commit, [...names.map((name) => specPath(directory, name)), ...pipelinePaths]);
    const ofPipelines = new Map(pipelinePaths.map((path) => [path.slice(pipelineFolder.length, -'.yaml'.length), contents.get(path)!]));
    const known = sameContents(ofPipelines, readWith) ? read : new Map<string, never>();
    const pipelines = pipelinesOf(ofPipelines, pipelineFolder);
    const next: typeof read = new Map();
    let made = 0;
    for (const name of names) {
      const content = contents.get(specPath(directory, name));
      if (!content) continue;
      const before = known.get(name);
      if (before?.content.equals(content)) {
        next.set(name, before);
        continue;
      }
      next.set(name, { content, made: packageOf(specPath(directory, name), name, content, architecture, pipelines) });
      if (++made % AT_A_TIME === 0) await yieldToOthers();
    }
    read = next;
    readWith = ofPipelines;
    return [...next.values()].flatMap((one) => (one.made ? [one.made] : []));
  };

  return async () => {
    const [commit, generation] = await Promise.all([forge.head(branch), reader.currentGeneration()]);
    const key = `${commit} ${generation}`;
    if (kept?.key !== key) {
      const make = async () => {
        const packages = await packagesAt(commit);
        const index = await reader.readIndex(architecture, generation);
        return { packages, index, graph: distributionOf(packages, 'build', index).graph };
      };
      // One after the other: two that read at once would each read all.
      const made = (kept?.made ?? Promise.resolve()).then(make, make);
      kept = { key, made };
      made.catch(() => {
        if (kept?.made === made) kept = undefined;
      });
    }
    return { key, ...(await kept.made) };
  };
}

function packageOf(path: string, name: string, content: Buffer, architecture: string, pipelines: Pipelines): GraphPackage | undefined {
  const found = readSpecFile(path, name, content);
  if (!('spec' in found)) return undefined;
  const expanded = expandAsFarAsPossible(found.spec, { arch: architecture as SpecArchitecture, pipelines });
  return expanded.ok ? graphPackageOf(expanded.value.expanded) : undefined;
}

function pipelinesOf(contents: ReadonlyMap<string, Buffer>, folder: string): Pipelines {
  const own = new Map<string, PipelineDefinition | 'unreadable'>();
  for (const [uses, content] of contents) {
    const definition = readPipeline(content.toString('utf8'), `${folder}${uses}.yaml`);
    own.set(uses, definition.ok ? definition.value : 'unreadable');
  }
  return layered(own, builtInPipelines);
}

function sameContents(one: ReadonlyMap<string, Buffer>, other: ReadonlyMap<string, Buffer>): boolean {
  return one.size === other.size && [...one].every(([name, content]) => other.get(name)?.equals(content));
}
