import { formatProblem, ok } from '../result';
import type { Spec, TagRules, UpdateBlock } from '../spec/spec';
import { compileGoRegexp, goMatches, goReplaceAll, type GoRegexp } from '../spec/go-regexp';
import { sourcesOf } from '../spec/sources';
import { compareVersions, explainOrder, parseVersion, type Version } from '../version/version';
import type { Candidate, CandidateVerdict, UpdateDecision } from './candidate';
import { updateBlockOf } from './block';
import { heldUntil, type Timing } from './schedule';
import { upstreamOf } from './upstream';
import { composeVersion } from './version-data';

const PRERELEASE = ['alpha', 'beta', 'rc', 'pre'] as const;

/**
 * Applies a spec's `update:` block to what its upstream offers. The rules in order: drafts and pre-releases by upstream's own word, tag-filter, tag-filter-prefix, tag-filter-contains, strip-prefix, strip-suffix,
 * ignore-regex-patterns, version-separator, pre-release names, version-transform; what is then a version takes part in the order of apk-tools.
 * Each candidate is judged alone: what one of them is dropped for never ends the look at the others. Of those that are newer the newest is chosen, or with `require-sequential`
 * the next. Without `timing` a schedule holds nothing back: so it is where a person asks.
 */
export function chooseVersion(spec: Spec, candidates: readonly Candidate[], timing?: Timing): UpdateDecision {
  const update = updateBlockOf(spec);
  if (!update.ok) return { reason: formatProblem(update.error), trace: [] };
  const closed = whyNoUpdates(update.value);
  if (closed) return { reason: closed, trace: [] };
  const current = parseVersion(spec.version.value);
  if (!current.ok) return { reason: `${current.error.message}: nothing can be compared with it`, trace: [] };
  const block = update.value!;
  const composed = block.versionData && composeVersion(block.versionData, candidates);
  if (composed?.missing) return { reason: composed.missing, trace: composed.trace };
  const offered = composed ? [composed.candidate!] : candidates;
  const rules = compileRules(block);
  const judged = offered.map((candidate) => ({ candidate, ...judge(rules, candidate) }));
  const best = (block.requireSequential && nextAfter(judged, current.value)) || newest(judged);
  const held = block.schedule && timing ? heldUntil(block.schedule, timing) : ok(undefined);
  if (!held.ok) return { reason: formatProblem({ ...held.error, at: block.at }), trace: [] };
  const wait = held.value === undefined ? undefined : waitingFor(block.schedule!, held.value);
  const choice: Choice = {
    current: current.value,
    sequential: block.requireSequential,
    ...(best ? { best: best.version } : {}),
    ...(wait ? { wait } : {}),
  };
  const trace = [...(composed?.trace ?? []), ...judged.map((one) => verdictOf(one, choice))];
  const retagged = retagOf(spec, judged);
  const more = retagged ? { trace, retagged } : { trace };
  if (!best) return { reason: noneKept(candidates.length), ...more };
  if (compareVersions(best.version, current.value) <= 0) {
    return { reason: `nothing newer than ${spec.version.value}: the newest that the rules keep is ${best.version.text}`, ...more };
  }
  if (wait) return { reason: `${best.version.text} waits: ${wait}`, ...more };
  return {
    chosen: { version: best.version.text, candidate: best.candidate },
    reason: `${best.version.text} is newer than ${spec.version.value} (${explainOrder(best.version, current.value)})`,
    ...(block.shared ? { rebuildsDependents: true as const } : {}),
    ...more,
  };
}

function waitingFor(schedule: NonNullable<UpdateBlock['schedule']>, until: number): string {
  const why = schedule.reason ? ` (${schedule.reason.trim()})` : '';
  return `schedule: ${schedule.period}, not before ${new Date(until).toISOString()}${why}`;
}

function whyNoUpdates(update: UpdateBlock | undefined): string | undefined {
  if (!update) return 'the spec has no `update:` block';
  if (update.excludeReason) return `updates are excluded: ${update.excludeReason}`;
  if (!update.enabled) return 'updates are not enabled';
  if (update.manual) return 'updates are made by hand (`manual: true`)';
  return undefined;
}

function noneKept(offered: number): string {
  return offered ? `the rules keep none of the ${offered} candidates` : 'upstream offers no candidates';
}

interface Rules {
  readonly tags: TagRules;
  readonly ignore: readonly GoRegexp[];
  readonly separator: string | undefined;
  readonly prereleases: boolean;
  readonly transforms: readonly { readonly match: GoRegexp; readonly replace: string }[];
}

/** A spec that was read has only patterns that compile. */
function compileRules(update: UpdateBlock): Rules {
  const compile = (pattern: string): readonly GoRegexp[] => {
    const compiled = compileGoRegexp(pattern);
    return compiled.ok ? [compiled.value] : [];
  };
  return {
    tags: update.github ?? update.git ?? update.releaseMonitor ?? update.oci ?? {},
    ignore: update.ignoreRegexPatterns.flatMap(compile),
    separator: update.versionSeparator || undefined,
    prereleases: update.enablePrereleaseTags,
    transforms: update.versionTransform.flatMap(({ match, replace }) => compile(match).map((regexp) => ({ match: regexp, replace }))),
  };
}

