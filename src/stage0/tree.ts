import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runOrThrow } from '../activities/process';
import { soname } from './elf';

const MERGED = ['bin', 'sbin', 'lib', 'lib64', 'lib32', 'libx32'];

/** Moves the files of /bin, /lib and their like below /usr, as the base layout's links want it. */
export async function mergeUsr(root: string): Promise<void> {
  for (const folder of MERGED) {
    const from = join(root, folder);
    if (!existsSync(from) || lstatSync(from).isSymbolicLink()) continue;
    await mkdir(join(root, 'usr', folder), { recursive: true });
    await cp(from, join(root, 'usr', folder), { recursive: true, verbatimSymlinks: true });
    await rm(from, { recursive: true });
  }
}

const UNUSED = [
  'etc/cron.daily',
  'etc/init.d',
  'usr/lib/systemd',
  'usr/share/bug',
  'usr/share/doc-base',
  'usr/share/gdb',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
];

/** Removes what no build uses; the copyright files stay. */
export async function removeUnused(root: string): Promise<void> {
  for (const path of UNUSED) await rm(join(root, path), { recursive: true, force: true });
  const documentation = join(root, 'usr/share/doc');
  for (const name of existsSync(documentation) ? readdirSync(documentation) : []) {
    const folder = join(documentation, name);
    if (!lstatSync(folder).isDirectory()) continue;
    for (const file of readdirSync(folder)) {
      if (file !== 'copyright') await rm(join(folder, file), { recursive: true });
    }
  }
}

/** `so:<soname>=<version>` of every shared library in the folders that the loader searches. */
export async function libraryProvides(root: string, triplet: string): Promise<readonly string[]> {
  const provides = new Set<string>();
  for (const folder of [`usr/lib/${triplet}`, 'usr/lib64', 'usr/lib']) {
    const path = join(root, folder);
    for (const name of existsSync(path) ? readdirSync(path) : []) {
      const file = join(path, name);
      if (!name.includes('.so') || !lstatSync(file).isFile()) continue;
      const library = soname(await readFile(file));
      if (library) provides.add(`so:${library}=${/\.so\.([0-9.]+)$/.exec(library)?.[1] ?? '0'}`);
    }
  }
  return [...provides].sort();
}

/** Debian's busybox shell runs its own applets before PATH (its tar fails on GNU options): bash is the shell. */
export async function makeBashTheShell(root: string): Promise<void> {
  await symlink('bash', join(root, 'usr/bin/sh'));
}

export const BUSYBOX_LINKS = 'etc/busybox-paths.d/busybox';

/** The list for which apko makes a link to busybox, where no other package has that file. */
export async function writeBusyboxLinks(root: string, links: string): Promise<void> {
  await mkdir(dirname(join(root, BUSYBOX_LINKS)), { recursive: true });
  await writeFile(join(root, BUSYBOX_LINKS), links);
}

/** That list, as the busybox in `root` tells it: it must be one that this machine can run. */
export async function askBusyboxLinks(root: string): Promise<string> {
  const applets = await runOrThrow(join(root, 'usr/bin/busybox'), ['--list-full']);
  const paths = applets
    .split('\n')
    .filter(Boolean)
    .map((path) => `/${path.replace(/^\/?(usr\/)?/, 'usr/')}`);
  const links = [...new Set(paths)].filter((path) => !/\/(sh|ash|bash|busybox)$/.test(path)).sort();
  return `${links.join('\n')}\n`;
}

/** The base layout: folders, the links of a merged /usr, and the few files that every system has. */
export async function writeBaseLayout(root: string): Promise<void> {
  const folders = ['dev', 'etc', 'home', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/bin', 'usr/lib', 'usr/lib64', 'usr/sbin'];
  const variable = ['cache', 'empty', 'lib', 'log', 'tmp'].map((name) => `var/${name}`);
  for (const folder of [...folders, ...variable]) {
    await mkdir(join(root, folder), { recursive: true });
    await chmod(join(root, folder), 0o755);
  }
  for (const folder of ['tmp', 'var/tmp']) await chmod(join(root, folder), 0o1777);
  await chmod(join(root, 'root'), 0o700);
  await chmod(join(root, 'var/empty'), 0o555);
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${folder}`, join(root, folder));
  await symlink('../run', join(root, 'var/run'));
  const files: Readonly<Record<string, string>> = {
    'etc/group': 'root:x:0:\nnobody:x:65534:\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    'etc/os-release': 'ID=stage0\nNAME="stage0"\nPRETTY_NAME="stage0 (bootstrap repository)"\nVERSION_ID="0"\n',
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    'etc/profile': 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
    'etc/shadow': 'root:*::0:::::\n',
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  await chmod(join(root, 'etc/shadow'), 0o640);
}

/** The names of the C and C++ compilers that specs call. */
export async function writeCompilerLinks(root: string): Promise<void> {
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  await symlink('gcc', join(root, 'usr/bin/cc'));
  await symlink('g++', join(root, 'usr/bin/c++'));
}
