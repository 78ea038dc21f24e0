import fc from 'fast-check';
import { buildKeyText, environmentText, keyName } from '../../../src/domain/build/build-key';
import type { BuildInputs } from '../../../src/domain/build/build-key';

const inputs: BuildInputs = {
  snapshot: { package: 'zlib', path: 'packages/zlib.yaml', commit: 'c0', spec: 'sha256:51', files: { 'a.patch': 'sha256:a1' } },
  sources: [
    { uri: 'https://example.org/a', object: 'sha256:01', sha256: '01', sha512: '0512', bytes: 1 },
    { uri: 'https://example.org/b', object: 'sha256:02', sha256: '02', sha512: '0513', bytes: 2 },
  ],
  environment: [
    { name: 'gcc', version: '12-r0', checksum: 'Q1g', url: '/x/gcc-12-r0.apk' },
    { name: 'make', version: '4-r0', checksum: 'Q1m', url: '/x/make-4-r0.apk' },
  ],
  tools: { melange: 'v1 sha256:aa', apko: 'v2 sha256:bb' },
  architecture: 'x86_64',
  sourceDateEpoch: 1,
  distribution: 'example',
  specs: 'https://git.example.org/specs',
  attempt: 0,
};

describe('the key of a build', () => {
  const key = buildKeyText(inputs);

  test.each<[string, Partial<BuildInputs>]>([
    ['another spec', { snapshot: { ...inputs.snapshot, spec: 'sha256:52' } }],
    ['another patch', { snapshot: { ...inputs.snapshot, files: { 'a.patch': 'sha256:a2' } } }],
    ['another commit, which is in the packages', { snapshot: { ...inputs.snapshot, commit: 'c1' } }],
    ['another source', { sources: [inputs.sources[0]!, { ...inputs.sources[1]!, sha256: '03' }] }],
    ['a source less', { sources: [inputs.sources[0]!] }],
    ['a rebuilt package in the environment', { environment: [inputs.environment[0]!, { ...inputs.environment[1]!, checksum: 'Q1n' }] }],
    ['another melange', { tools: { ...inputs.tools, melange: 'v1 sha256:ab' } }],
    ['another architecture', { architecture: 'aarch64' }],
    ['another date', { sourceDateEpoch: 2 }],
    ['another namespace', { distribution: 'other' }],
    ['another spec repository', { specs: 'https://git.example.org/fork' }],
    ['a retry that a person asked for', { attempt: 1 }],
  ])('differs with %s', (_, change) => {
    expect(buildKeyText({ ...inputs, ...change })).not.toBe(key);
  });

  test.each<[string, Partial<BuildInputs>]>([
    ['the order of sources', { sources: [...inputs.sources].reverse() }],
    ['the order of the environment', { environment: [...inputs.environment].reverse() }],
    ['where packages were taken from', { environment: inputs.environment.map((item) => ({ ...item, url: `/y/${item.name}` })) }],
    ['where sources were taken from', { sources: inputs.sources.map((source) => ({ ...source, uri: 'https://mirror.example.org/' })) }],
  ])('does not depend on %s', (_, change) => {
    expect(buildKeyText({ ...inputs, ...change })).toBe(key);
  });
});

test('equal environments have equal texts, different ones different texts', () => {
  const item = fc.record({
    name: fc.constantFrom('a', 'b'),
    version: fc.constantFrom('1-r0', '2-r0'),
    checksum: fc.constantFrom('Q1x', 'Q1y'),
    url: fc.string(),
  });
  const identity = (list: readonly { readonly name: string; readonly version: string; readonly checksum: string }[]) =>
    list
      .map(({ name, version, checksum }) => [name, version, checksum].join('|'))
      .sort()
      .join('\n');
  fc.assert(
    fc.property(fc.array(item, { maxLength: 4 }), fc.array(item, { maxLength: 4 }), (one, other) => {
      expect(environmentText(one) === environmentText(other)).toBe(identity(one) === identity(other));
    }),
  );
});

test('a record is named by the hexadecimal digits of its key', () => {
  expect(keyName(`sha256:${'ab'.repeat(32)}`)).toBe('ab'.repeat(32));
});
