/** What an upstream offers, before any rule looked at it. */
export interface Candidate {
  /** Tag, file-name part or release name exactly as upstream wrote it. */
  readonly name: string;
  /** Commit of a tag, where the upstream is a git repository. */
  readonly commit?: string;
  /** Where it was seen; shown to people. */
  readonly link?: string;
  /** Upstream itself calls it a draft, or a pre-release (releases of GitHub). */
  readonly draft?: boolean;
  readonly prerelease?: boolean;
  /** Which source of `version_data` offers it. */
  readonly source?: string;
}

/** One line of the explanation: a candidate and the rule that kept or dropped it. */
export interface CandidateVerdict {
  readonly name: string;
  readonly version?: string;
  readonly kept: boolean;
  readonly rule: string;
}

/** The outcome of the update rules of one spec over what its upstream offers. */
export interface UpdateDecision {
  /** The version to move to; absent when nothing is newer. */
  readonly chosen?: { readonly version: string; readonly candidate: Candidate };
  /** One sentence: why this version, or why none. */
  readonly reason: string;
  readonly trace: readonly CandidateVerdict[];
  /** `shared`: what depends on the package must be built again after it. */
  readonly rebuildsDependents?: true;
  /** Upstream moved a tag: same version, other commit. A security event. */
  readonly retagged?: { readonly name: string; readonly was: string; readonly is: string };
}
