import { fail, ok, type Result } from '../result';
import { sourceStepsOf } from '../spec/sources';
import { updateBlockOf } from './block';
import type { Spec, Step } from '../spec/spec';
import { referencesIn, substitute, variablesOf } from '../spec/substitute';

/** Where an upstream is looked up, derived from a spec: its `update:` block and its sources. */
export type Upstream =
  | {
      readonly kind: 'directory';
      /** Listing that names the files. */ readonly url: string;
      /** File name around the version. */ readonly before: string;
      readonly after: string;
    }
  | { readonly kind: 'git'; readonly repository: string };

/**
 * Where to look for releases of a spec: `github` and `git` are git repositories; without a backend, the folder that the first source with a version is fetched from.
 * A Problem where that cannot be derived, or where the backend is one that is not read.
 */
export function upstreamOf(spec: Spec): Result<Upstream> {
  const block = updateBlockOf(spec);
  if (!block.ok) return block;
  const update = block.value;
  const at = update?.at ?? spec.name.at;
  if (update?.github) return ok({ kind: 'git', repository: `https://github.com/${update.github.identifier}.git` });
  const unread = update?.releaseMonitor ? 'release-monitor' : update?.oci ? 'oci' : update?.versionData ? 'version_data' : undefined;
  if (unread) {
    return fail({
      message: `update.${unread} is a backend that is not read`,
      at,
      remedy: 'use `github:` or `git:`, or leave the backend out where a fetched folder lists its files',
    });
  }
  const sources = sourceStepsOf(spec);
  if (!sources.ok) return fail(sources.error[0]!);
  if (update?.git) {
    for (const { source } of sources.value) if (source.kind === 'git-checkout') return ok({ kind: 'git', repository: source.repository });
    return fail({ message: 'update.git needs a git-checkout step, and there is none', at, remedy: 'use `github:`' });
  }
  const first = sources.value.find(({ source }) => source.versioned);
  if (first?.source.kind !== 'fetch') {
    const remedy = first ? 'write `git: {}` under `update:`' : 'write `github:` or `git:` under `update:`';
    return fail({ message: 'nothing says where new versions are to be looked up', at, remedy });
  }
  return directoryOf(spec, first.step);
}

/** The file name with a hole where its version stands; the part before the last slash must be the same for every version. */
function directoryOf(spec: Spec, step: Step): Result<Upstream> {
  const uri = step.with['uri']!;
  const variables = variablesOf(spec);
  if (!variables.ok) return fail(variables.error[0]!);
  const slash = uri.value.lastIndexOf('/');
  const folder = substitute({ value: uri.value.slice(0, slash + 1), at: uri.at }, variables.value);
  if (!folder.ok) return fail(folder.error[0]!);
  const name = uri.value.slice(slash + 1).trim();
  const holes = referencesIn(name).filter((reference) => variables.value.get(reference)?.versioned);
  if (folder.value.versioned || holes.length !== 1) {
    return fail({
      message: `the folder of ${uri.value.trim()} is no listing of versions: the version must stand once, in the file name`,
      at: uri.at,
      remedy: 'name a backend under `update:`',
    });
  }
  const [before, after] = name.split(new RegExp(`\\$\\{\\{\\s*${escapeRegExp(holes[0]!)}\\s*\\}\\}`));
  const start = substitute({ value: before ?? '', at: uri.at }, variables.value);
  const end = substitute({ value: after ?? '', at: uri.at }, variables.value);
  if (!start.ok) return fail(start.error[0]!);
  if (!end.ok) return fail(end.error[0]!);
  return ok({ kind: 'directory', url: folder.value.value.trim(), before: start.value.value, after: end.value.value });
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
