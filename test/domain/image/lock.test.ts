import fc from 'fast-check';
import { readApkoLock, readLockFile, type LockFile } from '../../../src/domain/image/lock';
import { formatProblem } from '../../../src/domain/result';
import { packIt, unpack } from '../spec/pack';

const part = (range: string) => ({ range, checksum: 'sha1-S+THz+JYZxcNzNCw2jI9YlnDnE4=' });
const zlib = {
  name: 'zlib',
  url: 'repositories/published/x86_64/zlib-1.3.2-r0.apk',
  version: '1.3.2-r0',
  architecture: 'x86_64',
  signature: part('bytes=0-646'),
  control: part('bytes=647-1628'),
  data: part('bytes=1629-2929'),
  checksum: 'Q1m6wB0UFePGN8Drz82pC8y2uAiu8=',
};
const apko = (packages: unknown, version: unknown = 'v1') =>
  JSON.stringify({ version, config: { name: 'apko.yaml' }, contents: { keyring: [], packages } }, undefined, 2);
const config = (packages: unknown) => JSON.stringify({ config: { archs: ['amd64'], contents: { packages } } });

const problems = (text: string) => {
  const read = readLockFile(text, 'a.json');
  return read.ok ? [] : read.error.map(formatProblem);
};
const lockOf = (text: string): LockFile => {
  const read = readLockFile(text, 'a.json');
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
  return read.value;
};

test('a lock of apko: size is that of the whole file, architecture the folder it is installed from', () => {
  const noarch = { ...zlib, name: 'tzdata', architecture: 'noarch', url: 'repositories/published/aarch64/tzdata-1-r0.apk', data: {} };
  expect(lockOf(apko([zlib, noarch]))).toEqual({
    form: 'apko',
    sets: [
      {
        image: '',
        variant: '',
        packages: [
          { name: 'zlib', version: '1.3.2-r0', architecture: 'x86_64', url: zlib.url, checksum: zlib.checksum, bytes: 2930 },
          { name: 'tzdata', version: '1.3.2-r0', architecture: 'aarch64', url: noarch.url, checksum: zlib.checksum },
        ],
      },
    ],
  });
  expect(lockOf(apko(null)).sets).toEqual([{ image: '', variant: '', packages: [] }]);
});

test('resolved configurations: one set for each variant, `index` is left out', () => {
  const text = JSON.stringify({
    imageLocks: {
      'a-public': {
        configs: { amd64: config(['zlib=1-r0']), index: config(['zlib=1-r0']) },
        devConfigs: { arm64: config(['sh=2-r1']) },
        fullConfigs: {},
      },
    },
  });
  expect(lockOf(text)).toEqual({
    form: 'resolved',
    sets: [
      { image: 'a-public', variant: '', packages: [{ name: 'zlib', version: '1-r0', architecture: 'x86_64' }] },
      { image: 'a-public', variant: 'dev', packages: [{ name: 'sh', version: '2-r1', architecture: 'aarch64' }] },
    ],
  });
});

