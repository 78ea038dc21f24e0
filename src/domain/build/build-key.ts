import { canonicalJson } from '../digest';
import type { Digest } from '../digest';
import type { FetchedSource, LockedPackage, SpecSnapshot } from '../release/release';

/** Everything that decides what a build makes. */
export interface BuildInputs {
  readonly snapshot: SpecSnapshot;
  readonly sources: readonly FetchedSource[];
  readonly environment: readonly LockedPackage[];
  /** Name to version and digest of each tool that takes part. */
  readonly tools: Readonly<Record<string, string>>;
  readonly architecture: string;
  readonly sourceDateEpoch: number;
  /** What melange writes into packages and SBOMs beside the content: namespace of package URLs, and URL of the spec repository. */
  readonly distribution: string;
  readonly specs: string;
  /** 0 unless a person asked for a retry. */
  readonly attempt: number;
}

/**
 * The text whose SHA-256 is the key of a build: equal for builds that must give equal packages, whatever machine, folder or order of lists.
 * The commit is in it because it is in the packages: one built from a commit that was never merged must not stand for one that was.
 */
export function buildKeyText(inputs: BuildInputs): string {
  const { snapshot, sources, architecture, sourceDateEpoch, distribution, specs, tools, attempt } = inputs;
  return canonicalJson({
    package: snapshot.package,
    path: snapshot.path,
    commit: snapshot.commit,
    spec: snapshot.spec,
    files: snapshot.files,
    sources: sources.map(({ sha256 }) => sha256).sort(),
    environment: environmentText(inputs.environment),
    tools,
    architecture,
    sourceDateEpoch,
    distribution,
    specs,
    ...(attempt === 0 ? {} : { attempt }),
  });
}

/** The text whose SHA-256 is the digest of an environment: what is installed, not where it was taken from. */
export function environmentText(environment: readonly LockedPackage[]): string {
  return environment
    .map(({ name, version, checksum }) => `${name} ${version} ${checksum}\n`)
    .sort()
    .join('');
}

/** Hexadecimal digits of a digest: the name of a build record. */
export function keyName(key: Digest): string {
  return key.slice('sha256:'.length);
}
