import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const command = path.resolve(__dirname, '../../bin/millrace.js');
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-demo-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The story of the README, from tarballs to the tags of an image, with kills; it verifies itself from outside. */
it('the demo carries real releases through the whole line, and leaves nothing running', () => {
  const ended = spawnSync(process.execPath, [command, 'demo', '--json', '--folder', path.join(folder, 'demo')], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const story = ended.stderr.split('\n').slice(-40).join('\n');
  expect({ status: ended.status, story: ended.status === 0 ? '' : story }).toEqual({ status: 0, story: '' });
  const summary = JSON.parse(ended.stdout) as { outcome: string; verified: { claim: string }[] };
  expect(summary.outcome).toBe('verified');
  expect(summary.verified.length).toBeGreaterThanOrEqual(56);
  const left = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder));
  expect(left).toEqual([]);
});
