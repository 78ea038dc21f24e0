import { differenceToLastGood } from '../../../src/domain/check/difference';
import type { Made } from '../../../src/domain/check/difference';
import type { Digest } from '../../../src/domain/digest';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const locked = (name: string, version: string, checksum = `Q1${version}`) => ({ name, version, checksum, url: 'u' });
const made: Made = {
  version: '1.0-r0',
  files: { 'packages/zlib.yaml': digest('a'), 'packages/zlib/old.patch': digest('b') },
  sources: { 'https://example.org/zlib-1.0': 'aa' },
  environments: { x86_64: [locked('gcc', '12'), locked('make', '4'), locked('m4', '1')] },
};

test('without an earlier one, and with the same one, it says so', () => {
  expect(differenceToLastGood(made, undefined)).toEqual(['there is no earlier good release']);
  expect(differenceToLastGood(made, made)).toEqual(['nothing: the same spec, sources and environment made 1.0-r0']);
});

test('version, files, sources and environment are compared', () => {
  const now: Made = {
    version: '1.1-r0',
    files: { 'packages/zlib.yaml': digest('c'), 'packages/zlib/new.patch': digest('b') },
    sources: { 'https://example.org/zlib-1.1': 'bb' },
    environments: { x86_64: [locked('gcc', '13'), locked('make', '4', 'Q1other'), locked('bash', '5')], aarch64: [] },
  };
  expect(differenceToLastGood(now, made)).toEqual([
    'version 1.0-r0 → 1.1-r0',
    'file changed: packages/zlib.yaml',
    'file added: packages/zlib/new.patch',
    'file removed: packages/zlib/old.patch',
    'source removed: https://example.org/zlib-1.0',
    'source added: https://example.org/zlib-1.1',
    'x86_64: environment gained bash 5',
    'x86_64: gcc 12 → 13',
    'x86_64: environment lost m4 1',
    'x86_64: make 4 was built anew',
    'aarch64: not built in 1.0-r0',
  ]);
});

test.each<[string, Made['environments'], Made['environments'], readonly string[]]>([
  ['an environment that did not resolve', { x86_64: undefined }, made.environments, ['x86_64: no build environment']],
  ['a lost record', made.environments, { x86_64: undefined }, ['x86_64: the environment of 1.0-r0 is lost']],
  ['nothing built yet', {}, made.environments, ['nothing: the same spec and sources made 1.0-r0']],
])('%s is not taken for the same environment', (_, now, last, lines) =>
  expect(differenceToLastGood({ ...made, environments: now }, { ...made, environments: last })).toEqual(lines),
);

test('it stays readable', () => {
  const many = Array.from({ length: 100 }, (_, index) => locked(`p${index}`, '1'));
  const lines = differenceToLastGood({ ...made, environments: { x86_64: many } }, made);
  expect(lines).toHaveLength(40);
  expect(lines[39]).toBe('… and 64 more');
});
