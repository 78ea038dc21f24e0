import type { Client } from '@temporalio/client';
import { readLockedFile } from '../activities/images/locked-file';
import type { Store } from '../activities/store/store';
import type { ImageRecord, ImageTags, LastImageLock } from '../domain/image/image';
import { streamEnds, type StreamEnd } from '../domain/image/stream';
import { imageId, imageQuery, imageReleaseQuery, SEARCH, type ImageReleaseView, type ImageView } from '../workflows/messages';

/** A release of an image that has not ended. Without `view` its worker did not answer. */
export interface ImageInFlight {
  readonly release: string;
  readonly image: string;
  readonly stage: string;
  readonly startedAt: string;
  readonly view?: ImageReleaseView;
}

/** How an image stands: what its tags point to, what it would be made of, what is under way. */
export interface ImageStanding {
  readonly image: string;
  readonly tags?: ImageTags;
  readonly last?: LastImageLock;
  readonly inFlight?: ImageInFlight;
  /** Streams past their end of life, or within 30 days of it. */
  readonly ends?: readonly StreamEnd[];
}

/** All that is known of one image. */
export interface ImageStory extends ImageStanding {
  /** What `image:<name>` says; undefined when it does not run or answer. */
  readonly entity?: ImageView;
  /** In the last lock, by variant. */
  readonly contents: readonly {
    readonly variant: string;
    readonly packages: readonly { readonly name: string; readonly version: string }[];
  }[];
  /** Ended releases, newest first. */
  readonly releases: readonly ImageRecord[];
  /** Every variant that the last 200 releases brought to tags, oldest first. */
  readonly made: readonly MadeImage[];
}

/** A variant that was tagged: what its digest stands for. */
export interface MadeImage {
  readonly variant: string;
  readonly digest: string;
  /** `version-rN` of the main package. */
  readonly version: string;
  readonly generation: number;
  /** Of all architectures, as they lie in the registry. */
  readonly bytes: number;
  readonly at: string;
}

const MOST = 200;
const SHOWN = 20;
const QUERY_SECONDS = 3;

/** The releases of images that run now, oldest first. */
export async function inFlightImages(client: Client): Promise<readonly ImageInFlight[]> {
  const query = "WorkflowType = 'imageRelease' AND ExecutionStatus = 'Running'";
  const found: ImageInFlight[] = [];
  for await (const { workflowId, startTime, typedSearchAttributes } of client.workflow.list({ query, pageSize: MOST })) {
    found.push({
      release: workflowId,
      image: typedSearchAttributes.get(SEARCH.image) ?? workflowId.replace(/^image-release:(.*)-[0-9a-f]+$/, '$1'),
      stage: typedSearchAttributes.get(SEARCH.stage) ?? 'starting',
      startedAt: startTime.toISOString(),
    });
    if (found.length === MOST) break;
  }
  found.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  return Promise.all(
    found.map(async (running) => {
      const view = await asked(client, () => client.workflow.getHandle(running.release).query(imageReleaseQuery));
      return view ? { ...running, stage: view.stage, view } : running;
    }),
  );
}

/** Every image that was ever looked at, by name. */
export async function imageStandings(store: Store, inFlight: readonly ImageInFlight[]): Promise<readonly ImageStanding[]> {
  const known = [await store.listRecords('image-lock'), await store.listRecords('image-tags'), inFlight.map(({ image }) => image)];
  return Promise.all([...new Set(known.flat())].sort().map((image) => standing(store, image, inFlight)));
}

/** Undefined for an image that nobody looked at. */
export async function imageStory(
  store: Store,
  client: Client | undefined,
  image: string,
  inFlight: readonly ImageInFlight[],
): Promise<ImageStory | undefined> {
  const [stands, records, entity] = await Promise.all([
    standing(store, image, inFlight),
    imageRecords(store, image),
    client && asked(client, () => client.workflow.getHandle(imageId(image)).query(imageQuery)),
  ]);
  if (!stands.last && !stands.tags && !stands.inFlight && !entity && records.length === 0) return undefined;
  const contents = await Promise.all(
    (stands.last?.lock?.variants ?? []).map(async ({ variant, digest }) => ({
      variant,
      packages: byName(await readLockedFile(await store.object(digest))),
    })),
  );
  return {
    ...stands,
    ...(entity ? { entity } : {}),
    contents,
    releases: records.slice(0, SHOWN),
    made: [...records].reverse().flatMap(madeBy),
  };
}

async function standing(store: Store, image: string, inFlight: readonly ImageInFlight[]): Promise<ImageStanding> {
  const [tags, last] = await Promise.all([
    store.readRecord<ImageTags>('image-tags', image),
    store.readRecord<LastImageLock>('image-lock', image),
  ]);
  const running = inFlight.find((release) => release.image === image);
  const ends = streamEnds(tags?.streams ?? {}, new Date().toISOString().slice(0, 10));
  return {
    image,
    ...(tags ? { tags } : {}),
    ...(last ? { last } : {}),
    ...(running ? { inFlight: running } : {}),
    ...(ends.length > 0 ? { ends } : {}),
  };
}

async function imageRecords(store: Store, image: string): Promise<readonly ImageRecord[]> {
  const names = (await store.listRecords('image')).filter((name) => name.startsWith(`image-release:${image}-`)).slice(-MOST);
  const records = await Promise.all(names.map((name) => store.readRecord<ImageRecord>('image', name)));
  return records
    .filter((record) => record !== undefined)
    .filter((record) => record.image === image)
    .reverse();
}

function madeBy({ outcome, variants, lock, finishedAt }: ImageRecord): readonly MadeImage[] {
  if (outcome !== 'tagged') return [];
  return variants.map(({ variant, digest, bytes }) => ({
    ...{ variant, digest, bytes, generation: lock.generation, at: finishedAt },
    version: lock.variants.find((locked) => locked.variant === variant)?.version ?? '',
  }));
}

/** Each package once over all architectures: one generation gives them one version. */
function byName(packages: readonly { readonly name: string; readonly version: string }[]) {
  const versions = new Map(packages.map(({ name, version }) => [name, version]));
  return [...versions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, version]) => ({ name, version }));
}

/** Undefined when nothing answers within 3 s. */
async function asked<T>(client: Client, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await client.withDeadline(Date.now() + QUERY_SECONDS * 1000, ask);
  } catch {
    return undefined;
  }
}
