import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { run, runOrThrow } from '../activities/process';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The Debian that this machine runs and the mirror that its apt uses. */
export interface Debian {
  readonly suite: string;
  readonly mirror: string;
  /** The mirror of its security updates, where apt has one. */
  readonly security?: string;
}

/** Throws, with the remedy, on a system that is not a Debian with apt. */
export async function thisDebian(): Promise<Debian> {
  const release = Object.fromEntries(
    (await readFile('/etc/os-release', 'utf8')).split('\n').map((line) => {
      const [key, value] = line.split('=', 2);
      return [key ?? '', (value ?? '').replace(/^"|"$/g, '')];
    }),
  );
  const suite = release.VERSION_CODENAME;
  if (release.ID !== 'debian' || !suite) {
    throw new Error(
      `this system is ${release.PRETTY_NAME ?? 'unknown'}, not Debian, so no bootstrap repository can be made from its packages: ` +
        `set environment.stage0 to false and name an APK repository under environment.repositories in millrace.yaml`,
    );
  }
  const targets = await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(CODENAME)', 'Created-By: Packages']);
  const repositories = targets.stdout.split('\n').map((line) => line.split(' '));
  const mirrorOf = (codename: string) => repositories.find(([uri, name]) => uri && name === codename)?.[0]?.replace(/\/$/, '');
  const mirror = mirrorOf(suite);
  const security = mirrorOf(`${suite}-security`);
  if (!mirror) throw new Error(`apt knows no mirror of Debian ${suite}: add one to /etc/apt/sources.list and run apt-get update`);
  return { suite, mirror, ...(security && { security }) };
}

/** An apt of its own below `root`, that neither reads nor changes what is installed here. It verifies signatures by Debian's keyring. */
export async function privateApt(
  root: string,
  options: { readonly architecture?: string; readonly sources: readonly string[] },
): Promise<{ apt(command: 'apt-get' | 'apt-cache', args: readonly string[], cwd?: string): Promise<string> }> {
  for (const folder of ['etc/preferences.d', 'etc/apt.conf.d', 'state/lists/partial', 'cache/archives/partial']) {
    await mkdir(`${root}/${folder}`, { recursive: true });
  }
  // An empty status: nothing counts as installed, so the whole closure is downloaded.
  await writeFile(`${root}/status`, '');
  await writeFile(`${root}/sources.list`, options.sources.map((source) => `${source}\n`).join(''));
  const settings: Readonly<Record<string, string>> = {
    ...(options.architecture && { 'APT::Architecture': options.architecture, 'APT::Architectures': options.architecture }),
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    'Acquire::Retries': '3',
    'Acquire::http::Timeout': '20',
    'Debug::NoLocking': 'true',
    'Dir::Cache': `${root}/cache`,
    'Dir::Etc': `${root}/etc`,
    'Dir::Etc::sourcelist': `${root}/sources.list`,
    'Dir::Etc::sourceparts': '-',
    'Dir::State': `${root}/state`,
    'Dir::State::status': `${root}/status`,
  };
  const given = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return {
    apt: (command, args, cwd = root) =>
      runOrThrow(command, [...given, '-q', ...(command === 'apt-get' ? ['-y'] : []), ...args], {
        cwd,
        env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      }),
  };
}

/** A line of sources.list. */
export function sourceLine(kind: 'deb' | 'deb-src', mirror: string, suite: string): string {
  return `${kind} [signed-by=${KEYRING}] ${mirror} ${suite} main`;
}
