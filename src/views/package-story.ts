import type { Client } from '@temporalio/client';
import type { Forge } from '../activities/forge/forge';
import type { RepositoryReader } from '../activities/repository/reader';
import type { Store } from '../activities/store/store';
import type { Config } from '../config/config';
import { formatProblem } from '../domain/result';
import { readSpec } from '../domain/spec/read';
import type { ReleaseRecord } from '../domain/release/release';
import { packageId, packageQuery, type PackageView } from '../workflows/messages';
import { releaseRecords } from './records';

const QUERY_SECONDS = 3;

/** A package as people are shown it. */
export interface PackageStory {
  readonly package: string;
  /** `version-rN` that main says; absent without a readable spec. */
  readonly spec?: string;
  /** What makes the spec on main unreadable, each with its place. */
  readonly unreadable?: readonly string[];
  /** Published versions, oldest first. */
  readonly published: readonly string[];
  /** What its entity says; absent where it never ran or nothing answers. */
  readonly entity?: PackageView;
  /** Newest first. */
  readonly releases: readonly ReleaseRecord[];
}

/** Where a package's story is read. */
export interface PackageSources {
  readonly config: Pick<Config, 'specs'>;
  readonly forge: Pick<Forge, 'head' | 'read'>;
  readonly published: Pick<RepositoryReader, 'publishedVersions'>;
  readonly store: Store;
}

/** Everything about a package but the details of its releases. `client` is absent where no server answers. */
export async function packageStory(sources: PackageSources, client: Client | undefined, name: string): Promise<PackageStory> {
  const [spec, published, entity, records] = await Promise.all([
    specOnMain(sources, name).catch(() => undefined),
    sources.published.publishedVersions(name),
    client && entityView(client, name),
    releaseRecords(sources.store, name),
  ]);
  return {
    package: name,
    published,
    releases: [...records].reverse(),
    ...spec,
    ...(entity ? { entity } : {}),
  };
}

async function entityView(client: Client, name: string): Promise<PackageView | undefined> {
  try {
    return await client.withDeadline(Date.now() + QUERY_SECONDS * 1000, () =>
      client.workflow.getHandle(packageId(name)).query(packageQuery),
    );
  } catch {
    return undefined;
  }
}

/** What the main branch says of a package, or what makes its spec unreadable, each with its place; undefined where there is none. */
async function specOnMain(
  { config, forge }: PackageSources,
  name: string,
): Promise<{ readonly spec: string } | { readonly unreadable: readonly string[] } | undefined> {
  const { branch, directory } = config.specs;
  const path = `${directory}/${name}.yaml`;
  const text = await forge.read(await forge.head(branch), path);
  if (text === undefined) return undefined;
  const read = readSpec(text.toString('utf8'), path);
  return read.ok ? { spec: `${read.value.version.value}-r${read.value.epoch.value}` } : { unreadable: read.error.map(formatProblem) };
}
