import { readFileSync } from 'node:fs';
import { readIndexArchive } from '../activities/apk/index-archive';
import { Complaint } from '../config/complaint';
import type { IndexRecord } from '../domain/apk/apk';
import { parseIndex } from '../domain/apk/index-text';
import type { Distribution } from '../domain/graph/distribution';
import type { GraphPackage } from '../domain/graph/package';
import { resolve } from '../domain/graph/providers';
import type { Problem } from '../domain/result';
import type { SpecArchitecture } from '../domain/spec/architecture';
import { nearestKey } from '../domain/spec/nearest-key';
import { openKnown, type Known } from './spec/cache';
import { pipelineFiles, readPipelines, readText, specFiles, type PipelineFile } from './spec/files';
import { graphRowReader } from './spec/graph-row';
import type { GraphRead } from './spec/jobs';
import { makeAll } from './spec/make-all';

/** The packages of a folder of specs. */
export interface GraphInput {
  readonly packages: readonly GraphPackage[];
  /** Defects of specs that take part all the same, as far as they could be read. */
  readonly warnings: readonly Problem[];
  /** Why specs and pipelines were left out. */
  readonly errors: readonly Problem[];
}

/** Reads `<folder>/*.yaml` and the pipelines in `<folder>/pipelines`; what an earlier run read and did not change since is not read again. Throws a `Complaint` where the folder cannot be read. */
export async function readGraphInput(folder: string, arch: SpecArchitecture): Promise<GraphInput> {
  const warnings: Problem[] = [];
  const pipelines = pipelineFiles(folder);
  const known = openKnown<GraphRead>(`graph-${arch}`, ['spec', 'version', 'apk', 'graph'], pipelines);
  const specs = [...specFiles([folder]).values()].flat().map((file) => ({ file, text: readText(file) }));
  const errors = [...pipelineProblems(folder, pipelines, known)];
  const packages = new Map<string, GraphPackage>();
  const read = graphRowReader();
  for (const { row, problems } of await makeAll({ kind: 'graph', arch, pipelines }, specs, known)) {
    if (!row) {
      errors.push(...problems);
      continue;
    }
    warnings.push(...problems);
    const { package: made, at } = read(row);
    const { name } = made;
    if (packages.has(name)) errors.push({ message: `another spec is called ${name} too`, at, remedy: 'a package has one spec' });
    else packages.set(name, made);
  }
  known.save();
  return { packages: [...packages.values()], warnings, errors };
}

/** Kept like what specs make: reading a hundred pipelines takes longer than all else that a run does which changes nothing. */
function pipelineProblems(folder: string, pipelines: readonly PipelineFile[], known: Known<GraphRead>): readonly Problem[] {
  const found = known.find(folder, '');
  if (found) return found.problems;
  const { problems } = readPipelines(pipelines);
  known.keep(folder, '', { problems });
  return problems;
}

/** Reads a published index: `APKINDEX.tar.gz`, or the text in it. Signatures are not looked at: a graph grants nothing. */
export async function readIndexFile(file: string): Promise<readonly IndexRecord[]> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Complaint({ message: `${file}: ${(error as Error).message}`, remedy: '--index names an APKINDEX.tar.gz' });
  }
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (zipped) return (await readIndexArchive(bytes, file)).records;
  const records = parseIndex(bytes.toString('utf8'));
  if (!records.ok) throw new Complaint({ ...records.error, ...(records.error.at ? { at: { ...records.error.at, file } } : {}) });
  return records.value;
}

/** The spec of that name, else the one whose apk of that name or with that `provides` would be taken. Throws a `Complaint` where there is none. */
export function specNamed({ graph, providers }: Distribution, name: string, dir: string): string {
  if (graph.numbers.has(name)) return name;
  const found = resolve(providers, { name, bound: 'any', limit: '' });
  if (typeof found === 'object' && graph.numbers.has(found.origin)) return found.origin;
  const near = nearestKey(name, [...providers.byName.keys()]);
  throw new Complaint({
    message: `${dir} has no package ${name}`,
    remedy: near ? `did you mean ${near}?` : 'name the folder that its spec is in',
  });
}
