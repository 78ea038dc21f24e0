// Adds up jest's counts: node count.mjs FOLDER FILE... A run that left no result counts as one failure.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...files] = process.argv.slice(2);
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  let result;
  try {
    result = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  } catch {
    console.log(`${file}: the run ended without a result`);
    sum.failed += 1;
    continue;
  }
  sum.passed += result.numPassedTests;
  // A suite that does not even load has no tests to count.
  sum.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  sum.skipped += result.numPendingTests + result.numTodoTests;
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
if (sum.failed > 0) process.exitCode = 1;
