import type { Position } from '../result';

/** A scalar of a spec with the place it was read from; `offset` and `end` are UTF-16 offsets of the written value, quotes included. */
export interface Located<T = string> {
  readonly value: T;
  readonly at: Position;
  readonly offset: number;
  readonly end: number;
}

/** One step of a `pipeline:`, as written (no substitution). */
export interface Step {
  readonly uses?: Located;
  readonly runs?: Located;
  readonly name?: Located;
  readonly if?: Located;
  readonly with: Readonly<Record<string, Located>>;
  readonly needs: readonly Located[];
  readonly workingDirectory?: Located;
  readonly environment: Readonly<Record<string, Located>>;
  readonly label?: string;
  readonly requiredSteps?: number;
  readonly pipeline: readonly Step[];
  readonly at: Position;
}

export interface VarTransform {
  readonly from: string;
  readonly match: string;
  readonly replace: string;
  readonly to: string;
  readonly at: Position;
}

export interface TestBlock {
  readonly packages: readonly Located[];
  readonly pipeline: readonly Step[];
}

export interface Subpackage {
  readonly name: Located;
  readonly if?: Located;
  readonly range?: Located;
  readonly description?: string;
  readonly dependencies: Dependencies;
  readonly pipeline: readonly Step[];
  readonly test?: TestBlock;
}

export interface BuildOption {
  readonly vars: Readonly<Record<string, Located>>;
  readonly add: readonly Located[];
  readonly remove: readonly Located[];
}

export interface Dependencies {
  readonly runtime: readonly Located[];
  readonly provides: readonly Located[];
  readonly replaces: readonly Located[];
  /** Decides between providers of one name at one version; a number once its variables are replaced. */
  readonly providerPriority?: Located;
}

/** The `update:` block of a melange spec (schema: melange pkg/config/schema.json, `Update`). */
export interface UpdateBlock {
  readonly enabled: boolean;
  readonly manual: boolean;
  readonly versionSeparator?: string;
  readonly ignoreRegexPatterns: readonly string[];
  readonly versionTransform: readonly { readonly match: string; readonly replace: string }[];
  readonly enablePrereleaseTags: boolean;
  readonly excludeReason?: string;
  readonly github?: TagRules & { readonly identifier: string; readonly useTag: boolean };
  readonly git?: TagRules;
  readonly releaseMonitor?: TagRules & { readonly identifier: string };
  readonly oci?: TagRules & { readonly identifier: string };
  readonly versionData?: VersionData;
  /** How often a new version is taken at most. */
  readonly schedule?: { readonly period: string; readonly reason?: string };
  /** What depends on the package must be rebuilt after an update. */
  readonly shared: boolean;
  /** Every version is taken, one after the other. */
  readonly requireSequential: boolean;
  readonly at: Position;
}

/** A version made of the versions of several upstreams. */
export interface VersionData {
  /** With `${{<source>.version}}` where the version of a source stands. */
  readonly format: string;
  readonly sources: readonly VersionDataSource[];
}

export interface VersionDataSource {
  readonly name: string;
  /** A version that belongs to it is this one, or goes on after it: `12.6` has `12.6.3`. */
  readonly stream: string;
  readonly ignore: readonly string[];
  readonly commitSource?: string;
}

export interface TagRules {
  readonly stripPrefix?: string;
  readonly stripSuffix?: string;
  readonly tagFilter?: string;
  readonly tagFilterPrefix?: string;
  readonly tagFilterContains?: string;
}

/** A melange spec as the factory reads it: everything it decides on, typed, with positions where it edits or complains. */
export interface Spec {
  readonly file: string;
  readonly name: Located;
  readonly version: Located;
  readonly epoch: Located<number>;
  readonly description: string;
  readonly url?: string;
  readonly licenses: readonly Located[];
  readonly targetArchitectures: readonly string[];
  readonly dependencies: Dependencies;
  readonly buildPackages: readonly Located[];
  readonly vars: Readonly<Record<string, Located>>;
  readonly varTransforms: readonly VarTransform[];
  readonly data: Readonly<Record<string, Readonly<Record<string, Located>>>>;
  /** By name; each with the packages that it adds to and removes from the build environment, and the variables that it sets. */
  readonly options: Readonly<Record<string, BuildOption>>;
  readonly pipeline: readonly Step[];
  readonly subpackages: readonly Subpackage[];
  readonly update?: UpdateBlock;
  readonly test?: TestBlock;
}

/** A source that a spec names, with variables substituted for the spec's version. */
export type SourceReference =
  | {
      readonly kind: 'fetch';
      readonly uri: string;
      readonly sha256?: string;
      readonly sha512?: string;
      /** Whether the uri depends on package.version, so a bump must find a new digest. */
      readonly versioned: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'git-checkout';
      readonly repository: string;
      readonly tag?: string;
      readonly branch?: string;
      readonly commit?: string;
      /** How many commits of its history a build sees; -1 is all of it, absent is the commit alone. */
      readonly depth?: number;
      /** Commits that the build takes on top. */
      readonly picks?: readonly CherryPick[];
      readonly versioned: boolean;
      readonly at: Position;
    };

/** A line of `cherry-picks`. */
export interface CherryPick {
  readonly branch: string;
  readonly commit: string;
}
