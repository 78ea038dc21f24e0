import type { Client } from '@temporalio/client';
import { releaseQuery, SEARCH, type ReleaseView } from '../workflows/messages';

/** A release that has not ended. Without `view` its worker did not answer. */
export interface InFlight {
  readonly release: string;
  readonly package: string;
  readonly stage: string;
  readonly startedAt: string;
  readonly view?: ReleaseView;
  /** A step that fails and is tried again by itself (a full disk, an upstream that is down): which, how often, and why. */
  readonly trouble?: string;
}

/** `zlib-1.3.1-r0` of `release:zlib-1.3.1-r0`. */
export const shortName = (release: string) => release.replace(/^release:/, '');

const MOST = 200;
const QUERY_SECONDS = 3;

/** The releases that run now, oldest first: listed by the server, each asked for its state. */
export async function inFlightReleases(client: Client, name?: string): Promise<readonly InFlight[]> {
  const ofPackage = name === undefined ? '' : ` AND ${SEARCH.package.name} = '${name.replaceAll("'", "''")}'`;
  const query = `WorkflowType = 'release' AND ExecutionStatus = 'Running'${ofPackage}`;
  const found: InFlight[] = [];
  for await (const { workflowId, startTime, typedSearchAttributes } of client.workflow.list({ query, pageSize: MOST })) {
    found.push({
      release: workflowId,
      package: typedSearchAttributes.get(SEARCH.package) ?? workflowId.replace(/^release:(.*)-[^-]+-r\d+$/, '$1'),
      stage: typedSearchAttributes.get(SEARCH.stage) ?? 'starting',
      startedAt: startTime.toISOString(),
    });
    if (found.length === MOST) break;
  }
  found.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  return Promise.all(
    found.map(async (release) => {
      const [view, trouble] = await Promise.all([releaseView(client, release.release), troubleOf(client, release.release)]);
      return { ...release, ...(view ? { stage: view.stage, view } : {}), ...(trouble ? { trouble } : {}) };
    }),
  );
}

/** What a running release says of itself; undefined when nothing answers within 3 s. */
export async function releaseView(client: Client, release: string): Promise<ReleaseView | undefined> {
  try {
    return await client.withDeadline(Date.now() + QUERY_SECONDS * 1000, () => client.workflow.getHandle(release).query(releaseQuery));
  } catch {
    return undefined;
  }
}

/** What the server knows of a step that failed and waits for its next try; undefined where all goes well, or nothing answers within 3 s. */
async function troubleOf(client: Client, release: string): Promise<string | undefined> {
  try {
    const described = await client.withDeadline(Date.now() + QUERY_SECONDS * 1000, () => client.workflow.getHandle(release).describe());
    const failing = described.raw.pendingActivities?.find(({ lastFailure }) => lastFailure);
    if (!failing) return undefined;
    const { activityType, attempt, lastFailure } = failing;
    return `${activityType?.name ?? 'a step'} fails and is tried again (try ${attempt ?? 1}): ${lastFailure?.message ?? 'no reason given'}`;
  } catch {
    return undefined;
  }
}
