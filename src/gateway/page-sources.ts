import { basename } from 'node:path';
import type { Client } from '@temporalio/client';
import { createSpecGraph } from '../activities/floor/spec-graph';
import type { Forge } from '../activities/forge/forge';
import { imageSpecOf } from '../activities/images/read-locked';
import { createRepositoryReader } from '../activities/repository/reader';
import { readWithdrawals } from '../activities/repository/withdrawals';
import { imageKeyFiles } from '../activities/signing/image-key';
import { createFolderStore } from '../activities/store/folder-store';
import { statePaths, type Config } from '../config/config';
import { isPackageName } from '../domain/change/files';
import type { ImageLock, ImageTags } from '../domain/image/image';
import type { ImageSpec } from '../domain/image/spec';
import { fail, type Problem, type Result } from '../domain/result';
import { createCatalogue } from '../views/catalogue';
import { createDependents } from '../views/dependents';
import { floorStanding } from '../views/floor';
import { imageComparison } from '../views/image-comparison';
import { listedImage } from '../views/image-index';
import { imageProfile, shownImage, shownTags, tagToShow } from '../views/image-profile';
import { imageStandings, imageStory, inFlightImages, type ImageInFlight } from '../views/images';
import { inFlightReleases, type InFlight } from '../views/in-flight';
import { originsOf, pushedLock, type ImageReference, type PushedLock } from '../views/locked-image';
import { overview } from '../views/overview';
import { packageParts } from '../views/package-parts';
import { packageStory } from '../views/package-story';
import { createEndedReleases } from '../views/records';
import { runningSuites } from '../views/running-suites';
import { createVulnerabilities } from '../views/vulnerabilities';
import { advisoryForgeOf } from '../workers/spec-forge';
import { remembered } from './remembered';
import { shared } from './shared';
import type { PagesDeps } from './pages';

/** How old what is shown may be: however many people watch, the factory is asked once. */
const FRESH_MILLISECONDS = 1000;
const LIST_MILLISECONDS = 5000;
/** Locks and image.yaml files that are kept as read: they never change. */
const KEPT = 100;

/** Why a lock cannot be read; it is not kept. */
class NotFound extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
    this.name = 'NotFound';
  }
}

/** What the pages read: the published repository, the records, and (where it answers) Temporal. */
export function createPageSources(deps: {
  readonly config: Config;
  readonly forge: Forge;
  readonly client: Client;
  readonly healthy: () => Promise<boolean>;
}): Pick<
  PagesDeps,
  'overview' | 'catalogue' | 'floor' | 'images' | 'imageProfile' | 'imageComparison' | 'packageStory' | 'vulnerabilities' | 'workflowUrl'
