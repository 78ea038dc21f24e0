import type { PackageRule } from '../domain/advisory/mapping';
import type { FloorSettings, RebuildPolicy } from '../domain/floor/floor';
import type { Position } from '../domain/result';

/** `millrace.yaml`, checked and with absolute paths. The zod schema beside it (`schema.ts`) is the authority on the file's form. */
export interface Config {
  /** The file it was read from. */
  readonly file: string;
  /** Where the file sets what, by dotted path of the key as written (`temporal.address`), so that a late error can still name the line. */
  readonly positions?: Readonly<Record<string, Position>>;
  readonly distribution: string;
  /** Folder of everything that Millrace keeps on this machine. */
  readonly state: string;
  readonly architectures: readonly string[];
  readonly specs: {
    /** Path or URL of the spec repository. */
    readonly repository: string;
    readonly branch: string;
    /** Folder of the specs in it: `<directory>/<name>.yaml`, patches in `<directory>/<name>/`. */
    readonly directory: string;
  };
  /** Where the advisories are; without it Millrace keeps none. */
  readonly advisories?: {
    /** Path or URL of the repository. */
    readonly repository: string;
    readonly branch: string;
    /** Folder of the documents in it: `<directory>/<name>.advisories.yaml`. */
    readonly directory: string;
    /** Of the ids that are given out. */
    readonly prefix: string;
    /** What records call the packages of this distribution. */
    readonly packages: readonly PackageRule[];
  };
  /** How what depends on a published package is rebuilt. */
  readonly floor: FloorSettings & {
    /** First match decides; a star stands for any characters. What no rule names has the built-in policy. */
    readonly policies: readonly { readonly package: string; readonly policy: RebuildPolicy }[];
  };
  /** Where images are described and pushed; without it Millrace makes none. */
  readonly images?: {
    /** Folder in the spec repository: `<directory>/<name>/image.yaml`. */
    readonly directory: string;
    /** `http(s)://host[:port]` of an OCI registry. */
    readonly registry: string;
    /** Whether `millrace up` runs that registry itself (Debian's docker-registry). */
    readonly localRegistry: boolean;
  };
  /** Where tests of images of kind `kubernetes` run; without it they cannot. Only the tester reads it. */
  readonly kubernetes?: {
    /** File, as kubectl takes it. */
    readonly kubeconfig: string;
    /** How the cluster reaches the registry of images, `host[:port]`; absent: as Millrace does. */
    readonly registry?: string;
  };
  readonly environment: {
    /** Use the stage0 repository that `millrace bootstrap` makes. */
    readonly stage0: boolean;
    /** Other APK repositories for build and test environments, with the file of their public key. */
    readonly repositories: readonly { readonly url: string; readonly key: string }[];
  };
  readonly watch: { readonly everySeconds: number };
  readonly gateway: { readonly host: string; readonly port: number };
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiPort: number };
  readonly reminders: { readonly everySeconds: number; readonly escalateAfterSeconds: number; readonly webhook?: string };
  readonly limits: {
    readonly sourceBytes: number;
    readonly unpackedBytes: number;
    readonly unpackedFiles: number;
    readonly buildSeconds: number;
    readonly testSeconds: number;
  };
}

/** Where things lie below `state`; one function so that no two places spell a path. */
export function statePaths(state: string) {
  return {
    store: `${state}/store`,
    /** What the floor decided, a file a run. */
    floorJournal: `${state}/store/journal/floor`,
    repository: `${state}/repository`,
    registry: `${state}/registry`,
    cluster: `${state}/cluster`,
    stage0: `${state}/stage0`,
    keys: `${state}/keys`,
    secrets: `${state}/secrets`,
    work: `${state}/work`,
    temporal: `${state}/temporal`,
    logs: `${state}/logs`,
    /** Process ids of what `millrace up` started. */
    run: `${state}/run`,
  } as const;
}