test.each([
  ['empty', '', 'a.json:1:1: the JSON ends in the middle (the file was cut off: lock again, or fetch it again)'],
  [
    'truncated',
    apko([zlib]).slice(0, 200),
    'a.json:11:52: the JSON ends in the middle (the file was cut off: lock again, or fetch it again)',
  ],
  ['cut within a number', '{"a": 1', 'a.json:1:8: the JSON ends in the middle (the file was cut off: lock again, or fetch it again)'],
  ['YAML', 'version: v1\ncontents: {packages: []}\n', 'a.json:1:1: this is no JSON: Unexpected token'],
  ['a comma too many', '{\n  "version": "v1",\n}', 'a.json:3:1: this is no JSON: Expected double-quoted property name in JSON'],
  ['a list', '[]', 'a.json:1:1: a lock is an object (name a file that `apko lock` wrote)'],
  ['other JSON', '{"lockfileVersion": 3}', 'a.json:1:1: this JSON is no lock: it has neither `version` and `contents` nor `imageLocks`'],
  ['another version', apko([], 'v2'), 'a.json:2:14: the lock is of version "v2", and Millrace reads v1'],
  ['no version', apko([], null), 'a.json:2:14: the lock is of version "", and Millrace reads v1'],
  ['no packages', '{"version": "v1", "contents": {"keyring": []}}', 'a.json:1:31: the lock has no list of packages (lock again)'],
  ['packages that are none', apko({}), 'a.json:8:17: the lock has no list of packages'],
  ['a package that is none', apko(['zlib']), 'a.json:9:7: a package of a lock is an object (lock again)'],
  ['a name', apko([{ ...zlib, name: '../x' }]), 'a.json:10:17: the package has no name'],
  ['a version', apko([{ ...zlib, version: '' }]), 'a.json:12:20: zlib has no version'],
  ['an url', apko([{ ...zlib, url: 'zlib.apk' }]), 'a.json:11:16: zlib has no url that ends in <architecture>/<file>.apk'],
  ['an url of another folder', apko([{ ...zlib, url: 'x86_64/..%2f.apk' }]), 'a.json:11:16: zlib has no url'],
  ['no checksum', apko([{ ...zlib, checksum: undefined }]), 'a.json:9:7: the checksum of zlib is none of apk (Q1…)'],
  ['a checksum', apko([{ ...zlib, checksum: 'sha1-x' }]), 'a.json:26:21: the checksum of zlib is none of apk (Q1…)'],
  ['no image', '{"imageLocks": {}}', 'a.json:1:16: `imageLocks` holds no configuration'],
  ['an image that is none', '{"imageLocks": {"a": 1}}', 'a.json:1:22: the lock of a is no object'],
  [
    'a configuration cut',
    JSON.stringify({ imageLocks: { a: { configs: { amd64: '{"config": ' } } } }),
    'a.json:1:40: the configuration of x86_64 is no JSON',
  ],
  [
    'a pin without version',
    JSON.stringify({ imageLocks: { a: { configs: { amd64: config(['zlib']) } } } }),
    'a.json:1:40: "zlib" on x86_64 is no name with its version',
  ],
])('bad input: %s', (_, text, expected) => expect(problems(text)).toEqual([expect.stringContaining(expected)]));

test('who expects what apko wrote takes nothing else', () => {
  expect(readApkoLock(apko([zlib]), 'a.json')).toMatchObject({ ok: true, value: [{ name: 'zlib', checksum: zlib.checksum }] });
  const resolved = JSON.stringify({ imageLocks: { a: { configs: { amd64: config(['zlib=1-r0']) } } } });
  expect(readApkoLock(resolved, 'a.json')).toMatchObject({
    ok: false,
    error: [{ message: 'the lock is of version "", and Millrace reads v1' }],
  });
});

test('all defects at once', () => {
  expect(problems(apko([{ ...zlib, name: '' }, zlib, { ...zlib, version: '?' }]))).toHaveLength(2);
});

test('whatever is cut off or changed, the answer is a lock or problems with their place', () => {
  const text = apko([zlib, { ...zlib, name: 'xz' }]);
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(text.length), fc.constantFrom('', '"', '{', '1', '\0'), (from, length, instead) => {
      const read = readLockFile(text.slice(0, from) + instead + text.slice(from + length), 'a.json');
      if (!read.ok) for (const problem of read.error) expect(problem.at).toMatchObject({ file: 'a.json', line: expect.any(Number) });
    }),
  );
});

packIt('chainguard-images-locks.tar.gz')('the 54 real ones of ../shared/data are read: 61 images', async () => {
  const files = await unpack('chainguard-images-locks.tar.gz');
  const locks = [...files].map(([name, text]) => ({ name, read: readLockFile(text, name) }));
  expect(locks.filter(({ read }) => !read.ok)).toEqual([]);
  const sets = locks.flatMap(({ read }) => (read.ok ? read.value.sets : []));
  expect(files.size).toBe(54);
  expect(sets.filter(({ variant }) => variant === '')).toHaveLength(61);
  expect(sets.filter(({ variant }) => variant === 'dev')).toHaveLength(49);
  // Counted with another program: packages of every set on every architecture, without `index`.
  expect(sets.reduce((sum, { packages }) => sum + packages.length, 0)).toBe(9991);
});
