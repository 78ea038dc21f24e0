import type { Client } from '@temporalio/client';
import type { Forge } from '../activities/forge/forge';
import { createRepositoryReader } from '../activities/repository/reader';
import { readWithdrawals } from '../activities/repository/withdrawals';
import { createFolderStore } from '../activities/store/folder-store';
import { statePaths, type Config } from '../config/config';
import { isPackageName } from '../domain/change/files';
import { createCatalogue } from '../views/catalogue';
import { floorStanding } from '../views/floor';
import { imageStandings, imageStory, inFlightImages, type ImageInFlight } from '../views/images';
import { inFlightReleases, type InFlight } from '../views/in-flight';
import { overview } from '../views/overview';
import { packageStory } from '../views/package-story';
import { createEndedReleases } from '../views/records';
import { createVulnerabilities } from '../views/vulnerabilities';
import { advisoryForgeOf } from '../workers/spec-forge';
import { shared } from './shared';
import type { PagesDeps } from './pages';

/** How old what is shown may be: however many people watch, the factory is asked once. */
const FRESH_MILLISECONDS = 1000;
const LIST_MILLISECONDS = 5000;

/** What the pages read: the published repository, the records, and (where it answers) Temporal. */
export function createPageSources(deps: {
  readonly config: Config;
  readonly forge: Forge;
  readonly client: Client;
  readonly healthy: () => Promise<boolean>;
}): Pick<PagesDeps, 'overview' | 'catalogue' | 'floor' | 'images' | 'imageStory' | 'packageStory' | 'vulnerabilities' | 'workflowUrl'> {
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
  const ui = `http://${config.temporal.address.replace(/:\d+$/, '')}:${config.temporal.uiPort}`;

  return {
    catalogue,
    floor: shared(async () => ((await answering()) ? floorStanding(client, config.distribution) : undefined), FRESH_MILLISECONDS),
    vulnerabilities,
    overview: shared(
      () => overview({ distribution: config.distribution, published, ended, inFlight: () => inFlight(), images: flyingImages }),
      FRESH_MILLISECONDS,
    ),
    images: shared(async () => imageStandings(store, (await flyingImages()) ?? []), FRESH_MILLISECONDS),
    async imageStory(name) {
      if (!isPackageName(name)) return undefined;
      const flying = await flyingImages();
      return imageStory(store, flying && client, name, flying ?? []);
    },
    async packageStory(name) {
      if (!isPackageName(name)) return undefined;
      const answers = await answering();
      const [story, { packages, since }, flying, withdrawals, advised] = await Promise.all([
        packageStory({ config, forge, published, store }, answers ? client : undefined, name),
        catalogue(),
        inFlight(name),
        readWithdrawals(store),
        vulnerabilities(),
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
        ...(advised ? { vulnerabilities: { ...advised, known: advised.known.filter((one) => one.package === name) } } : {}),
      };
    },
    workflowUrl: (id) => `${ui}/namespaces/${encodeURIComponent(config.temporal.namespace)}/workflows/${encodeURIComponent(id)}`,
  };
}
