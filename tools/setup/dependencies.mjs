import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import locate from '../locate.cjs';
import shared from '../shared-folder.cjs';
import { runCommand, say, withProgress } from './progress.mjs';

/** Runs `npm ci` unless node_modules is what package-lock.json says. */
export async function installDependencies(root) {
  if (isInstalled(root)) return;
  const lock = join(locate.cacheFolder(), 'locks', createHash('sha256').update(root).digest('hex').slice(0, 16));
  say('Millrace needs its npm packages: npm ci');
  await withProgress('npm ci', (report) =>
    shared.withLock(lock, report, async () => {
      if (isInstalled(root)) return;
      const npm = process.env.npm_execpath;
      const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
      // --include=dev: the build needs the compiler also where NODE_ENV=production.
      await runCommand(command, [...first, 'ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: root, report });
    }),
  );
}

/** npm writes node_modules/.package-lock.json at the end of an installation; optional packages of other platforms are not in it. */
export function isInstalled(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  const same = (path) => installed[path]?.version === wanted[path]?.version && installed[path]?.integrity === wanted[path]?.integrity;
  return (
    Object.keys(installed).every((path) => same(path)) &&
    Object.keys(wanted).every((path) => path === '' || same(path) || wanted[path].optional || wanted[path].peer || wanted[path].devOptional)
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
