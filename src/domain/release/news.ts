import type { FloorNews } from '../floor/floor';
import { clamp } from '../text/clamp';
import { fullVersion } from '../version/version';
import type { BuildResult, Comparison, ReleaseInput } from './release';
import { urgencyOf } from './urgency';

const TEXT_BYTES = 400;

/** What a release tells the floor when it ends, and once when it begins to wait for a person. */
export function releaseNews(told: {
  readonly release: string;
  /** With the release the id of its run: a second run of the same version is other news. */
  readonly startedAt: string;
  readonly input: ReleaseInput;
  readonly outcome: FloorNews['outcome'];
  /** Why it ended so, or what it waits for. */
  readonly reason: string;
  readonly builds: readonly BuildResult[];
  readonly comparison?: Comparison | undefined;
}): FloorNews {
  const { release, startedAt, input, outcome, reason, builds, comparison } = told;
  const version = fullVersion(input.version, input.epoch);
  const published = outcome === 'published' && comparison !== undefined;
  return {
    id: `${release}@${startedAt}:${outcome}`,
    package: input.package,
    version,
    outcome,
    ...(published ? { change: { kind: comparison.kind, breaks: comparison.breaks } } : {}),
    roots: [...new Set(input.causes.flatMap((cause) => cause.roots ?? []))].sort(),
    text: clamp(published ? causeText(`${input.package} ${version}`, comparison) : reason, TEXT_BYTES),
    urgency: urgencyOf(input.causes),
    seconds: Math.max(0, ...builds.map((build) => build.seconds)),
  };
}

/** What the rebuilds that follow are rebuilt for. */
function causeText(what: string, { removed }: Comparison): string {
  return removed.length === 0 ? `${what} was published` : `${what} removed ${removed.join(', ')}`;
}
