import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath, versions } from '../../tools/locate.cjs';

export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), 'millrace-tools-'));
}

/** Puts a shell script in the place of a program. */
export function makeProgram(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A PATH of one folder with the real system programs, and nothing else. */
export function systemFolder(): string {
  const folder = emptyFolder();
  for (const name of [...Object.keys(versions.system).filter((name) => !name.startsWith('/')), 'sh', 'rm', 'mkdir', 'sleep', 'cat']) {
    const file = onPath(name);
    if (file) symlinkSync(file, join(folder, name));
  }
  return folder;
}
