import { readCompiledSpec } from '../../../src/domain/build/compiled-spec';

/** The form that melange v0.59.1 prints, shortened. */
const compiled = {
  package: { name: 'zlib', version: '1.3.1', epoch: 2 },
  environment: { contents: { packages: ['build-base', 'wget', 'make', 'make'] } },
  pipeline: [
    { uses: 'fetch', with: { uri: 'https://example.org/zlib.tar.gz', 'expected-sha256': 'ab' }, pipeline: [{ runs: 'wget' }] },
    { runs: './configure' },
    { name: 'upstream tests', runs: 'make check' },
  ],
  subpackages: [
    {
      name: 'zlib-dev',
      pipeline: [{ uses: 'split/dev' }],
      test: { environment: { contents: { packages: ['zlib-dev', 'build-base'] } }, pipeline: [{ runs: 'cc' }] },
    },
    { name: 'zlib-doc', pipeline: [{ uses: 'split/manpages' }], test: { environment: {} } },
  ],
  test: { environment: { contents: { packages: ['busybox', 'zlib'] } }, pipeline: [{ runs: 'true' }] },
};

const read = (change: object) => readCompiledSpec(JSON.stringify({ ...compiled, ...change }));

test('tells environment, steps and tests', () => {
  expect(read({})).toEqual({
    ok: true,
    value: {
      name: 'zlib',
      version: '1.3.1',
      epoch: 2,
      environment: ['build-base', 'make', 'wget'],
      repositories: [],
      steps: { zlib: ['fetch', undefined, 'upstream tests'], 'zlib-dev': ['split/dev'], 'zlib-doc': ['split/manpages'] },
      tests: [
        { package: 'zlib', environment: ['busybox'] },
        { package: 'zlib-dev', environment: ['build-base'] },
      ],
      checkouts: [],
      fetches: [{ uri: 'https://example.org/zlib.tar.gz', digest: 'ab' }],
    },
  });
});

test.each<[string, object, object]>([
  ['no test where there is no test block', { test: undefined, subpackages: [] }, { tests: [] }],
  [
    'a clone of a tag in the main pipeline',
    {
      pipeline: [
        { uses: 'git-checkout', with: { repository: 'r\n', tag: 'v1', branch: '', 'expected-commit': 'ab', 'recurse-submodules': 'true' } },
      ],
    },
    { checkouts: [{ repository: 'r', ref: 'refs/tags/v1', commit: 'ab', submodules: true }] },
  ],
  [
    'a clone of a branch deep in a subpackage, and of what HEAD is',
    {
      subpackages: [
        { name: 'x', pipeline: [{ runs: '', pipeline: [{ uses: 'git-checkout', with: { repository: 'r', branch: 'stable' } }] }] },
        { name: 'y', pipeline: [{ uses: 'git-checkout', with: { repository: 'r' } }] },
      ],
    },
    {
      checkouts: [
        { repository: 'r', ref: 'refs/heads/stable', commit: '', submodules: false },
        { repository: 'r', ref: 'refs/heads/main', commit: '', submodules: false },
      ],
    },
  ],
  [
    'no clone whose condition melange decides',
    { pipeline: [{ if: "${{build.arch}} == 'aarch64'", uses: 'git-checkout', with: { repository: 'r' } }] },
    { checkouts: [] },
  ],
  [
    'a fetch by its longer digest, deep in a subpackage',
    {
      pipeline: [],
      subpackages: [{ name: 'x', pipeline: [{ pipeline: [{ uses: 'fetch', with: { uri: 'u', 'expected-sha512': 'cd' } }] }] }],
    },
    { fetches: [{ uri: 'u', digest: 'cd' }] },
  ],
  [
    'no fetch that depends on a condition',
    { pipeline: [{ if: "'a' == 'b'", pipeline: [{ uses: 'fetch', with: { uri: 'u', 'expected-sha256': 'cd' } }] }] },
    { fetches: [] },
  ],
  [
    'a repository of the build',
    { environment: { contents: { repositories: ['https://example.org/os'] } } },
    { repositories: ['https://example.org/os'] },
  ],
  [
    'a repository of a test',
    { test: { environment: { contents: { build_repositories: ['/os'] } }, pipeline: [] } },
    { repositories: ['/os'] },
  ],
  ['epoch 0, which melange leaves out', { package: { name: 'zlib', version: '1' } }, { epoch: 0 }],
])('sees %s', (_, change, expected) => {
  expect(read(change)).toMatchObject({ ok: true, value: expected });
});

test.each(['', '[]', 'null', '"zlib"', '{"package":{}}', 'Usage: melange'])('refuses %j with the remedy', (text) => {
  expect(readCompiledSpec(text)).toMatchObject({ ok: false, error: { remedy: expect.stringContaining('version') } });
});
