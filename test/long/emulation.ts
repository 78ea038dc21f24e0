import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BINFMT = '/proc/sys/fs/binfmt_misc';
const INTERPRETER = '/usr/bin/qemu-aarch64-static';

/** As Debian calls its own: by that name it is known that a machine runs images of aarch64. */
const NAME = 'qemu-aarch64';

/** An ELF program of 64 bits for aarch64. F: the kernel opens the interpreter now, so it also runs where sandboxes do not show it. */
const FORMAT = [
  `:${NAME}:M::`,
  String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:`,
  String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:`,
  `${INTERPRETER}:F`,
].join('');

/** Makes this machine run programs of aarch64 until it is started again, where that takes root and apt-get alone. Returns why it cannot. */
export function emulateAarch64(): string | undefined {
  if (process.arch === 'arm64') return 'this machine is aarch64 and runs no x86_64';
  if (registered()) return undefined;
  if (process.getuid?.() !== 0) return 'no binfmt_misc registration of qemu-aarch64 with flag F, and only root can make one';
  if (!existsSync(INTERPRETER)) {
    const installed = (...args: string[]) => spawnSync('apt-get', args, { stdio: 'ignore', timeout: 240_000 }).status === 0;
    const install = ['install', '--yes', '--no-install-recommends', 'qemu-user-static'];
    if (!installed(...install) && !(installed('update') && installed(...install))) return 'apt-get cannot install qemu-user-static';
  }
  if (!existsSync(join(BINFMT, 'register')) && spawnSync('mount', ['-t', 'binfmt_misc', 'binfmt_misc', BINFMT]).status !== 0)
    return `binfmt_misc cannot be mounted on ${BINFMT}`;
  try {
    writeFileSync(join(BINFMT, 'register'), FORMAT);
    return undefined;
  } catch (error) {
    return `binfmt_misc takes no registration: ${(error as Error).message}`;
  }
}

function registered(): boolean {
  const file = join(BINFMT, NAME);
  return existsSync(file) && /^flags: .*F/m.test(readFileSync(file, 'utf8'));
}
