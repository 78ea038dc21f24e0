import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import { readIndexArchive, writeIndexArchive, writeMember } from '../../../src/activities/apk/index-archive';
import { memberAt, readMember } from '../../../src/activities/apk/members';
import { listEntries, readApk } from '../../../src/activities/apk/read';
import { indexRecord } from '../../../src/domain/apk/index-text';
import { writeApk } from '../../../src/stage0/apk-writer';
import { makeApk, removeTemporaryFolders, temporaryFolder } from '../repository/support';

afterAll(removeTemporaryFolders);

type Item = Partial<Header> & { readonly name: string; readonly content?: string };

async function tar(items: readonly Item[], ends = true): Promise<Buffer> {
  const stream = pack();
  for (const { content = '', ...header } of items) stream.entry(header, content);
  stream.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  return ends ? whole : whole.subarray(0, -1024);
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** An apk of hand-made members. */
async function craft(
  items: readonly Item[],
  options: { readonly control?: readonly Item[]; readonly datahash?: string; readonly signature?: Buffer; readonly info?: string } = {},
): Promise<string> {
  const data = gzipSync(await tar(items));
  const info = options.info ?? `pkgname = a\npkgver = 1-r0\narch = x86_64\ndatahash = ${options.datahash ?? sha256(data)}\n`;
  const control = gzipSync(await tar([{ name: '.PKGINFO', content: info }, ...(options.control ?? [])], false));
  const file = `${temporaryFolder()}/a.apk`;
  writeFileSync(file, Buffer.concat([options.signature ?? Buffer.alloc(0), control, data]));
  return file;
}

test('reads what a package says of itself, its scripts, and its checksum', async () => {
  const file = makeApk(
    {
      name: 'lib+x',
      version: '1.2_rc1-r3',
      origin: 'x',
      description: 'a = b # c',
      depends: ['so:libc.so.6', 'zlib>=1.3'],
      provides: ['so:libx.so.1=1'],
      scripts: { '.post-install': '#!/bin/sh\ntrue\n' },
    },
    { 'usr/lib/x': 'x' },
  );
  const apk = await readApk(file);
  expect(apk.info).toMatchObject({
    name: 'lib+x',
    version: '1.2_rc1-r3',
    architecture: 'x86_64',
    origin: 'x',
    description: 'a = b # c',
    installedSize: 1,
    buildDate: 1_700_000_000,
    depends: ['so:libc.so.6', 'zlib>=1.3'],
    provides: ['so:libx.so.1=1'],
  });
  expect(apk.scriptlets).toEqual({ 'post-install': '#!/bin/sh\ntrue\n' });
  expect(apk).toMatchObject({ controlStart: 0, mtime: 1_700_000_000, size: readFileSync(file).length, signatures: {} });
  expect(apk.checksum).toBe(`Q1${createHash('sha1').update(readFileSync(file).subarray(0, apk.dataStart)).digest('base64')}`);
});

test('a signature member goes before, and changes neither the checksum nor what is read', async () => {
  const unsigned = makeApk({ name: 'x', version: '1-r0' }, { a: 'a' });
  const signed = `${temporaryFolder()}/x.apk`;
  const signature = await writeMember('.SIGN.RSA256.me.rsa.pub', Buffer.from('signature'), 0);
  writeFileSync(signed, Buffer.concat([signature, readFileSync(unsigned)]));
  const [before, after] = [await readApk(unsigned), await readApk(signed)];
  expect(after).toMatchObject({ checksum: before.checksum, info: before.info, controlStart: signature.length });
  expect(after.signatures).toEqual({ '.SIGN.RSA256.me.rsa.pub': Buffer.from('signature') });
  expect(await listEntries(signed)).toEqual(await listEntries(unsigned));
});

test('lists every kind of entry and gives the content of files, capped', async () => {
  const root = temporaryFolder();
  mkdirSync(`${root}/usr/bin`, { recursive: true });
  writeFileSync(`${root}/usr/bin/tool`, 'content', { mode: 0o755 });
  symlinkSync('tool', `${root}/usr/bin/alias`);
  linkSync(`${root}/usr/bin/tool`, `${root}/usr/bin/zz`);
  mkdirSync(`${root}/${'long/'.repeat(40)}`, { recursive: true });
  const file = `${temporaryFolder()}/x.apk`;
  writeApk(root, { name: 'x', version: '1-r0', architecture: 'x86_64', description: '', license: 'MIT' }, file, 0);
  const contents: string[] = [];
  const entries = await listEntries(file, {
    contentBytes: 4,
    onFile: (entry, content) => void contents.push(`${entry.path}: ${content.toString()}`),
  });
  expect(contents).toEqual(['usr/bin/tool: cont']);
  const found = (path: string) => entries.find((entry) => entry.path === path);
  expect(found('usr/bin')).toMatchObject({ type: 'directory' });
  expect(found('usr/bin/tool')).toMatchObject({ type: 'file', mode: 0o755, size: 7, sha256: sha256(Buffer.from('content')) });
  expect(found('usr/bin/alias')).toMatchObject({ type: 'symlink', link: 'tool' });
  expect(found('usr/bin/zz')).toMatchObject({ type: 'hardlink', link: 'usr/bin/tool', size: 0 });
  expect(found('long/'.repeat(40).slice(0, -1))).toMatchObject({ type: 'directory' });
});

test('modes, owners, devices and extended attributes are seen as they are', async () => {
  const file = await craft([
    { name: 'bin/su', content: 'x', mode: 0o4755, uid: 0, gid: 42 },
    { name: 'bin/ping', content: 'x', mode: 0o755, pax: { 'SCHILY.xattr.security.capability': 'x' } },
    { name: 'dev/sda', type: 'block-device', mode: 0o600 },
  ]);
  expect(await listEntries(file)).toMatchObject([
    { path: 'bin/su', mode: 0o4755, gid: 42, xattrs: [] },
    { path: 'bin/ping', xattrs: ['security.capability'] },
    { path: 'dev/sda', type: 'device' },
  ]);
});

test("an error of the caller's comes through as it is", async () => {
  const file = makeApk({ name: 'x', version: '1-r0' }, { a: 'a', b: 'b' });
  const error = new Error('mine');
  await expect(listEntries(file, { onFile: () => Promise.reject(error) })).rejects.toBe(error);
});

test('a missing file is a missing file, not a damaged one', async () => {
  await expect(readApk('/nowhere/x.apk')).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('refused, with the name of the file', () => {
  test.each<[string, readonly Item[], RegExp]>([
    ['a path above the root', [{ name: '../etc/passwd', content: 'x' }], /"\.\.\/etc\/passwd" is outside of the root/],
    ['a path above the root from inside', [{ name: 'usr/../../x', content: 'x' }], /outside of the root/],
    ['an absolute path', [{ name: '/etc/passwd', content: 'x' }], /outside of the root/],
    ['a hard link to outside', [{ name: 'a', type: 'link', linkname: '../../etc/shadow' }], /hard link "a" points outside/],
    [
      'a file through a symbolic link',
      [
        { name: 'lib', type: 'symlink', linkname: '/etc' },
        { name: 'lib/passwd', content: 'x' },
      ],
      /would be written through "lib"/,
    ],
    [
      'a file twice',
      [
        { name: 'a', content: 'good' },
        { name: 'a', content: 'evil' },
      ],
      /"a" stands in it twice/,
    ],
  ])('%s', async (_name, items, message) => {
    const file = await craft(items);
    const attempt = listEntries(file);
    await expect(attempt).rejects.toMatchObject({ name: 'ArchiveUnsafe', message: expect.stringMatching(message) });
    await expect(attempt).rejects.toThrow(file);
  });

  test('data that the control member does not name', async () => {
    const file = await craft([{ name: 'a', content: 'x' }], { datahash: '0'.repeat(64) });
    await expect(readApk(file)).rejects.toThrow(/datahash 0{64}, but it is/);
    await expect(listEntries(file)).rejects.toThrow(/datahash 0{64}, but it is/);
  });

  test.each<[string, string, RegExp]>([
    ['a name that is a path', 'pkgname = ../x\npkgver = 1\narch = x86_64\n', /\.PKGINFO:1:1: pkgname "\.\.\/x" is missing or malformed/],
    ['no version', 'pkgname = x\narch = x86_64\n', /pkgver "" is missing/],
    ['two names', 'pkgname = x\npkgname = y\npkgver = 1\narch = x86_64\n', /\.PKGINFO:2:1: pkgname is given twice/],
    ['a line that is none', 'pkgname = x\nhello\n', /\.PKGINFO:2:1: "hello" is not of the form/],
  ])('%s', async (_name, info, message) => {
    const file = await craft([], { info });
    await expect(readApk(file)).rejects.toMatchObject({ name: 'ArchiveUnsafe', message: expect.stringMatching(message) });
  });

  test('no .PKGINFO, a second signature, and what is no apk at all', async () => {
    const folder = temporaryFolder();
    const cases: readonly [Buffer, RegExp][] = [
      [gzipSync(await tar([{ name: 'x', content: 'x' }])), /it has no .PKGINFO/],
      [Buffer.concat(Array(2).fill(await writeMember('.SIGN.RSA256.a.rsa.pub', Buffer.from('x'), 0)) as Buffer[]), /two signature members/],
      [Buffer.from('hello, world, this is no package'), /no gzip member where one should begin/],
      [Buffer.alloc(0), /is cut off/],
    ];
    for (const [bytes, message] of cases) {
      writeFileSync(`${folder}/x.apk`, bytes);
      await expect(readApk(`${folder}/x.apk`)).rejects.toMatchObject({ name: 'ArchiveUnsafe', message: expect.stringMatching(message) });
    }
  });

  test('a control member that is a bomb', async () => {
    const file = await craft([], { control: [{ name: '.melange.yaml', content: 'x'.repeat(17 * 1024 * 1024) }] });
    await expect(readApk(file)).rejects.toThrow(/unpacks to more than 16777216 bytes/);
  });

  test('any apk that is cut off or has a byte changed', async () => {
    const whole = readFileSync(makeApk({ name: 'x', version: '1-r0' }, { a: 'some content', 'b/c': 'and more of it' }));
    const file = `${temporaryFolder()}/x.apk`;
    const refused = async (bytes: Buffer) => {
      writeFileSync(file, bytes);
      await expect(listEntries(file)).rejects.toMatchObject({ name: 'ArchiveUnsafe' });
      await expect(readApk(file)).rejects.toMatchObject({ name: 'ArchiveUnsafe' });
    };
    const control = (await readApk((writeFileSync(file, whole), file))).dataStart;
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        await refused(whole.subarray(0, at));
        // The header of the control member (time, operating system, flags of the name) says nothing that is read.
        if (at < 10) return;
        const changed = Buffer.from(whole);
        changed[at] = changed[at]! ^ flip;
        await refused(changed);
      }),
      {
        numRuns: 40,
        examples: [
          [control, 1],
          [control - 1, 1],
          [whole.length - 1, 1],
        ],
      },
    );
  });
});

