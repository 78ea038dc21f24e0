import locate from '../locate.cjs';
import { runCommand, say, withProgress } from './progress.mjs';

/** Installs the system packages that are wanted and missing by apt-get as root. Returns what a person has to do, one line a remedy. */
export async function installSystemPackages(wanted) {
  const missing = Object.entries(locate.versions.system).filter(([name, entry]) => wanted(entry) && !locate.onPath(name));
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.map(([, entry]) => entry.package))];
  const names = missing.map(([name, entry]) => `${name} (${entry.purpose})`).join(', ');
  if (!locate.onPath('apt-get')) return [`${names}: install ${packages.join(' ')} with the package manager of this system`];
  if (process.getuid() !== 0) return [`${names}: run  sudo apt-get install -y ${packages.join(' ')}`];
  say(`Millrace needs system packages: ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await withProgress('apt-get update', (report) => runCommand('apt-get', ['update'], { env, report }));
    await withProgress(`apt-get install ${packages.join(' ')}`, (report) =>
      runCommand('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env, report }),
    );
  } catch (error) {
    return [`${names}: ${error.message}`];
  }
  return missing
    .filter(([name]) => !locate.onPath(name))
    .map(([name, entry]) => `${name}: still missing after apt-get install ${entry.package}`);
}
