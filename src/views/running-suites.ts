import { defaultPayloadConverter } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import type { Progress } from '../activities/melange/activity-life';
import type { ImageTestView } from '../domain/image/test-details';
import { imageTestQuery, SEARCH } from '../workflows/messages';

/** A suite of an image that runs now. */
export interface RunningSuite {
  /** Id of its workflow. */
  readonly workflow: string;
  readonly startedAt: string;
  /** What it says: tests that run, until when at most, and how others ended. Absent where its worker does not answer. */
  readonly view?: ImageTestView;
  /** The last lines of the logs of the tests that run. */
  readonly progress: readonly Progress[];
}

/** An image has some suites on some variants. */
const MOST = 100;
const ANSWER_MILLISECONDS = 3000;

/** The suites that run on an image, the first begun first. Throws where no server answers. */
export async function runningSuites(client: Client, image: string): Promise<readonly RunningSuite[]> {
  const query = `WorkflowType = 'imageTest' AND ExecutionStatus = 'Running' AND ${SEARCH.image.name} = '${image.replaceAll("'", "''")}'`;
  const found: Omit<RunningSuite, 'view' | 'progress'>[] = [];
  for await (const { workflowId, startTime } of client.workflow.list({ query, pageSize: MOST })) {
    found.push({ workflow: workflowId, startedAt: startTime.toISOString() });
    if (found.length === MOST) break;
  }
  found.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  return Promise.all(
    found.map(async (suite) => {
      const [view, progress] = await Promise.all([viewOf(client, suite.workflow), progressOf(client, suite.workflow)]);
      return { ...suite, ...(view ? { view } : {}), progress };
    }),
  );
}

async function viewOf(client: Client, workflow: string): Promise<ImageTestView | undefined> {
  try {
    return await client.withDeadline(Date.now() + ANSWER_MILLISECONDS, () => client.workflow.getHandle(workflow).query(imageTestQuery));
  } catch {
    return undefined;
  }
}

/** What the running tests said last, by the heartbeats of their activities. */
async function progressOf(client: Client, workflow: string): Promise<readonly Progress[]> {
  try {
    const { raw } = await client.withDeadline(Date.now() + ANSWER_MILLISECONDS, () => client.workflow.getHandle(workflow).describe());
    return (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) => {
      const payload = heartbeatDetails?.payloads?.[0];
      const details: unknown = payload ? defaultPayloadConverter.fromPayload<unknown>(payload) : undefined;
      return isProgress(details) ? [{ line: details.line, log: details.log }] : [];
    });
  } catch {
    return [];
  }
}

function isProgress(details: unknown): details is Progress {
  if (typeof details !== 'object' || details === null || !('line' in details) || !('log' in details)) return false;
  return typeof details.line === 'string' && typeof details.log === 'string' && details.line !== '';
}
