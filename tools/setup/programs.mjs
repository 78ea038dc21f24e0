import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import locate from '../locate.cjs';
import shared from '../shared-folder.cjs';
import { downloadMember, isReachable } from './download.mjs';
import { runCommand, say, withProgress } from './progress.mjs';

/** Makes the programs of versions.json that are wanted available: PATH, cache, download, Go module proxy, in that order. Returns the remedies for what is missing. */
export async function installPrograms(toolsFolder, wanted) {
  const remedies = [];
  for (const [name, program] of Object.entries(locate.versions.programs)) {
    if (!wanted(program)) continue;
    const located = locate.locateProgram(name);
    if (located.from !== 'missing') continue;
    const rejected = located.rejected ? `; ${located.rejected.file} is version ${located.rejected.version}` : '';
    say(`Millrace needs ${name} ${program.version}: ${program.purpose}${rejected}`);
    const remedy = await installProgram(name, program, toolsFolder);
    if (remedy) remedies.push(remedy);
  }
  return remedies;
}

async function installProgram(name, program, toolsFolder) {
  const folder = locate.programFolder(name, program.version);
  const byHand = `put ${name} >= ${program.fits.atLeast} and < ${program.fits.below} on PATH`;
  const download = program.downloads[`${process.platform}-${process.arch}`];
  if (download && (await isReachable(download.url))) {
    try {
      await withProgress(`downloading ${name} ${program.version}`, (report) =>
        shared.makeSharedFolder(folder, (partial) => downloadMember(download, name, partial, report), report),
      );
      return undefined;
    } catch (error) {
      say(`  ${error.message}; building it instead`);
    }
  }
  if (!locate.onPath('go')) return `${name} ${program.version}: install Go 1.26 or newer (it is then built from source), or ${byHand}`;
  try {
    await withProgress(`building ${name} ${program.version} through the Go module proxy (minutes, once)`, (report) =>
      shared.makeSharedFolder(folder, (partial) => goBuild(name, program, toolsFolder, partial, report), report),
    );
    return undefined;
  } catch (error) {
    return `${name} ${program.version}: ${error.message}\n    or ${byHand}`;
  }
}

async function goBuild(name, program, toolsFolder, folder, report) {
  const file = join(folder, name);
  const flags = ['-trimpath', '-ldflags', `-s -w ${program.linkerFlags}`.trim()];
  await runCommand('go', ['build', '-v', ...flags, '-o', file, program.package], {
    cwd: join(toolsFolder, program.module),
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GOOS: '', GOARCH: '' },
    report,
  });
  chmodSync(file, 0o755);
}
