// Sets up everything that Millrace runs on. Plain Node: on a fresh clone nothing else is there yet.
// Options: --dependencies (npm packages only), --with-tests (also what only the tests need), --with-images (also what images are tested and kept with),
// --with-kubernetes (also a Kubernetes of one node), --with-cosign (also cosign, with which tests verify signed images).
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import locate from './locate.cjs';
import { installDependencies } from './setup/dependencies.mjs';
import { installPrograms } from './setup/programs.mjs';
import { say, SetupError } from './setup/progress.mjs';
import { installSystemPackages } from './setup/system.mjs';
import { installTestServer } from './setup/test-server.mjs';

// By exit, so that what is half done is removed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

const OPTIONS = ['--dependencies', '--with-tests', '--with-images', '--with-kubernetes', '--with-cosign'];
const LEAST_NODE = '20.11.0';
const toolsFolder = dirname(fileURLToPath(import.meta.url));

async function setUp(options) {
  const unknown = options.filter((option) => !OPTIONS.includes(option));
  if (unknown.length > 0) throw new SetupError(`unknown option ${unknown.join(' ')}: setup knows ${OPTIONS.join(', ')}`);
  if (!locate.fits(process.versions.node, { atLeast: LEAST_NODE, below: '1000' })) {
    throw new SetupError(`Node ${process.versions.node} is too old: install Node ${LEAST_NODE} or newer`);
  }
  await installDependencies(dirname(toolsFolder));
  if (options.includes('--dependencies')) return;
  const wanted = (entry) => entry.only === undefined || options.includes(entry.only);
  const remedies = [...(await installSystemPackages(wanted)), ...(await installPrograms(toolsFolder, wanted))];
  if (options.includes('--with-tests')) await installTestServer(toolsFolder);
  if (remedies.length > 0) throw new SetupError(`still missing:\n  ${remedies.join('\n  ')}`);
}

setUp(process.argv.slice(2)).catch((error) => {
  say(`Set-up failed: ${error instanceof SetupError ? error.message : error.stack}`);
  process.exitCode = 1;
});
