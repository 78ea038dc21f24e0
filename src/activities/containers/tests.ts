import { join } from 'node:path';
import { ENTRYPOINT_SUITE } from '../../domain/image/gate';
import type { ContainerTest } from '../../domain/image/suite';
import { logOfTest, type SuiteRun, type TestOutcome } from '../../domain/image/suite-run';
import { activityAttempt, underHeartbeat } from '../melange/activity-life';
import { openAttempt } from '../melange/attempt';
import { openOutputLog } from './output-log';
import { pullImage } from './podman';
import { runContainerTest, sniffEntrypoint } from './suites';
import type { SuiteDeps } from './tester';

/** How OCI calls the architectures of packages. */
const PLATFORMS: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };
/** For pulling the image, and for each container to start and to end. */
const PULL_SECONDS = 700;
const START_SECONDS = 120;
const SNIFF_SECONDS = 60;

/** What all the tries of a test may take on this machine; without one, the look at the entrypoint. */
export function mostSecondsHere(test: ContainerTest | undefined): number {
  if (!test) return PULL_SECONDS + SNIFF_SECONDS;
  return PULL_SECONDS + (test.retries + 1) * (test.timeoutSeconds + START_SECONDS);
}

/** Tests in containers on this machine: by digest, read-only, without capabilities and, unless a test asks, without network. */
export function createContainerTests({ store, registry, credentials, work }: SuiteDeps) {
  return {
    /** Without a test, the look at the entrypoint. Throws the retryable `Infrastructure`. */
    async run(run: SuiteRun & { readonly architecture: string }, test: ContainerTest | undefined): Promise<TestOutcome> {
      const { lock, built, architecture } = run;
      const name = test?.name ?? ENTRYPOINT_SUITE;
      const attempt = await openAttempt(join(work, 'images', `test-${lock.image}`));
      const log = logOfTest(run, name, `${activityAttempt()}-${attempt.id}`);
      try {
        return await underHeartbeat(log, async ({ signal, say }) => {
          const stop = signal ? { signal } : {};
          const { host } = new URL(registry);
          const known = await credentials?.(host);
          const image = await pullImage({
            reference: `${host}/${lock.repository}@${built.digest}`,
            architecture: PLATFORMS[architecture] ?? architecture,
            plain: registry.startsWith('http://'),
            folder: join(attempt.folder, architecture),
            ...(known ? { credentials: known } : {}),
            ...stop,
          });
          const output = openOutputLog(await store.log(log), attempt.folder);
          try {
            const options = { log: output, say, ...stop };
            const outcome = test ? await runContainerTest(test, image, options) : await sniffEntrypoint(image, options);
            return { ...outcome, architecture, log };
          } finally {
            output.close();
          }
        });
      } finally {
        await attempt.remove();
      }
    },
  };
}
