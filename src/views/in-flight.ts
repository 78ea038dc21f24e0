import type { Client } from '@temporalio/client';
import { releaseQuery, SEARCH, type ReleaseView } from '../workflows/messages';

/** A release that has not ended. Without `view` its worker did not answer. */
export interface InFlight {
  readonly release: string;
  readonly package: string;
  readonly stage: string;
  readonly startedAt: string;
  readonly view?: ReleaseView;
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
      const view = await releaseView(client, release.release);
      return view ? { ...release, stage: view.stage, view } : release;
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
