import { builtWith, NEW, OLD, PACKAGE_CHECKS, scenario, update } from './scenario';

const renamed = builtWith('libhello', (item) => ({ ...item, provides: ['so:libhello.so.2=2'] }));
const user = { name: 'greeter', version: '3-r0', depends: ['so:libhello.so.1'], files: { 'usr/share/x': 'x' } };

test('the same library names pass, and a first release does', async () => {
  expect(await (await update(NEW)).check('abi')).toMatchObject({ outcome: 'passed', summary: 'sonames unchanged (1)' });
  expect(await (await scenario({ built: NEW })).check('abi')).toMatchObject({
    outcome: 'passed',
    summary: 'first release: nothing to compare',
  });
});

test('a new number of a library that a published package is linked with passes: the floor rebuilds that, by its origin', async () => {
  const { check } = await update(renamed, [...OLD, user, { ...user, name: 'greeter-cli', origin: 'greeter' }]);
  expect(await check('abi')).toMatchObject({
    outcome: 'passed',
    summary: 'libhello.so.1 removed (now libhello.so.2): greeter will be rebuilt',
    details: [
      'x86_64: - libhello.so.1 (now libhello.so.2)',
      'x86_64: libhello.so.1 is needed by greeter-3-r0, which will be rebuilt',
      'x86_64: libhello.so.1 is needed by greeter-cli-3-r0, which will be rebuilt',
      'x86_64: + libhello.so.2',
    ],
  });
});

test('where nothing is rebuilt for the package, it fails and says what would be left broken', async () => {
  const policies = [{ package: 'hell*', policy: 'none' }] as const;
  const { check, failing } = await scenario({ built: renamed, published: [...OLD, user], previous: '1.0-r0', policies });
  expect(await check('abi')).toMatchObject({
    outcome: 'failed',
    summary: expect.stringMatching(
      /^libhello.so.1 removed \(now libhello.so.2\): greeter would be left broken.* policy none .*floor.policies/,
    ),
    details: ['x86_64: - libhello.so.1 (now libhello.so.2)', 'x86_64: libhello.so.1 is needed by greeter-3-r0', 'x86_64: + libhello.so.2'],
  });
  expect(await failing(PACKAGE_CHECKS)).toEqual(['abi']);
});

test('many that are rebuilt are counted in one line, and named in the details', async () => {
  const users = Array.from({ length: 7 }, (_, number) => ({ ...user, name: `greeter${number}` }));
  const finding = await (await update(renamed, [...OLD, ...users])).check('abi');
  expect(finding.summary).toBe('libhello.so.1 removed (now libhello.so.2): 7 packages will be rebuilt');
  expect(finding.details).toHaveLength(9);
});

test.each([
  ['nobody needs it', []],
  ['only packages of the same origin need it, which are built anew', [{ ...user, origin: 'hello', version: '1.0-r0' }]],
  ['only an older version of a package needs it', [user, { ...user, version: '4-r0', depends: ['so:libhello.so.2'] }]],
  ['another package keeps it', [user, { name: 'libhello1', version: '1-r0', provides: ['so:libhello.so.1=1'] }]],
])('a library name that goes passes when %s', async (_, others) => {
  const built = [...renamed, ...others.filter((item) => 'origin' in item).map((item) => ({ ...item, version: '1.1-r0' }))];
  const { check } = await update(built, [...OLD, ...others]);
  const finding = await check('abi');
  expect(finding.outcome).toBe('passed');
  expect(finding.summary).toBe('sonames removed, none of which is needed: libhello.so.1');
});