test('members are split where they end, whatever is in them and before and after', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 3000 }),
      fc.uint8Array({ maxLength: 3000 }),
      fc.constantFrom(0, 1, 9),
      (first, second, level) => {
        // Stored members contain the magic bytes of a member literally.
        const members = [Buffer.concat([gzipSync('inner'), first]), Buffer.from(second)].map((content) =>
          gzipSync(content, { level: level }),
        );
        const file = Buffer.concat(members);
        const one = memberAt(file, 0, 1 << 20);
        expect(one.compressed).toEqual(members[0]);
        expect(memberAt(file, one.compressed.length, 1 << 20)).toMatchObject({ compressed: members[1], content: Buffer.from(second) });
      },
    ),
  );
});

test('a member of any size is read from a file, also one that ends where a read ends', async () => {
  const file = `${temporaryFolder()}/members`;
  for (let bytes = 65_490; bytes < 65_540; bytes += 1) {
    const member = gzipSync(Buffer.alloc(bytes, 'x'), { level: 0 });
    writeFileSync(file, Buffer.concat([member, gzipSync('more')]));
    const handle = await open(file);
    const { compressed } = await readMember(handle, 0, 1 << 20).finally(() => handle.close());
    expect(compressed.equals(member)).toBe(true);
  }
});

describe('index archive', () => {
  test('is the same bytes for the same records in any order, and reads back', async () => {
    const records = [];
    for (const name of ['a', 'b', 'c']) {
      const apk = await readApk(makeApk({ name, version: '1-r0', depends: ['so:libc.so.6'] }));
      records.push(indexRecord(apk.info, apk.checksum, apk.size));
    }
    const bytes = await writeIndexArchive(records, 'a test');
    expect(await writeIndexArchive([...records].reverse(), 'a test')).toEqual(bytes);
    expect(await readIndexArchive(bytes, 'index')).toEqual({ records, signatures: {}, unsigned: bytes });
  });

  test('names its file when it is damaged, and takes nothing behind its end', async () => {
    const bytes = await writeIndexArchive([], '');
    await expect(readIndexArchive(bytes.subarray(0, 40), 'some/index')).rejects.toThrow(/^some\/index: .*cut off/);
    await expect(readIndexArchive(Buffer.concat([bytes, bytes]), 'some/index')).rejects.toThrow(/something follows/);
  });
});
