import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mount = (folder: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]).status === 0;
const unmount = (folder: string) => spawnSync('umount', [folder]);

/** A test on a disk of 128 KiB; skipped by name where this user may not mount one. */
export function onSmallDisk(name: string, body: (folder: string) => Promise<void>): void {
  const probe = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
  const possible = mount(probe);
  if (possible) unmount(probe);
  rmSync(probe, { recursive: true });
  (possible ? test : test.skip)(`${name} (needs the right to mount)`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
    mount(folder);
    try {
      await body(folder);
    } finally {
      unmount(folder);
      rmSync(folder, { recursive: true });
    }
  });
}
