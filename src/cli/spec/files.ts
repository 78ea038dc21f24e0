import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Complaint } from '../../config/complaint';
import { builtInPipelines } from '../../domain/spec/builtin';
import { layered, readPipeline, type PipelineDefinition, type Pipelines } from '../../domain/spec/pipeline';
import type { SpecProblem } from '../../domain/spec/problem';

/** A file of a pipeline: its path, the name after `uses:`, and its text. */
export interface PipelineFile {
  readonly path: string;
  readonly uses: string;
  readonly text: string;
}

/** The text of a file; `what` is what a person should have named. Throws a `Complaint` where it cannot be read. */
export function readText(path: string, what = 'spec'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Complaint({
      message: code === 'ENOENT' ? `${path}: there is no such file or folder` : `${path}: ${code ?? String(error)}`,
      remedy: `name a ${what} that is there`,
    });
  }
}

/** The specs that the paths name, by the folder they stand in: files as they are, of folders every `*.yaml` directly in them. */
export function specFiles(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const folders = new Map<string, Set<string>>();
  const add = (folder: string, names: readonly string[]) => {
    const known = folders.get(folder) ?? new Set();
    for (const name of names) known.add(name);
    folders.set(folder, known);
  };
  for (const path of paths) {
    if (!isFolder(path)) add(dirname(path), [basename(path)]);
    else add(path, yamlFiles(path));
  }
  return new Map([...folders].map(([folder, names]) => [folder, [...names].sort().map((name) => join(folder, name))]));
}

function yamlFiles(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => /^[^.].*\.yaml$/.test(name));
  if (!names.length) throw new Complaint({ message: `${folder} has no specs`, remedy: 'name the folder that the .yaml files are in' });
  return names;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Complaint({
      message: code === 'ENOENT' ? `${path}: there is no such file or folder` : `${path}: ${code ?? String(error)}`,
      remedy: 'name a spec or a folder of specs',
    });
  }
}

/** The files of the pipelines beside the specs of a folder, `pipelines/**.yaml`, sorted. */
export function pipelineFiles(folder: string): readonly PipelineFile[] {
  const root = join(folder, 'pipelines');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((entry) => entry.endsWith('.yaml'))
    .sort()
    .map((entry) => ({ path: join(root, entry), uses: entry.slice(0, -'.yaml'.length), text: readFileSync(join(root, entry), 'utf8') }));
}

/** The pipelines that specs beside them may use, those of melange included, and the defects of the files. */
export function readPipelines(files: readonly PipelineFile[]): {
  readonly pipelines: Pipelines;
  readonly problems: readonly SpecProblem[];
} {
  const own = new Map<string, PipelineDefinition | 'unreadable'>();
  const problems: SpecProblem[] = [];
  for (const { path, uses, text } of files) {
    const read = readPipeline(text, path);
    own.set(uses, read.ok ? read.value : 'unreadable');
    if (!read.ok) problems.push(...read.error);
  }
  return { pipelines: layered(own, builtInPipelines), problems };
}
