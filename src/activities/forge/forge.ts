/** Where specs live and changes are proposed, checked and merged. The local git forge implements it; GitHub comes behind the same interface. */
export interface Forge {
  /** Commit of a branch. Throws `BranchMissing`. */
  head(branch: string): Promise<string>;
  /** Content of one file at a commit, or undefined. */
  read(commit: string, path: string): Promise<Buffer | undefined>;
  /** Content of many files at a commit, by path; those that are not there are left out. */
  readAll(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
  /** Paths of the regular files below a folder at a commit, recursively; `''` is the top. */
  list(commit: string, folder: string): Promise<readonly string[]>;
  /** Paths that differ between two commits. */
  changedFiles(from: string, to: string): Promise<readonly string[]>;
  /** Whether `commit` is `ancestor` or descends from it; false when one of them is unknown. */
  descends(commit: string, ancestor: string): Promise<boolean>;
  /** The newest commit that both descend from, or undefined. */
  mergeBase(one: string, other: string): Promise<string | undefined>;
  /** The last commit up to `commit` that touched one of the paths (a folder counts with all below it), or undefined. */
  lastTouched(commit: string, paths: readonly string[]): Promise<string | undefined>;
  /** One commit on `base`, on a branch that is made or reset to it (a branch that already descends from it stays); `null` deletes a file. Repeating it with the same content gives the same commit. Throws `NothingToChange`. */
  propose(change: ProposedCommit): Promise<{ readonly commit: string }>;
  /** Verdicts shown at the commit, replacing what was shown before. */
  report(commit: string, status: ChangeStatus): Promise<void>;
  /** Compare-and-swap of `target`: merges `commit` only if every path of `unchanged` (a folder counts with all below it) is on target as it is at `base`. Fast-forward where possible, else a merge commit, never squash. A commit that target already contains is merged. */
  merge(
    request: MergeRequest,
  ): Promise<{ readonly merged: true; readonly commit: string } | { readonly merged: false; readonly reason: string }>;
  /** Deletes the branch if it exists. */
  close(branch: string): Promise<void>;
  /** URL or path that people and build records know the repository by. */
  readonly url: string;
}

export interface ProposedCommit {
  readonly branch: string;
  readonly base: string;
  readonly files: Readonly<Record<string, string | null>>;
  readonly message: string;
  /** ISO 8601; author and committer date, so that a retry makes the same commit. */
  readonly date: string;
}

export interface ChangeStatus {
  readonly state: 'pending' | 'passed' | 'failed';
  readonly summary: string;
  readonly verdicts: readonly { readonly check: string; readonly outcome: string; readonly summary: string }[];
}

export interface MergeRequest {
  readonly target: string;
  readonly branch: string;
  readonly commit: string;
  readonly base: string;
  readonly unchanged: readonly string[];
  readonly message: string;
  readonly date: string;
}