type Judgement = { readonly version: Version } | { readonly dropped: string };

function judge(rules: Rules, { name, draft, prerelease }: Candidate): Judgement {
  const { tags } = rules;
  if (draft) return { dropped: 'draft: upstream has not published it' };
  if (prerelease && !rules.prereleases) return { dropped: 'pre-release: upstream calls it one' };
  const filter = [tags.tagFilter, tags.tagFilterPrefix].find((prefix) => prefix && !name.startsWith(prefix));
  if (filter)
    return { dropped: `${filter === tags.tagFilter ? 'tag-filter' : 'tag-filter-prefix'}: does not start with ${quoted(filter)}` };
  if (tags.tagFilterContains && !name.includes(tags.tagFilterContains)) {
    return { dropped: `tag-filter-contains: does not contain ${quoted(tags.tagFilterContains)}` };
  }
  const stripped = withoutSuffix(withoutPrefix(name, tags.stripPrefix), tags.stripSuffix);
  const ignored = rules.ignore.find((pattern) => goMatches(pattern, stripped));
  if (ignored) return { dropped: `ignore-regex-patterns: matches ${quoted(ignored.pattern)}` };
  const separated = rules.separator ? stripped.replaceAll(rules.separator, '.') : stripped;
  const marker = PRERELEASE.find((word) => separated.toLowerCase().includes(word));
  if (marker && !rules.prereleases) return { dropped: `pre-release: contains ${quoted(marker)}` };
  const transformed = rules.transforms.reduce((text, { match, replace }) => goReplaceAll(match, text, replace), separated);
  const version = parseVersion(transformed);
  if (!version.ok) return { dropped: version.error.message };
  if (version.value.tokens.some((token) => token.kind === 'revision')) {
    return { dropped: `${quoted(transformed)} has a revision, which only the distribution gives` };
  }
  return { version: version.value };
}

function withoutPrefix(name: string, prefix: string | undefined): string {
  return prefix && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

function withoutSuffix(name: string, suffix: string | undefined): string {
  return suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

type Judged = Judgement & { readonly candidate: Candidate };

/** Upstreams may name one version in two ways (`v1.0`, `1.0`): then the lesser name, so that the choice does not depend on the order of the candidates. */
function newest(judged: readonly Judged[]): { readonly version: Version; readonly candidate: Candidate } | undefined {
  let best: { readonly version: Version; readonly candidate: Candidate } | undefined;
  for (const one of judged) {
    if (!('version' in one)) continue;
    const order = best ? compareVersions(one.version, best.version) : 1;
    if (order > 0 || (order === 0 && one.candidate.name < best!.candidate.name)) best = one;
  }
  return best;
}

/** The least of the versions that are newer than the current one. */
function nextAfter(judged: readonly Judged[], current: Version): { readonly version: Version; readonly candidate: Candidate } | undefined {
  const newer = judged.flatMap((one) => ('version' in one && compareVersions(one.version, current) > 0 ? [one] : []));
  const least = newer.reduce<Version | undefined>((a, { version }) => (a && compareVersions(a, version) <= 0 ? a : version), undefined);
  return newest(newer.filter(({ version }) => compareVersions(version, least!) === 0));
}

interface Choice {
  readonly current: Version;
  readonly best?: Version;
  readonly sequential: boolean;
  /** Why the best is not taken yet. */
  readonly wait?: string;
}

function verdictOf(one: Judged, { current, best, sequential, wait }: Choice): CandidateVerdict {
  const { name } = one.candidate;
  if (!('version' in one)) return { name, kept: false, rule: one.dropped };
  const version = one.version.text;
  const order = compareVersions(one.version, current);
  if (order < 0) return { name, version, kept: false, rule: `older than ${current.text}` };
  if (order === 0) return { name, version, kept: false, rule: `the version that the spec has` };
  if (best && compareVersions(best, one.version) !== 0) {
    return { name, version, kept: false, rule: sequential ? `require-sequential: ${best.text} comes first` : `${best.text} is newer` };
  }
  return wait
    ? { name, version, kept: false, rule: wait }
    : { name, version, kept: true, rule: sequential ? 'require-sequential: the next' : 'the newest' };
}

/** The tag that the spec checks out, with its expected commit, where upstream now shows that tag at another commit. */
function retagOf(spec: Spec, judged: readonly Judged[]): UpdateDecision['retagged'] {
  const sources = sourcesOf(spec);
  const upstream = upstreamOf(spec);
  if (!sources.ok || !upstream.ok || upstream.value.kind !== 'git') return undefined;
  const repository = plainRepository(upstream.value.repository);
  for (const source of sources.value) {
    if (source.kind !== 'git-checkout' || !source.versioned || plainRepository(source.repository) !== repository) continue;
    const shown = judged.find(({ candidate }) => candidate.name === source.tag)?.candidate.commit;
    if (source.commit && shown && shown.toLowerCase() !== source.commit.toLowerCase()) {
      return { name: source.tag!, was: source.commit, is: shown };
    }
  }
  return undefined;
}

function plainRepository(url: string): string {
  return url
    .toLowerCase()
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
}
