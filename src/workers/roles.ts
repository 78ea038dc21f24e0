import { availableParallelism } from 'node:os';
import type { Client } from '@temporalio/client';
import { statePaths, type Config } from '../config/config';
import { createAnnounceActivities } from '../activities/announce/announce';
import { createRecordActivities } from '../activities/records/records';
import { createFolderStore } from '../activities/store/folder-store';
import { QUEUES } from '../workflows/messages';

/** What one worker process serves. Only `workflows` runs workflow code; the others run activities. */
export interface RoleWorker {
  readonly taskQueue: string;
  readonly activities?: object;
  readonly concurrency: number;
}

const OTHERS_CONCURRENCY = 10;
const TESTER_CONCURRENCY = 2;

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

/** Builds what one role needs and nothing else: modules are loaded and keys read only in the process that uses them. `role` is one of `rolesOf`. */
export async function workerOf(config: Config, role: string, client: Client): Promise<RoleWorker> {
  const store = () => createFolderStore(statePaths(config.state).store);
  switch (role) {
    case 'workflows':
      return { taskQueue: QUEUES.workflows, concurrency: 0 };
    case 'control': {
      return {
        taskQueue: QUEUES.control,
        activities: { ...createAnnounceActivities({ client }), ...createRecordActivities({ store: store() }) },
        concurrency: OTHERS_CONCURRENCY,
      };
    }
    case 'tester':
      return { taskQueue: QUEUES.tester, activities: {}, concurrency: TESTER_CONCURRENCY };
    case 'signer':
      return { taskQueue: QUEUES.signer, activities: {}, concurrency: OTHERS_CONCURRENCY };
    case 'publisher':
      return { taskQueue: QUEUES.publisher, activities: {}, concurrency: OTHERS_CONCURRENCY };
    default: {
      const architecture = role.slice('builder-'.length);
      return { taskQueue: QUEUES.builder(architecture), activities: {}, concurrency: Math.max(1, Math.floor(availableParallelism() / 2)) };
    }
  }
}
