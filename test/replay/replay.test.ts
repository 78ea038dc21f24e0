import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../workflows/stage';

jest.setTimeout(60_000);

const folder = path.join(__dirname, 'histories');
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

afterAll(() => Runtime.instance().shutdown());

/** Recorded with MILLRACE_RECORD=1 by the workflow tests: every workflow type, every path. A change that alters commands must be guarded by `patched`. */
it(`today's workflows replay ${files.length} recorded histories`, async () => {
  expect(files.length).toBeGreaterThan(10);
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
  const histories = files.map((file) => {
    const { workflowId, history } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { workflowId: string; history: unknown };
    return { workflowId, history: historyFromJSON(history) };
  });
  const failed: string[] = [];
  for await (const result of Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, histories)) {
    if (result.error) failed.push(`${result.workflowId}: ${result.error.message}`);
  }
  expect(failed).toEqual([]);
});
