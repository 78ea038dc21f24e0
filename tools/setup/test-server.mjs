import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import locate from '../locate.cjs';
import shared from '../shared-folder.cjs';
import { runCommand, say, SetupError, withProgress } from './progress.mjs';

/** Fetches the time-skipping server through Maven. What it lacks is no failure: the tests that need it are then named as skipped. */
export async function installTestServer(toolsFolder) {
  const { name, version } = locate.versions.testServer;
  if (locate.locateTestServer().from === 'cache') return;
  const lacking = ['java', 'mvn'].filter((command) => !locate.onPath(command));
  if (lacking.length > 0) {
    say(
      `No ${lacking.join(' and no ')}: workflow tests on the time-skipping server will be skipped (install a Java runtime and Maven to have them)`,
    );
    return;
  }
  say(`Millrace's tests use ${name} ${version}: ${locate.versions.testServer.purpose}`);
  try {
    await withProgress(`fetching ${name} ${version} through Maven`, (report) =>
      shared.makeSharedFolder(
        locate.programFolder(name, version),
        (partial) => fetchServer(join(toolsFolder, name), partial, report),
        report,
      ),
    );
  } catch (error) {
    say(`  ${error.message}\n  Workflow tests on the time-skipping server will be skipped`);
  }
}

async function fetchServer(project, folder, report) {
  const jars = join(folder, 'lib');
  mkdirSync(jars);
  const args = ['-B', '-f', join(project, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`];
  await runCommand('mvn', args, { cwd: folder, report });
  verify(jars, readFileSync(join(project, 'jars.sha256'), 'utf8'));
  const wrapper = join(folder, locate.versions.testServer.name);
  // exec: the SDK stops the server by the id of the process that it started.
  writeFileSync(wrapper, `#!/bin/sh\nexec java -cp "$(dirname "$(readlink -f "$0")")/lib/*" io.temporal.testserver.TestServer "$@"\n`);
  chmodSync(wrapper, 0o755);
}

/** Exactly the jars of the list, in the form of sha256sum: a jar more or less, or another content, is refused. */
function verify(jars, list) {
  const found = readdirSync(jars)
    .sort()
    .map(
      (jar) =>
        `${createHash('sha256')
          .update(readFileSync(join(jars, jar)))
          .digest('hex')}  ${jar}`,
    );
  const pinned = new Set(list.split('\n').filter(Boolean));
  const strange = found.filter((line) => !pinned.has(line));
  if (strange.length > 0) throw new SetupError(`Maven delivered jars that are not the pinned ones:\n    ${strange.join('\n    ')}`);
  if (found.length !== pinned.size) throw new SetupError(`Maven delivered ${found.length} jars, pinned are ${pinned.size}`);
}
