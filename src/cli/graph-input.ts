import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIndexArchive } from '../activities/apk/index-archive';
import { Complaint } from '../config/complaint';
import type { IndexRecord } from '../domain/apk/apk';
import { parseIndex } from '../domain/apk/index-text';
import { graphPackageOf, type GraphPackage } from '../domain/graph/package';
import type { Problem } from '../domain/result';
import type { SpecArchitecture } from '../domain/spec/architecture';
import { builtInPipelines } from '../domain/spec/builtin';
import { expandAsFarAsPossible } from '../domain/spec/expand';
import { layered, readPipeline, type PipelineDefinition } from '../domain/spec/pipeline';
import { readSpec } from '../domain/spec/read';

/** The packages of a folder of specs. */
export interface GraphInput {
  readonly packages: readonly GraphPackage[];
  /** Defects of specs that take part all the same, as far as they could be read. */
  readonly warnings: readonly Problem[];
  /** Why specs and pipelines were left out. */
  readonly errors: readonly Problem[];
}

/** Reads `<folder>/*.yaml` and the pipelines in `<folder>/pipelines`. Throws a `Complaint` where the folder cannot be read. */
export function readGraphInput(folder: string, arch: SpecArchitecture): GraphInput {
  const warnings: Problem[] = [];
  const errors: Problem[] = [];
  const pipelines = layered(pipelinesIn(join(folder, 'pipelines'), errors), builtInPipelines);
  const packages = new Map<string, GraphPackage>();
  for (const name of filesIn(folder)) {
    const file = join(folder, name);
    const spec = readSpec(readFileSync(file, 'utf8'), file);
    const made = spec.ok ? expandAsFarAsPossible(spec.value, { arch, pipelines }) : spec;
    if (!made.ok) {
      errors.push(...made.error);
      continue;
    }
    warnings.push(...made.value.problems);
    const { expanded } = made.value;
    if (packages.has(expanded.name)) {
      errors.push({ message: `another spec is called ${expanded.name} too`, at: expanded.at, remedy: 'a package has one spec' });
    } else packages.set(expanded.name, graphPackageOf(expanded));
  }
  return { packages: [...packages.values()], warnings, errors };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml') && !name.startsWith('.'))
      .sort();
  } catch (error) {
    throw new Complaint({ message: `${folder}: ${(error as Error).message}`, remedy: 'name a folder of specs' });
  }
}

function pipelinesIn(folder: string, errors: Problem[]): ReadonlyMap<string, PipelineDefinition> {
  const found = new Map<string, PipelineDefinition>();
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!entry.endsWith('.yaml')) continue;
    const read = readPipeline(readFileSync(join(folder, entry), 'utf8'), join(folder, entry));
    if (read.ok) found.set(entry.slice(0, -'.yaml'.length), read.value);
    else errors.push(...read.error);
  }
  return found;
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
