import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { isAdvisoryId, isOwnPrefix, mintId } from '../../../src/domain/advisory/id';

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const about = { prefix: 'MLR', package: 'zlib', vulnerability: 'CVE-2023-45853' };
const free = () => false;

test('the same package and vulnerability give the same id, others give others', () => {
  expect(mintId(about, digest, free)).toBe(mintId({ ...about }, digest, free));
  const ids = [about, { ...about, package: 'pigz' }, { ...about, vulnerability: 'CVE-1' }, { ...about, prefix: 'ABC' }].map((each) =>
    mintId(each, digest, free),
  );
  expect(new Set(ids).size).toBe(4);
});

test('an id that another advisory has is not given out again', () => {
  const first = mintId(about, digest, free);
  const second = mintId(about, digest, (id) => id === first);
  expect(second).not.toBe(first);
  expect(mintId(about, digest, (id) => id === first)).toBe(second);
});

test('every id is one, over the alphabet of the field', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (name, vulnerability) => {
      const id = mintId({ prefix: 'MLR', package: name, vulnerability }, digest, free);
      expect(id).toMatch(/^MLR(-[23456789cfghjmpqrvwx]{4}){3}$/);
      expect(isAdvisoryId(id)).toBe(true);
    }),
  );
});

test("Chainguard's ids are read and never minted", () => {
  expect(isAdvisoryId('CGA-jq67-276v-crw8')).toBe(true);
  expect(['CGA', 'mlr', 'M', 'MLR', 'X2'].map(isOwnPrefix)).toEqual([false, false, false, true, true]);
  expect(() => mintId({ ...about, prefix: 'CGA' }, digest, free)).toThrow('CGA');
});
