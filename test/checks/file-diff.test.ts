import { builtWith, builtWithFiles, NEW, OLD, PACKAGE_CHECKS, scenario, update } from './scenario';

test('a first release has nothing to compare with', async () => {
  const { check } = await scenario({ built: NEW });
  expect(await check('file-diff')).toMatchObject({ outcome: 'passed', summary: 'first release: nothing to compare' });
});

test('an update passes and tells what changed', async () => {
  const { check, failing } = await update(builtWithFiles({ 'usr/share/hello/more': 'new' }));
  const finding = await check('file-diff');
  expect(finding).toMatchObject({ outcome: 'passed', summary: 'files: 2 added, 1 removed, 2 changed' });
  expect(finding.details).toEqual(
    expect.arrayContaining([
      'x86_64: hello: + /usr/share/hello/more',
      'x86_64: hello: provides: - cmd:hello=1.0-r0',
      'x86_64: hello: provides: + cmd:hello=1.1-r0',
      'x86_64: hello: 1 file changed',
      'x86_64: libhello: 1 file changed',
      'x86_64: libhello: - /usr/lib/libhello.so.1.0',
      'x86_64: libhello: + /usr/lib/libhello.so.1.1',
    ]),
  );
  expect(await failing(PACKAGE_CHECKS)).toEqual([]);
});

test('a package that is not built any more fails', async () => {
  const published = [...OLD, { name: 'hello-doc', origin: 'hello', version: '1.0-r0', files: { 'usr/share/doc/hello': 'x' } }];
  const { check, failing } = await update(NEW, published);
  expect(await check('file-diff')).toMatchObject({ outcome: 'failed', summary: 'package hello-doc is not built any more' });
  expect(await failing(PACKAGE_CHECKS)).toEqual(['file-diff']);
});

test('a package that is empty now fails', async () => {
  const { check, failing } = await update(builtWith('libhello', (item) => ({ ...item, files: {} })));
  expect(await check('file-diff')).toMatchObject({ outcome: 'failed', summary: 'libhello is empty now: it had 2 files' });
  expect(await failing(PACKAGE_CHECKS)).toEqual(['file-diff']);
});

test('a main package that lost most of its files fails; files that are only renamed are not lost', async () => {
  const many = (suffix: string) => Object.fromEntries([1, 2, 3, 4, 5].map((number) => [`usr/share/hello/${number}${suffix}`, 'x']));
  const published = OLD.map((item) => (item.name === 'hello' ? { ...item, files: { ...item.files, ...many('-1.0') } } : item));
  const { check, failing } = await update(NEW, published);
  expect(await check('file-diff')).toMatchObject({ outcome: 'failed', summary: 'hello lost more than half of its files: 7 before, 2 now' });
  expect(await failing(PACKAGE_CHECKS)).toEqual(['file-diff']);
  expect((await (await update(builtWithFiles(many('-1.1')), published)).check('file-diff')).outcome).toBe('passed');
});

test('a command that is gone fails; one that moves to another package does not', async () => {
  const without = builtWith('hello', ({ provides: _, ...item }) => item);
  const { check, failing } = await update(without);
  expect(await check('file-diff')).toMatchObject({ outcome: 'failed', summary: 'command hello is gone' });
  expect(await failing(PACKAGE_CHECKS)).toEqual(['file-diff']);
  const moved = without.map((item) =>
    item.name === 'libhello' ? { ...item, provides: [...(item.provides ?? []), 'cmd:hello=1.1-r0'] } : item,
  );
  expect((await (await update(moved)).check('file-diff')).outcome).toBe('passed');
});

test('each architecture is compared with its own, and named', async () => {
  const { check } = await scenario({
    built: builtWith('libhello', (item) => ({ ...item, files: {} })),
    published: OLD,
    previous: '1.0-r0',
    architectures: ['x86_64', 'aarch64'],
  });
  const { summary, details } = await check('file-diff');
  expect(summary).toBe('libhello is empty now: it had 2 files');
  expect(details).toEqual(
    expect.arrayContaining(['x86_64: libhello is empty now: it had 2 files', 'aarch64: libhello is empty now: it had 2 files']),
  );
});
