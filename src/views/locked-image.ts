import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepositoryReader } from '../activities/repository/reader';
import { SECDB } from '../activities/repository/layout';
import type { Store } from '../activities/store/store';
import { didYouMean } from '../config/nearest';
import type { Secdb } from '../domain/advisory/secdb';
import { diffVulnerabilities, type PackageChange, type VulnerabilityDiff } from '../domain/image/diff';
import type { ImageRecord, ImageTags } from '../domain/image/image';
import { readLockFile, type LockPackage } from '../domain/image/lock';
import { fail, formatProblem, ok, type Result } from '../domain/result';

/** An image of the factory: by a tag as it points now, or by a digest that it once had. */
export interface ImageReference {
  readonly image: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** What a pushed image was made of. */
export interface PushedLock {
  /** `sha256:…` of the image index. */
  readonly digest: string;
  readonly release: string;
  readonly generation: number;
  readonly packages: readonly LockPackage[];
}

/** Reads `NAME:TAG` and `NAME@sha256:…`; undefined for other text. */
export function imageReference(text: string): ImageReference | undefined {
  const match = /^([a-z0-9]+(?:-[a-z0-9]+)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127})|@(sha256:[0-9a-f]{64}))$/.exec(text);
  if (!match) return undefined;
  const [, image = '', tag, digest] = match;
  return { image, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** The lock that an image was built from, by the records of its releases. The error names what is not known, and what is. */
export async function pushedLock(store: Store, reference: ImageReference): Promise<Result<PushedLock>> {
  const { image, tag } = reference;
  const tags = await store.readRecord<ImageTags>('image-tags', image);
  if (!tags) {
    const known = await store.listRecords('image-tags');
    return fail({
      message: `no image ${image} was ever tagged`,
      remedy: didYouMean(image, known) ?? '`millrace image list` tells the images',
    });
  }
  const digest = tag === undefined ? reference.digest! : tags.tags[tag];
  if (digest === undefined)
    return fail({
      message: `${image} has no tag ${tag}`,
      remedy: didYouMean(tag!, Object.keys(tags.tags)) ?? `\`millrace image tags ${image}\` tells them`,
    });
  for (const name of [...(await store.listRecords('image'))].reverse()) {
    if (!name.startsWith(`image-release:${image}-`)) continue;
    const record = await store.readRecord<ImageRecord>('image', name);
    const built = record?.image === image ? record.variants.find((variant) => variant.digest === digest) : undefined;
    const locked = built && record!.lock.variants.find(({ variant }) => variant === built.variant);
    if (!locked) continue;
    const read = readLockFile(await readFile(await store.object(locked.digest), 'utf8'), `the lock of ${image}@${digest}`);
    if (!read.ok) return fail({ message: read.error.map(formatProblem).join('\n') });
    return ok({
      digest,
      release: record!.id,
      generation: record!.lock.generation,
      packages: read.value.sets.flatMap(({ packages }) => packages),
    });
  }
  return fail({ message: `no release of ${image} made ${digest}`, remedy: `\`millrace image show ${image}\` tells its releases` });
}

/**
 * What a change of packages does to vulnerabilities, by the feed of the generation that the world sees. Only packages that the repository has, by checksum, are looked up: a
 * package of others may have the name of one of ours. Undefined where none is, or the generation has no feed.
 */
export async function vulnerabilityDiff(
  published: Pick<RepositoryReader, 'readIndex' | 'location'>,
  packages: readonly LockPackage[],
  changed: readonly PackageChange[],
): Promise<VulnerabilityDiff | undefined> {
  const origins = await originsOf(published, packages);
  const secdb = await readSecdb(join(published.location, SECDB));
  if (origins.size === 0 || !secdb) return undefined;
  const fixes = new Map(secdb.packages.map(({ pkg }) => [pkg.name, pkg.secfixes]));
  return diffVulnerabilities(changed, (name, version) => origins.get(`${name} ${version}`), fixes);
}

/** Origins of the packages that the repository has by checksum, by `name version`. */
export async function originsOf(
  published: Pick<RepositoryReader, 'readIndex'>,
  packages: readonly LockPackage[],
): Promise<ReadonlyMap<string, string>> {
  const origins = new Map<string, string>();
  for (const architecture of new Set(packages.map((item) => item.architecture))) {
    const known = new Map((await published.readIndex(architecture)).map(({ checksum, origin }) => [checksum, origin]));
    for (const { name, version, checksum = '' } of packages) {
      const origin = known.get(checksum);
      if (origin !== undefined) origins.set(`${name} ${version}`, origin);
    }
  }
  return origins;
}

async function readSecdb(file: string): Promise<Secdb | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Secdb);
}
