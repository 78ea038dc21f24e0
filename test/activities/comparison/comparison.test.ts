import { createComparisonActivities } from '../../../src/activities/comparison/comparison';
import { createRepositoryReader } from '../../../src/activities/repository/reader';
import { OLD, NEW, builtWith, builtWithFiles, scenario } from '../../checks/scenario';
import type { PackageOf } from '../../checks/apk-file';

/** What `built` is beside what is published, for one architecture or several. */
async function compared(built: readonly PackageOf[], published: readonly PackageOf[], architectures: readonly string[] = ['x86_64']) {
  const { deps, request } = await scenario({ built, published, architectures });
  const { compareBuilds } = createComparisonActivities({ store: deps.store, repository: deps.repository });
  return compareBuilds({ package: 'hello', version: '1.1-r0', builds: request.builds });
}

const user: PackageOf = { name: 'greeter-cli', origin: 'greeter', version: '3-r0', depends: ['so:libhello.so.1'], files: { x: 'x' } };
const renamed = builtWith('libhello', (item) => ({ ...item, provides: ['so:libhello.so.2=2'] }));
const alike = OLD.map((item) => ({
  ...item,
  version: '1.1-r0',
  provides: item.provides!.map((atom) => atom.replace('1.0-r0', '1.1-r0')),
}));

test.each([
  ['nothing was published', NEW, [], 'new'],
  ['another package alone was published', NEW, [user], 'new'],
  ['only the version differs', alike, OLD, 'same'],
  [
    'the newest published is alike, an older one is not',
    alike,
    [...OLD, ...OLD.map((item) => ({ ...item, version: '0.9-r0', files: { y: 'y' } }))],
    'same',
  ],
  ['a file differs', builtWithFiles({ 'usr/bin/hello': { content: 'other', mode: 0o755 } }), OLD, 'content'],
  ['a dependency is new', builtWith('hello', (item) => ({ ...item, depends: [...item.depends!, 'more'] })), OLD, 'compatible'],
])('%s', async (_name, built, published, kind) => {
  expect(await compared(built, published)).toMatchObject({ kind, breaks: [], removed: [] });
});

test('a soname that is gone names the origins of those linked with it', async () => {
  const found = await compared(renamed, [...OLD, user]);
  expect(found).toMatchObject({ kind: 'break', breaks: ['greeter'], removed: ['libhello.so.1'] });
  expect(found.changes[0]).toBe('libhello.so.1 is gone, needed by greeter-cli-3-r0');
});

test('of several architectures once', async () => {
  const found = await compared(renamed, [...OLD, user], ['x86_64', 'aarch64']);
  expect(found).toMatchObject({ kind: 'break', breaks: ['greeter'], removed: ['libhello.so.1'] });
  expect(new Set(found.changes).size).toBe(found.changes.length);
});

test('a release that is run again after its publication is compared with the one before it', async () => {
  expect(await compared(NEW, [...OLD, ...NEW])).toMatchObject({ kind: 'content' });
});

test('an apk that is gone is an error that names it', async () => {
  const { deps, request } = await scenario({ built: NEW, published: OLD });
  const repository = { ...createRepositoryReader({ root: '/nowhere' }), readIndex: deps.repository.readIndex };
  const { compareBuilds } = createComparisonActivities({ store: deps.store, repository });
  await expect(compareBuilds({ package: 'hello', version: '1.1-r0', builds: request.builds })).rejects.toThrow(/hello-1\.0-r0\.apk/);
});
