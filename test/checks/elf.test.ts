import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { isElf, readElf } from '../../src/checks/elf';
import { elfFile } from './elf-file';

const name = fc.stringMatching(/^[a-z_][a-z0-9_.]{0,20}$/);

test('names that were written are read', () => {
  fc.assert(
    fc.property(name, fc.array(name, { maxLength: 5 }), fc.uniqueArray(name, { maxLength: 10 }), (soname, needed, imports) => {
      expect(readElf(elfFile({ soname, needed, imports, exports: ['defined_here'] }))).toEqual({ soname, needed, imported: imports });
    }),
  );
});

test('a real program: the one that runs this', () => {
  const content = readFileSync(process.execPath);
  expect(isElf(content)).toBe(true);
  const { needed, imported } = readElf(content)!;
  expect(needed.join(' ')).toMatch(/libc\b|libc\.so|musl/);
  expect(imported).toEqual(expect.arrayContaining(['connect', 'dlopen', 'getaddrinfo']));
});

test('a damaged file gives some names or none, and never throws or hangs', () => {
  const whole = elfFile({ soname: 'libx.so.1', needed: ['libc.so.6'], imports: ['connect'] });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 20 }),
      fc.integer({ min: 21, max: whole.length }),
      (changes, length) => {
        const damaged = Buffer.from(whole.subarray(0, length));
        for (const [at, value] of changes) if (at > 6 && at < length) damaged[at] = value;
        readElf(damaged);
      },
    ),
  );
  expect(readElf(whole.subarray(0, 130))).toBeUndefined();
});