> {
  const { config, forge, client } = deps;
  const paths = statePaths(config.state);
  const store = createFolderStore(paths.store);
  const published = createRepositoryReader({ root: paths.repository });
  const catalogue = createCatalogue(published);
  const ended = createEndedReleases(store);
  const advisories = advisoryForgeOf(config);
  const vulnerabilities = shared(
    createVulnerabilities(config.advisories && advisories && { forge: advisories, store, ...config.advisories }),
    FRESH_MILLISECONDS,
  );
  const answering = shared(deps.healthy, FRESH_MILLISECONDS);
  const inFlight = async (name?: string): Promise<readonly InFlight[] | undefined> =>
    (await answering())
      ? client.withDeadline(Date.now() + LIST_MILLISECONDS, () => inFlightReleases(client, name)).catch(() => undefined)
      : undefined;
  const flyingImages = async (): Promise<readonly ImageInFlight[] | undefined> =>
    (await answering())
      ? client.withDeadline(Date.now() + LIST_MILLISECONDS, () => inFlightImages(client)).catch(() => undefined)
      : undefined;
  const standings = shared(async () => imageStandings(store, (await flyingImages()) ?? []), FRESH_MILLISECONDS);
  const specOf = remembered(
    (lock: ImageLock): Promise<ImageSpec> => imageSpecOf(store, lock),
    ({ spec }) => spec,
    KEPT,
  );
  const lockOfDigest = remembered(
    async (reference: ImageReference) => {
      const found = await pushedLock(store, reference);
      // What was not found may come: only what is there is kept.
      if (!found.ok) throw new NotFound(found.error);
      return found;
    },
    ({ image, digest }) => `${image}@${digest}`,
    KEPT,
  );
  /** A tag is looked up anew each time; what a digest was made of stays. */
  const lockOf = async (reference: ImageReference): Promise<Result<PushedLock>> => {
    const tags = await store.readRecord<ImageTags>('image-tags', reference.image);
    const digest = reference.digest ?? tags?.tags[reference.tag ?? ''];
    if (digest === undefined) return pushedLock(store, reference);
    return lockOfDigest({ image: reference.image, digest }).catch((error: unknown) => {
      if (error instanceof NotFound) return fail(error.problem);
      throw error;
    });
  };
  const registry = config.images?.registry;
  const imageKey = config.images && `/keys/${basename(imageKeyFiles(paths.keys, config.distribution).publicKey)}`;
  const neededBy = createDependents({
    specs: createSpecGraph({ forge, reader: published, specs: config.specs, architecture: config.architectures[0]! }),
    index: () => published.readIndex(config.architectures[0]!),
  });
  const ui = `http://${config.temporal.address.replace(/:\d+$/, '')}:${config.temporal.uiPort}`;

  return {
    catalogue,
    floor: shared(async () => ((await answering()) ? floorStanding(client, config.distribution) : undefined), FRESH_MILLISECONDS),
    vulnerabilities,
    overview: shared(
      () => overview({ distribution: config.distribution, published, ended, inFlight: () => inFlight(), images: flyingImages }),
      FRESH_MILLISECONDS,
    ),
    async images(find) {
      const [all, { packages }] = await Promise.all([standings(), catalogue()]);
      const summaries = new Map(packages.map(({ name, summary }) => [name, summary]));
      const listed = await Promise.all(
        all.map(async (standing) => {
          const lock = standing.last?.lock;
          const spec = lock && (await specOf(lock));
          return listedImage(standing, spec && summaries.get(spec.package), find);
        }),
      );
      return listed.filter((one) => one !== undefined);
    },
    async imageProfile(name, asked) {
      if (!isPackageName(name)) return undefined;
      const flying = await flyingImages();
      const story = await imageStory(store, flying && client, name, flying ?? []);
      if (!story) return undefined;
      const tags = shownTags(story.tags, story.made);
      const tag = tagToShow(tags, asked.tag);
      const lock = tag && (await lockOf({ image: name, digest: tag.digest }));
      const newest = story.last?.lock ?? story.releases[0]?.lock;
      const [spec, { packages }, advised, origins, suites] = await Promise.all([
        newest && specOf(newest),
        catalogue(),
        vulnerabilities(),
        lock?.ok ? originsOf(published, lock.value.packages) : new Map<string, string>(),
        flying ? client.withDeadline(Date.now() + LIST_MILLISECONDS, () => runningSuites(client, name)).catch(() => []) : [],
      ]);
      const summary = packages.find((one) => one.name === spec?.package)?.summary;
      const host = registry?.replace(/^https?:\/\//, '');
      return {
        ...imageProfile(story, tags, asked),
        distribution: config.distribution,
        suites,
        streams: spec?.streams ?? [],
        untested: spec?.untested ?? {},
        ...(spec ? { package: spec.package } : {}),
        ...(summary ? { summary } : {}),
        ...(host && story.tags ? { pull: `${host}/${story.tags.repository}`, insecure: registry!.startsWith('http:') } : {}),
        ...(imageKey ? { key: imageKey } : {}),
        ...(tag && lock?.ok ? { shown: shownImage(tag, lock.value, origins, advised) } : {}),
      };
    },
    async imageComparison(name, asked) {
      const tags = isPackageName(name) ? await store.readRecord<ImageTags>('image-tags', name) : undefined;
      return tags && imageComparison({ published, lockOf }, config.distribution, tags, asked);
    },
    async packageStory(name) {
      if (!isPackageName(name)) return undefined;
      const answers = await answering();
      const [story, { packages, since }, flying, withdrawals, advised, needed, images] = await Promise.all([
        packageStory({ config, forge, published, store }, answers ? client : undefined, name),
        catalogue(),
        inFlight(name),
        readWithdrawals(store),
        vulnerabilities(),
        neededBy(name),
        standings(),
      ]);
      const found = packages.find((one) => one.name === name);
      const withdrawn = withdrawals.filter((one) => one.package === name);
      const known = found ?? story.spec ?? story.releases[0] ?? story.entity ?? withdrawn[0] ?? flying?.[0];
      if (known === undefined) return undefined;
      return {
        story,
        ...(found ? { published: found } : {}),
        since: (version) => since(name, version),
        withdrawn,
        inFlight: flying ?? [],
        parts: found ? await packageParts(published, found.architectures, name, found.version) : [],
        neededBy: needed,
        images: images.filter(({ last }) => last?.origins.includes(name)).map(({ image }) => image),
        ...(advised ? { vulnerabilities: { ...advised, known: advised.known.filter((one) => one.package === name) } } : {}),
      };
    },
    workflowUrl: (id) => `${ui}/namespaces/${encodeURIComponent(config.temporal.namespace)}/workflows/${encodeURIComponent(id)}`,
  };
}
