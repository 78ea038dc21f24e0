import { elfFile } from './elf-file';
import { builtWithFiles, NEW, OLD, PACKAGE_CHECKS, update } from './scenario';
import type { FileOf } from './apk-file';

test('ordinary files pass, also a public folder with the sticky bit', async () => {
  const { check, failing } = await update(
    builtWithFiles({ 'var/spool/hello': { type: 'directory', mode: 0o1777 }, 'etc/hello.conf': 'a=1' }),
  );
  expect(await check('dangerous-files')).toMatchObject({ outcome: 'passed', details: [] });
  expect(await failing(PACKAGE_CHECKS)).toEqual([]);
});

const cases: readonly (readonly [string, string, FileOf, string])[] = [
  ['a setuid program', 'usr/bin/su', { content: 'x', mode: 0o4755 }, 'setuid root'],
  ['a setgid program', 'usr/bin/wall', { content: 'x', mode: 0o2755 }, 'setgid'],
  ['a file that everybody may write', 'usr/share/hello/state', { content: 'x', mode: 0o666 }, 'world-writable'],
  ['a folder that everybody may write', 'usr/share/hello/spool', { type: 'directory', mode: 0o777 }, 'world-writable'],
  ['a device', 'usr/share/hello/null', { type: 'character-device', mode: 0o644 }, 'device node'],
  ['file capabilities', 'usr/bin/ping', { content: 'x', mode: 0o755, xattrs: { 'security.capability': 'AQAAAg==' } }, 'file capabilities'],
  ['a home folder', 'home/build/notes', 'x', 'a package must not put files into /home'],
  ['what an administrator owns', 'usr/local/share/x', 'x', 'a package must not put files into /usr/local'],
  ['a temporary file', 'tmp/x', 'x', 'a package must not put files into /tmp'],
  ['a program outside /usr', 'etc/hello/helper', { content: elfFile({}), mode: 0o644 }, 'binary outside /usr'],
  ['an executable outside /usr', 'bin/hello2', { content: 'x', mode: 0o755 }, 'executable outside /usr'],
];

test.each(cases)('%s fails, and nothing else does', async (_, path, file, expected) => {
  const { check, failing } = await update(builtWithFiles({ [path]: file }));
  const finding = await check('dangerous-files');
  expect(finding).toMatchObject({ outcome: 'failed', details: [`x86_64: /${path}: ${expected}`] });
  expect(await failing(PACKAGE_CHECKS)).toEqual(['dangerous-files']);
});

test('what was published before was accepted then; a device never is', async () => {
  const setuid = { 'usr/bin/su': { content: 'x', mode: 0o4755 } };
  const device = { 'usr/share/hello/null': { type: 'character-device', mode: 0o644 } } as const;
  const before = OLD.map((item) => (item.name === 'hello' ? { ...item, files: { ...item.files, ...setuid, ...device } } : item));
  const accepted = await (await update(builtWithFiles(setuid), before)).check('dangerous-files');
  expect(accepted).toMatchObject({ outcome: 'passed', details: ['x86_64: /usr/bin/su: setuid root, as in the published version'] });
  expect((await (await update(builtWithFiles(device), before)).check('dangerous-files')).outcome).toBe('failed');
  expect((await (await update(NEW, before)).check('dangerous-files')).outcome).toBe('passed');
});
