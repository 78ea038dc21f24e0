import { isPackageName, specPath } from '../../domain/change/files';
import { formatProblem, type Problem } from '../../domain/result';
import { readSpec } from '../../domain/spec/read';
import type { Spec } from '../../domain/spec/spec';
import type { Forge } from '../forge/forge';

/** A spec with the text it was read from. */
export interface SpecFile {
  readonly path: string;
  readonly text: string;
  readonly spec: Spec;
}

/** The spec of a package at a commit: undefined where there is none, every problem where it cannot be read. A spec that calls itself by another name than its file is a problem. */
export async function specAt(
  forge: Forge,
  directory: string,
  name: string,
  commit: string,
): Promise<SpecFile | readonly Problem[] | undefined> {
  if (!isPackageName(name)) return undefined;
  const content = await forge.read(commit, specPath(directory, name));
  return content && readSpecFile(specPath(directory, name), name, content);
}

/** A spec file as a forge gives it. */
export function readSpecFile(path: string, name: string, content: Buffer): SpecFile | readonly Problem[] {
  const text = content.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(content)) return [{ message: `${path} is not UTF-8`, remedy: 'save it as UTF-8' }];
  const read = readSpec(text, path);
  if (!read.ok) return read.error;
  const spec = read.value;
  if (spec.name.value !== name) {
    return [{ message: `the package is named ${spec.name.value}, its file ${name}.yaml`, at: spec.name.at, remedy: 'name both alike' }];
  }
  return { path, text, spec };
}

/** At most `most` problems, one a line. */
export function formatProblems(problems: readonly Problem[], most = 20): string {
  const lines = problems.slice(0, most).map(formatProblem);
  return [...lines, ...(problems.length > most ? [`and ${problems.length - most} more`] : [])].join('\n');
}
