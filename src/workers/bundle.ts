import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { BUNDLE } from './bundle-path';

/** Bundles all workflows into one file. Returns its bytes: every workflow start evaluates them, so they are kept small. */
export async function buildWorkflowBundle(target: string): Promise<number> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(__dirname, '../workflows/index.js'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.error, error: console.error },
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.${process.pid}`, code);
  renameSync(`${target}.${process.pid}`, target);
  return Buffer.byteLength(code);
}

if (require.main === module) {
  buildWorkflowBundle(BUNDLE).then(
    (bytes) => console.log(`workflow bundle: ${Math.round(bytes / 1024)} KiB`),
    (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
