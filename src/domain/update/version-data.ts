import { fail, ok, type Result } from '../result';
import { compileGoRegexp, goMatches } from '../spec/go-regexp';
import type { VersionData, VersionDataSource } from '../spec/spec';
import { compareVersions, parseVersion, type Version } from '../version/version';
import type { Candidate, CandidateVerdict } from './candidate';

/** What the sources of `version_data` come to: one candidate of the composed name, and what became of each that they offered. */
export interface Composed {
  readonly candidate?: Candidate;
  /** Why there is none. */
  readonly missing?: string;
  readonly trace: readonly CandidateVerdict[];
}

type Seen = { readonly candidate: Candidate; readonly version: Version } | { readonly candidate: Candidate; readonly dropped: string };

/**
 * Composes the version of a package that follows several upstreams (docs/updates.md): each source gives its newest version of its stream that no pattern ignores, and
 * `version_format` says how they make one. The commit is that of the source that `commit_source` names, else of the only source.
 */
export function composeVersion(data: VersionData, candidates: readonly Candidate[]): Composed {
  const chosen = new Map<string, { readonly candidate: Candidate; readonly version: Version }>();
  const verdicts = new Map<Candidate, CandidateVerdict>();
  for (const source of data.sources) {
    const seen = candidates.filter((candidate) => candidate.source === source.name).map((candidate) => judge(source, candidate));
    const best = newest(seen);
    if (best) chosen.set(source.name, best);
    for (const one of seen) verdicts.set(one.candidate, verdictOf(source, one, best?.version));
  }
  const trace = candidates.map(
    (candidate) =>
      verdicts.get(candidate) ?? { name: candidate.name, kept: false, rule: `version_data: ${unknownSource(data, candidate)}` },
  );
  const without = data.sources.find((source) => !chosen.has(source.name));
  if (without) return { missing: `version_data: the source ${without.name} offers no version of its stream ${without.stream}`, trace };
  const name = format(data, chosen);
  if (!name.ok) return { missing: name.error.message, trace };
  const from =
    data.sources.find((source) => source.commitSource)?.commitSource ?? (data.sources.length === 1 ? data.sources[0]!.name : undefined);
  const commit = from === undefined ? undefined : chosen.get(from)?.candidate.commit;
  return { candidate: { name: name.value, ...(commit ? { commit } : {}) }, trace };
}

function unknownSource(data: VersionData, candidate: Candidate): string {
  const known = data.sources.map(({ name }) => name).join(', ');
  return candidate.source === undefined
    ? `the candidate names no source (${known})`
    : `${candidate.source} is none of its sources (${known})`;
}

function judge(source: VersionDataSource, candidate: Candidate): Seen {
  const { name } = candidate;
  const ignored = source.ignore.find((pattern) => {
    const compiled = compileGoRegexp(pattern);
    return compiled.ok && goMatches(compiled.value, name);
  });
  if (ignored !== undefined) return { candidate, dropped: `ignore of ${source.name}: matches ${JSON.stringify(ignored)}` };
  const version = parseVersion(name.replace(/^v(?=[0-9])/, ''));
  if (!version.ok) return { candidate, dropped: version.error.message };
  if (!inStream(version.value.text, source.stream)) return { candidate, dropped: `stream of ${source.name}: not of ${source.stream}` };
  return { candidate, version: version.value };
}

function inStream(version: string, stream: string): boolean {
  return version.startsWith(stream) && !/^[0-9]/.test(version.slice(stream.length));
}

function newest(seen: readonly Seen[]) {
  let best: { readonly candidate: Candidate; readonly version: Version } | undefined;
  for (const one of seen) if ('version' in one && (!best || compareVersions(one.version, best.version) > 0)) best = one;
  return best;
}

function verdictOf(source: VersionDataSource, one: Seen, best: Version | undefined): CandidateVerdict {
  const { name } = one.candidate;
  if ('dropped' in one) return { name, kept: false, rule: one.dropped };
  const kept = one.version === best;
  return {
    name,
    version: one.version.text,
    kept,
    rule: kept ? `the newest of ${source.name}` : `${best!.text} of ${source.name} is newer`,
  };
}

function format(data: VersionData, chosen: ReadonlyMap<string, { readonly version: Version }>): Result<string> {
  let unknown: string | undefined;
  const name = data.format.replace(/\$\{\{\s*([^}]*?)\s*\}\}/g, (_reference, path: string) => {
    const version = path.endsWith('.version') ? chosen.get(path.slice(0, -'.version'.length))?.version : undefined;
    if (!version) unknown ??= path;
    return version?.text ?? '';
  });
  if (unknown === undefined) return ok(name);
  const fields = data.sources.map((source) => `\${{${source.name}.version}}`).join(', ');
  return fail({ message: `update.version_data.version_format names \${{${unknown}}}; it may name ${fields}` });
}
