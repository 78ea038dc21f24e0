import { availableParallelism } from 'node:os';
import type { Client } from '@temporalio/client';
import { createGenerationAdvisories, type GenerationAdvisories } from '../activities/advisories/generation';
import { createAnnounceActivities } from '../activities/announce/announce';
import { createAssessmentActivities } from '../activities/assessment/assessment';
import { createChangeActivities } from '../activities/change/change';
import { createCheckActivities } from '../activities/checks/checks';
import { createComparisonActivities } from '../activities/comparison/comparison';
import { createBuildHistory } from '../activities/floor/build-history';
import { createFloorActivities } from '../activities/floor/floor';
import { createFloorJournal } from '../activities/floor/journal';
import { createSpecGraph } from '../activities/floor/spec-graph';
import { createBuilderActivities } from '../activities/melange/builder';
import type { PackageRepositories } from '../activities/melange/repositories';
import { createTestRunner } from '../activities/melange/test-runner';
import { createNotifier } from '../activities/notify/notify';
import { createRecordActivities } from '../activities/records/records';
import { recoverRepository } from '../activities/repository/current';
import { createPublisherActivities } from '../activities/repository/publisher';
import { createRepositoryReader } from '../activities/repository/reader';
import { createSignerActivities } from '../activities/signing/signer';
import { createFetcher } from '../activities/sources/fetch';
import { patchState } from '../activities/sources/patch';
import { createUpstreamSources } from '../activities/sources/upstreams';
import { createFolderStore } from '../activities/store/folder-store';
import type { Store } from '../activities/store/store';
import { statePaths, type Config } from '../config/config';
import { QUEUES } from '../workflows/messages';
import { imageActivities } from './image-roles';
import { advisoryForgeOf, forgeOf } from './spec-forge';

/** What one worker process serves: workflow code, or activities. */
export interface RoleWorker {
  readonly taskQueue: string;
  /** Absent for the role that runs workflows. */
  readonly activities?: object;
  readonly concurrency: number;
  /** Another queue that the same process serves. */
  readonly beside?: RoleWorker;
}

const OTHERS_CONCURRENCY = 10;
const TESTER_CONCURRENCY = 2;
/** They wait for a cluster. */
const SUITES_CONCURRENCY = 100;

/** The worker processes of an installation, in the order in which they are started. */
export function rolesOf(config: Config): readonly string[] {
  return [
    'workflows',
    'control',
    ...config.architectures.map((architecture) => `builder-${architecture}`),
    'tester',
    'signer',
    'publisher',
  ];
}

/** Builds what one role needs and nothing else: the forge in control alone, the private key in the signer alone. `role` is one of `rolesOf`. */
export async function workerOf(config: Config, role: string, client: Client): Promise<RoleWorker> {
  const paths = statePaths(config.state);
  const store = createFolderStore(paths.store);
  const clock = () => new Date();
  const images = imageActivities(config, store, packageRepositories(config));
  switch (role) {
    case 'workflows':
      return { taskQueue: QUEUES.workflows, concurrency: 0 };
    case 'control': {
      const forge = forgeOf(config);
      const reader = createRepositoryReader({ root: paths.repository });
      const upstreams = createUpstreamSources({ store });
      const { specs, limits } = config;
      const fetcher = createFetcher({ store, limits, work: `${paths.work}/fetch` });
      const activities = {
        ...createAnnounceActivities({ client }),
        ...createRecordActivities({ store }),
        ...createAssessmentActivities({ forge, store, upstreams, reader, config, clock }),
        ...createChangeActivities({ forge, store, fetcher, patchState, specs, work: `${paths.work}/change`, clock }),
        ...createCheckActivities({ store, repository: reader, forge, upstreams, limits }),
        ...createFloorActivities({
          graph: createSpecGraph({ forge, reader, specs, architecture: config.architectures[0]! }),
          history: createBuildHistory(store),
          journal: createFloorJournal(paths.floorJournal),
          policies: config.floor.policies,
        }),
        ...images.control({ forge, client }),
        ...createNotifier(config.reminders.webhook ? { webhook: config.reminders.webhook } : {}),
      };
      return { taskQueue: QUEUES.control, activities, concurrency: OTHERS_CONCURRENCY };
    }
    case 'tester': {
      const runner = createTestRunner({
        store,
        repositories: packageRepositories(config),
        work: `${paths.work}/tester`,
        testSeconds: config.limits.testSeconds,
        now: clock,
      });
      const repository = createRepositoryReader({ root: paths.repository });
      const suites = images.tester();
      return {
        taskQueue: QUEUES.tester,
        activities: {
          ...createCheckActivities({ store, repository, runner, policies: config.floor.policies, limits: config.limits }),
          ...createComparisonActivities({ store, repository }),
          ...suites,
        },
        concurrency: TESTER_CONCURRENCY,
        // A worker without activities does not start: a factory without images has no suites.
        ...(config.images ? { beside: { taskQueue: QUEUES.suites, activities: suites, concurrency: SUITES_CONCURRENCY } } : {}),
      };
    }
    case 'signer': {
      const key = factoryKeyFiles(config);
      return {
        taskQueue: QUEUES.signer,
        activities: { ...createSignerActivities({ store, key, root: paths.repository }), ...images.signer() },
        concurrency: OTHERS_CONCURRENCY,
      };
    }
    case 'publisher': {
      await recoverRepository(paths.repository);
      const advisories = generationAdvisories(config, store, clock);
      const activities = createPublisherActivities({
        store,
        root: paths.repository,
        architectures: config.architectures,
        clock,
        ...(advisories ? { advisories } : {}),
      });
      return { taskQueue: QUEUES.publisher, activities: { ...activities, ...images.publisher() }, concurrency: OTHERS_CONCURRENCY };
    }
    default: {
      const architecture = role.slice('builder-'.length);
      const activities = createBuilderActivities({
        store,
        repositories: packageRepositories(config),
        work: `${paths.work}/builder`,
        distribution: config.distribution,
        specs: config.specs.repository,
        buildSeconds: config.limits.buildSeconds,
        now: clock,
      });
      const concurrency = Math.max(1, Math.floor(availableParallelism() / 2));
      return { taskQueue: QUEUES.builder(architecture), activities: { ...activities, ...images.builder() }, concurrency };
    }
  }
}

/** The factory's signing key is named after the distribution: in a keyring of several, names must differ. */
export function factoryKeyFiles(config: Config) {
  const file = `${statePaths(config.state).keys}/${config.distribution}.rsa`;
  return { privateKey: file, publicKey: `${file}.pub`, publicName: `${config.distribution}.rsa.pub` };
}

function generationAdvisories(config: Config, store: Store, clock: () => Date): GenerationAdvisories | undefined {
  const forge = advisoryForgeOf(config);
  if (!config.advisories || !forge) return undefined;
  const { branch, directory, packages } = config.advisories;
  return createGenerationAdvisories({
    forge,
    store,
    branch,
    directory,
    mapping: { distribution: config.distribution, rules: packages },
    clock,
  });
}

function packageRepositories(config: Config): PackageRepositories {
  const paths = statePaths(config.state);
  return {
    published: { folder: paths.repository, key: factoryKeyFiles(config).publicKey },
    ...(config.environment.stage0 ? { stage0: { folder: paths.stage0, key: `${paths.stage0}/stage0.rsa.pub` } } : {}),
    others: config.environment.repositories,
  };
}
