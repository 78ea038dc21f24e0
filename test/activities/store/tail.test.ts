import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { tail } from '../../../src/activities/store/tail';

const folder = mkdtempSync(join(tmpdir(), 'millrace-tail-'));
const file = join(folder, 'log');
afterAll(() => rmSync(folder, { recursive: true }));

test('is the end of what reading all lines gives', async () => {
  const line = fc.oneof(
    fc.string({ maxLength: 20, unit: 'grapheme' }),
    fc.nat(70_000).map((length) => 'é'.repeat(length)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), fc.boolean(), fc.nat(40), async (lines, ended, wanted) => {
      const clean = lines.map((text) => text.replaceAll('\n', ''));
      const text = clean.join('\n') + (ended && clean.length > 0 ? '\n' : '');
      writeFileSync(file, text);
      const all = text === '' ? [] : text.replace(/\n$/, '').split('\n');
      expect(await tail(file, wanted)).toEqual(wanted === 0 ? [] : all.slice(-wanted));
    }),
    { numRuns: 60 },
  );
});

test('of a file without line ends is bounded', async () => {
  writeFileSync(file, 'x'.repeat(9 * 1024 * 1024));
  const [only, ...others] = await tail(file, 3);
  expect(others).toEqual([]);
  expect(only).toHaveLength(4 * 1024 * 1024);
});

test('of a file that is not there is empty', async () => {
  expect(await tail(join(folder, 'absent'), 5)).toEqual([]);
});
