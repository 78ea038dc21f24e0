import { readFileSync } from 'node:fs';
import { readIndexArchive } from '../activities/apk/index-archive';
import { Complaint } from '../config/complaint';
import type { IndexRecord } from '../domain/apk/apk';
import { parseIndex } from '../domain/apk/index-text';
import { graphPackageOf, type GraphPackage } from '../domain/graph/package';
import type { Position, Problem } from '../domain/result';
import type { SpecArchitecture } from '../domain/spec/architecture';
import { expandAsFarAsPossible } from '../domain/spec/expand';
import type { Pipelines } from '../domain/spec/pipeline';
import { readSpec } from '../domain/spec/read';
import { openKnown } from './spec/cache';
import { pipelineFiles, readPipelines, readText, specFiles } from './spec/files';

/** The packages of a folder of specs. */
export interface GraphInput {
  readonly packages: readonly GraphPackage[];
  /** Defects of specs that take part all the same, as far as they could be read. */
  readonly warnings: readonly Problem[];
  /** Why specs and pipelines were left out. */
  readonly errors: readonly Problem[];
}

/** What became of one spec. */
interface Read {
  readonly made?: { readonly package: GraphPackage; readonly at: Position };
  readonly problems: readonly Problem[];
}

/** Reads `<folder>/*.yaml` and the pipelines in `<folder>/pipelines`; what an earlier run read and did not change since is not read again. Throws a `Complaint` where the folder cannot be read. */
export function readGraphInput(folder: string, arch: SpecArchitecture): GraphInput {
  const warnings: Problem[] = [];
  const own = pipelineFiles(folder);
  const known = openKnown<Read>(`graph-${arch}`, ['spec', 'version', 'apk', 'graph'], own);
  let read: ReturnType<typeof readPipelines> | undefined;
  const pipelines = () => (read ??= readPipelines(own)).pipelines;
  const errors = [...known.of(folder, '', () => ({ problems: readPipelines(own).problems })).problems];
  const packages = new Map<string, GraphPackage>();
  for (const file of [...specFiles([folder]).values()].flat()) {
    const text = readText(file);
    const { made, problems } = known.of(file, text, () => readPackage(text, file, arch, pipelines()));
    if (!made) {
      errors.push(...problems);
      continue;
    }
    warnings.push(...problems);
    const { name } = made.package;
    if (packages.has(name)) errors.push({ message: `another spec is called ${name} too`, at: made.at, remedy: 'a package has one spec' });
    else packages.set(name, made.package);
  }
  known.save();
  return { packages: [...packages.values()], warnings, errors };
}

function readPackage(text: string, file: string, arch: SpecArchitecture, pipelines: Pipelines): Read {
  const spec = readSpec(text, file);
  if (!spec.ok) return { problems: spec.error };
  const made = expandAsFarAsPossible(spec.value, { arch, pipelines });
  if (!made.ok) return { problems: made.error };
  const { expanded, problems } = made.value;
  return { made: { package: graphPackageOf(expanded), at: expanded.at }, problems };
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
