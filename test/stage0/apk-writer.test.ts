import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { writeApk, type ApkMetadata } from '../../src/stage0/apk-writer';

const MTIME = 1_700_000_000;
const metadata: ApkMetadata = {
  name: 'thing',
  version: '1.2-r3',
  architecture: 'x86_64',
  description: 'A thing',
  license: 'MIT',
  depends: ['so:libc.so.6', 'busybox'],
  provides: ['cmd:thing=1.2-r3'],
};

function tree(): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-apk-'));
  const deep = join(root, 'usr/share', 'a-folder-with-a-long-name-'.repeat(5));
  mkdirSync(deep, { recursive: true });
  mkdirSync(join(root, 'usr/bin'));
  writeFileSync(join(root, 'usr/bin/thing'), '#!/bin/sh\n');
  chmodSync(join(root, 'usr/bin/thing'), 0o4755);
  linkSync(join(root, 'usr/bin/thing'), join(root, 'usr/bin/twin'));
  symlinkSync('thing', join(root, 'usr/bin/alias'));
  writeFileSync(join(deep, 'größe'), 'ü'.repeat(300));
  writeFileSync(join(root, 'usr/empty'), '');
  return root;
}

function write(root: string, given: ApkMetadata = metadata): string {
  const file = join(mkdtempSync(join(tmpdir(), 'millrace-apk-')), 'thing.apk');
  writeApk(root, given, file, MTIME);
  return file;
}

/** The control member of an apk and what follows it; gunzip reads both, so the border is found by the length of the first when packed again. */
function members(apk: Buffer): { readonly control: string; readonly data: Buffer } {
  const border = apk.indexOf(Buffer.from([0x1f, 0x8b, 0x08]), 10);
  return { control: gunzipSync(apk.subarray(0, border)).toString('latin1'), data: apk.subarray(border) };
}

it('writes what GNU tar unpacks: modes, links, long and non-ASCII names', () => {
  const root = tree();
  const listing = execFileSync('tar', ['-tvzf', write(root), '--ignore-zeros', '--warning=no-unknown-keyword', '--quoting-style=literal'], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
  expect(listing).toContain('-rwsr-xr-x root/root');
  expect(listing).toMatch(/h.* usr\/bin\/twin link to usr\/bin\/thing/);
  expect(listing).toMatch(/l.* usr\/bin\/alias -> thing/);
  const out = mkdtempSync(join(tmpdir(), 'millrace-apk-'));
  execFileSync('tar', [
    '-xzf',
    write(root),
    '--ignore-zeros',
    '--warning=no-unknown-keyword',
    '-C',
    out,
    '--exclude=.PKGINFO',
    '--no-same-owner',
  ]);
  execFileSync('diff', ['-r', root, out]);
});

it('says in .PKGINFO what the package is and what its data hashes to', () => {
  const { control, data } = members(readFileSync(write(tree())));
  const lines = control.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'pkgver = 1.2-r3',
      'size = 610',
      'origin = thing',
      'depend = so:libc.so.6',
      'depend = busybox',
      'provides = cmd:thing=1.2-r3',
      `builddate = ${MTIME}`,
      `datahash = ${createHash('sha256').update(data).digest('hex')}`,
    ]),
  );
});

it('gives every file the SHA-1 that apk audits it by, and a link that of its target', () => {
  const { data } = members(readFileSync(write(tree())));
  const tar = gunzipSync(data).toString('latin1');
  for (const content of ['#!/bin/sh\n', 'thing', '', 'ü'.repeat(300)]) {
    expect(tar).toContain(`APK-TOOLS.checksum.SHA1=${createHash('sha1').update(content).digest('hex')}\n`);
  }
});

it('carries install scripts in the control member', () => {
  const listing = execFileSync(
    'tar',
    ['-tzf', write(tree(), { ...metadata, scripts: { '.post-install': '#!/bin/sh\n' } }), '--ignore-zeros', '--warning=no-unknown-keyword'],
    { encoding: 'utf8' },
  );
  expect(listing.split('\n').slice(0, 2)).toEqual(['.PKGINFO', '.post-install']);
});

it('gives the same bytes for the same files, whatever their dates', () => {
  const root = tree();
  const first = readFileSync(write(root));
  utimesSync(join(root, 'usr/bin/thing'), 1, 1);
  expect(readFileSync(write(root)).equals(first)).toBe(true);
});

it('refuses what does not belong into a package', () => {
  const root = tree();
  execFileSync('mkfifo', [join(root, 'usr/pipe')]);
  expect(() => write(root)).toThrow(/usr\/pipe: only files, directories and links go into an apk/);
});
