import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Complaint } from '../config/complaint';
import type { Config } from '../config/config';
import { requireConfig } from '../config/load';
import { BUNDLE } from './bundle-path';
import { noServer } from './connection';
import { heartbeatInterceptor } from './heartbeat';
import { rolesOf, workerOf } from './roles';

const CONNECT_ATTEMPTS = 10;
/** How many workflows stay in memory; more are replayed from their history when they are needed again. */
const CACHED_WORKFLOWS = 200;
/**
 * How long workflow code may run in one go, 5 s by default. On a machine that is loaded twentyfold a second of work takes that long; cut off in the middle of a promise, Node may end the whole process ("async hook stack has become
 * corrupted"). The server gives a task that takes more than 10 s to another attempt, so nothing is lost by more patience; an endless loop still ends. WorkerOptions do not name it, and take it (worker-options.js, SDK 1.24).
 */
const PATIENCE = { isolateExecutionTimeout: '60s' } as const;

/** One worker process: `main.js <role> --config <file>`. Prints `{"ready":"<role>"}` when it serves its queue; ends on SIGTERM or SIGINT after its running activities were told (5 s) and cut off (10 s). */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { config: { type: 'string' } } });
  const config = requireConfig(values.config);
  const role = positionals[0] ?? '';
  if (!rolesOf(config).includes(role)) {
    throw new Complaint({ message: `there is no role ${role || '(none named)'}`, remedy: `roles: ${rolesOf(config).join(', ')}` }, 2);
  }
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      process.stderr.write(`${new Date().toISOString()} ${level} ${message} ${meta ? JSON.stringify(meta) : ''}\n`),
    ),
    shutdownSignals: ['SIGTERM', 'SIGINT'],
  });
  const connection = await connect(config);
  const client = new Client({
    connection: await Connection.connect({ address: config.temporal.address }),
    namespace: config.temporal.namespace,
  });
  const served = await workerOf(config, role, client);
  const workers = await Promise.all(
    [served, ...(served.beside ? [served.beside] : [])].map(({ taskQueue, activities, concurrency }) =>
      Worker.create({
        connection,
        namespace: config.temporal.namespace,
        identity: `${role}@${process.pid}`,
        taskQueue,
        shutdownGraceTime: '5s',
        shutdownForceTime: '10s',
        maxHeartbeatThrottleInterval: '5s',
        ...(activities
          ? {
              activities,
              interceptors: { activity: [heartbeatInterceptor] },
              maxConcurrentActivityTaskExecutions: concurrency,
            }
          : { workflowBundle: { codePath: BUNDLE }, maxCachedWorkflows: CACHED_WORKFLOWS, ...PATIENCE }),
      }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  process.stdout.write(`${JSON.stringify({ ready: role })}\n`);
  await running;
  await client.connection.close();
  await connection.close();
}

/** A worker may come up before its server: ten attempts over some ten seconds. */
async function connect(config: Config): Promise<NativeConnection> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await NativeConnection.connect({ address: config.temporal.address });
    } catch {
      if (attempt === CONNECT_ATTEMPTS) throw noServer(config);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

main().then(
  // Clients keep timers; the work is over.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof Complaint ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(error instanceof Complaint ? error.exitCode : 1);
  },
);
