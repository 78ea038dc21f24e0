import fc from 'fast-check';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOutputLog } from '../../../src/activities/containers/output-log';

const folder = mkdtempSync(join(tmpdir(), 'millrace-output-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (chunks: readonly (string | Buffer)[], partBytes: number, before = ''): string => {
  const file = join(folder, 'x.log');
  writeFileSync(file, before);
  const log = openOutputLog(file, folder, partBytes);
  chunks.forEach(log.write);
  log.close();
  expect(readdirSync(folder)).toEqual(['x.log']);
  return readFileSync(file, 'utf8');
};

it.each([
  ['nothing', [], ''],
  ['what fits the first part', ['abc', 'd'], 'abcd'],
  ['what fits both', ['abc', 'defgh'], 'abcdefgh'],
  ['one byte too much', ['abcdefghi'], 'abcd\n… 1 bytes are left out here …\nfghi'],
  ['much in one piece', ['abcdefghijklmnopqrstuvwxyz'], 'abcd\n… 18 bytes are left out here …\nwxyz'],
  ['much in many pieces', Array.from('abcdefghijklmnopqrstuvwxyz'), 'abcd\n… 18 bytes are left out here …\nwxyz'],
])('keeps %s', (_what, chunks, kept) => expect(written(chunks, 4)).toBe(kept));

it('goes on with a file that is there', () => expect(written(['b'], 4, 'a')).toBe('ab'));

it('keeps the first and the last part, and says how much is between them, whatever the pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 30 })),
      fc.integer({ min: 1, max: 40 }),
      (chunks, part) => {
        const whole = chunks.join('');
        const missing = whole.length - 2 * part;
        const kept = missing <= 0 ? whole : `${whole.slice(0, part)}\n… ${missing} bytes are left out here …\n${whole.slice(-part)}`;
        expect(written(chunks, part)).toBe(kept);
      },
    ),
  );
});
