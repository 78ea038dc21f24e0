import type { Client } from '@temporalio/client';
import { packageId, packageQuery, type PackageView } from '../../workflows/messages';
import type { Session } from '../session';
import type { PackageStory } from '../view/package';
import { specOnMain } from './names';
import { releaseRecords } from './records';

const QUERY_SECONDS = 3;

/** Everything about a package but the details of its releases. `client` is absent where no server answers. */
export async function packageStory(session: Session, client: Client | undefined, name: string): Promise<PackageStory> {
  const [spec, published, entity, records] = await Promise.all([
    specOnMain(session, name).catch(() => undefined),
    session.published.publishedVersions(name),
    client && entityView(client, name),
    releaseRecords(session.store, name),
  ]);
  return {
    package: name,
    published,
    releases: [...records].reverse(),
    ...(spec ? { spec: spec.version } : {}),
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
