import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Header } from 'tar-stream';
import type { ApkEntry, PackageInfo } from '../../domain/apk/apk';
import { parsePackageInfo } from '../../domain/apk/package-info';
import { formatProblem } from '../../domain/result';
import { MemberBroken, readMember } from './members';
import type { GzipMember } from './members';

/** An apk that is malformed, lies about its content, or would unpack where it should not. Named as the sources' unsafe archives are, so that it is not retried. */
export class ApkRefused extends Error {
  constructor(file: string, what: string) {
    super(`${file}: ${what}; build the package again, and do not install this file`);
    this.name = 'ArchiveUnsafe';
  }
}

/** What the control member of an apk says, and where its members lie. */
export interface Apk {
  readonly file: string;
  readonly info: PackageInfo;
  /** `Q1` and the base64 SHA-1 of the compressed control member. */
  readonly checksum: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Signatures by their name in the signature member, such as `.SIGN.RSA256.factory.rsa.pub`; empty when unsigned. */
  readonly signatures: Readonly<Record<string, Buffer>>;
  /** The compressed control member: what a signature is over. */
  readonly control: Buffer;
  /** Bytes before the control member: of the signature. */
  readonly controlStart: number;
  readonly dataStart: number;
  /** Modification time of `.PKGINFO` in seconds. */
  readonly mtime: number;
  /** Install scripts by name without the dot: `pre-install`, `post-install`, `trigger` … */
  readonly scriptlets: Readonly<Record<string, string>>;
  /** The resolved spec that melange puts in. */
  readonly melangeSpec?: string;
}

export interface ListOptions {
  /** Called with each regular file and its content, of which at most `contentBytes` are given; `entry.size` is the whole. */
  readonly onFile?: (entry: ApkEntry, content: Buffer) => void | Promise<void>;
  /** 64 MiB unless given. */
  readonly contentBytes?: number;
}

const CONTROL_BYTES = 16 * 1024 * 1024;
const CONTENT_BYTES = 64 * 1024 * 1024;
/** No package of a distribution comes near these; a bomb does. */
const UNPACKED_BYTES = 32 * 1024 ** 3;
const ENTRIES = 1_000_000;

const SIGNATURE = '.SIGN.';
const NOT_SCRIPTS = ['.PKGINFO', '.melange.yaml', '.INSTALL'];

/** Reads the control member and checks that the data member is the one it names (`datahash`). Throws `ApkRefused`. */
export async function readApk(file: string): Promise<Apk> {
  const apk = await readControl(file);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { start: apk.dataStart })) hash.update(chunk as Buffer);
  checkDatahash(apk, hash.digest('hex'));
  return apk;
}

/** Lists the data member in its order and checks it: `datahash`, paths that stay inside, nothing twice, no bomb. Throws `ApkRefused`, and what `onFile` throws. */
export async function listEntries(file: string, options: ListOptions = {}): Promise<readonly ApkEntry[]> {
  const apk = await readControl(file);
  const hash = createHash('sha256');
  const entries: ApkEntry[] = [];
  const guard = createGuard(file);
  const tar = extract();
  const stop = new AbortController();
  let failure: { readonly error: unknown; readonly own: boolean } | undefined;

  const reading = (async () => {
    for await (const item of tar) {
      guard(item.header);
      const { content, sha256 } = await readContent(item, options.contentBytes ?? CONTENT_BYTES);
      const entry = toEntry(item.header, sha256);
      entries.push(entry);
      if (entry.type !== 'file' || !options.onFile) continue;
      try {
        await options.onFile(entry, content);
      } catch (error) {
        failure ??= { error, own: true };
        throw error;
      }
    }
  })().catch((error: unknown) => {
    failure ??= { error, own: false };
    stop.abort();
  });
  try {
    await pipeline(createReadStream(file, { start: apk.dataStart }), tap(hash), createGunzip(), bounded(file), tar, {
      signal: stop.signal,
    });
  } catch (error) {
    failure ??= { error, own: false };
    tar.destroy();
  }
  await reading;
  if (failure) throw failure.own || isSystemError(failure.error) ? failure.error : refused(file, 'its data member', failure.error);
  checkDatahash(apk, hash.digest('hex'));
  return entries;
}

async function readControl(file: string): Promise<Apk> {
  const handle = await open(file, 'r');
  try {
    return await readControlOf(handle, file);
  } catch (error) {
    throw isSystemError(error) ? error : refused(file, 'its control member', error);
  } finally {
    await handle.close();
  }
}

async function readControlOf(handle: FileHandle, file: string): Promise<Apk> {
  const { size } = await handle.stat();
  const signatures: Record<string, Buffer> = {};
  let start = 0;
  for (;;) {
    const member = await readMember(handle, start, CONTROL_BYTES);
    const files = await readSmallTar(member.content);
    const end = start + member.compressed.length;
    if (files[0]?.name.startsWith(SIGNATURE)) {
      if (start > 0) throw new MemberBroken('there are two signature members');
      for (const { name, content } of files) signatures[name] = content;
      start = end;
      continue;
    }
    return { file, size, signatures, controlStart: start, dataStart: end, ...readControlFiles(member, files) };
  }
}

function readControlFiles(
  member: GzipMember,
  files: readonly SmallFile[],
): Pick<Apk, 'info' | 'checksum' | 'control' | 'mtime' | 'scriptlets' | 'melangeSpec'> {
  const named = (name: string) => files.find((item) => item.name === name);
  const written = named('.PKGINFO');
  if (!written) throw new MemberBroken('it has no .PKGINFO');
  const info = parsePackageInfo(written.content.toString('utf8'));
  if (!info.ok) throw new MemberBroken(formatProblem(info.error));
  if (new Set(files.map((item) => item.name)).size !== files.length) throw new MemberBroken('a file stands in it twice');
  const scripts = files.filter((item) => item.name.startsWith('.') && !NOT_SCRIPTS.includes(item.name));
  const spec = named('.melange.yaml');
  return {
    info: info.value,
    checksum: `Q1${createHash('sha1').update(member.compressed).digest('base64')}`,
    control: member.compressed,
    mtime: written.mtime,
    scriptlets: Object.fromEntries(scripts.map((item) => [item.name.slice(1), item.content.toString('utf8')])),
    ...(spec ? { melangeSpec: spec.content.toString('utf8') } : {}),
  };
}

/** A file of a tar that fits into memory; directories and links are left out. */
export interface SmallFile {
  readonly name: string;
  readonly content: Buffer;
  /** Seconds. */
  readonly mtime: number;
}

/** Reads an unpacked tar, with or without its end-of-archive blocks. Rejects when it is damaged. */
export async function readSmallTar(bytes: Buffer): Promise<readonly SmallFile[]> {
  const files: SmallFile[] = [];
  const tar = extract();
  const reading = (async () => {
    for await (const item of tar) {
      const { content } = await readContent(item, bytes.length);
      if (item.header.type === 'file')
        files.push({ name: item.header.name, content, mtime: Math.floor(item.header.mtime.getTime() / 1000) });
    }
  })();
  tar.end(bytes);
  await reading;
  return files;
}

async function readContent(item: AsyncIterable<unknown>, limit: number): Promise<{ readonly content: Buffer; readonly sha256: string }> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const part of item) {
    const chunk = part as Buffer;
    hash.update(chunk);
    if (bytes < limit) kept.push(chunk.subarray(0, limit - bytes));
    bytes += chunk.length;
  }
  return { content: Buffer.concat(kept), sha256: hash.digest('hex') };
}

/** Refuses what an installer would write outside of its root, or over what it has just written. */
function createGuard(file: string): (header: Header) => void {
  const seen = new Map<string, Header['type']>();
  return (header) => {
    const shown = JSON.stringify(header.name.slice(0, 200));
    const path = toPath(header.name);
    if (!staysInside(path)) throw new ApkRefused(file, `the entry ${shown} is outside of the root`);
    if (header.type === 'link' && !staysInside(toPath(header.linkname)))
      throw new ApkRefused(file, `the hard link ${shown} points outside of the root`);
    if (seen.has(path) && header.type !== 'directory') throw new ApkRefused(file, `the entry ${shown} stands in it twice`);
    const parents = path
      .split('/')
      .slice(0, -1)
      .map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    const through = parents.find((parent) => (seen.get(parent) ?? 'directory') !== 'directory');
    if (through !== undefined)
      throw new ApkRefused(file, `the entry ${shown} would be written through ${JSON.stringify(through)}, which is no directory`);
    seen.set(path, header.type);
    if (seen.size > ENTRIES) throw new ApkRefused(file, `it has more than ${ENTRIES} entries`);
  };
}

const toPath = (name: string) => name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');

function staysInside(path: string): boolean {
  return !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

const TYPES: Readonly<Record<string, ApkEntry['type']>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'hardlink',
};
const XATTR = 'SCHILY.xattr.';

function toEntry(header: Header, sha256: string): ApkEntry {
  const type = TYPES[header.type] ?? 'device';
  return {
    path: toPath(header.name),
    type,
    mode: header.mode & 0o7777,
    uid: header.uid,
    gid: header.gid,
    size: type === 'file' ? header.size : 0,
    ...(type === 'file' ? { sha256 } : {}),
    ...(header.linkname ? { link: header.linkname } : {}),
    xattrs: Object.keys(header.pax ?? {})
      .filter((key) => key.startsWith(XATTR))
      .map((key) => key.slice(XATTR.length)),
  };
}

function tap(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

function bounded(file: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > UNPACKED_BYTES) return done(new ApkRefused(file, `it unpacks to more than ${UNPACKED_BYTES} bytes`));
      done(null, chunk);
    },
  });
}

function checkDatahash(apk: Apk, actual: string): void {
  if (apk.info.datahash !== actual)
    throw new ApkRefused(
      apk.file,
      `its data member is not the one that its .PKGINFO names (datahash ${apk.info.datahash || 'missing'}, but it is ${actual})`,
    );
}

function refused(file: string, part: string, error: unknown): ApkRefused {
  return error instanceof ApkRefused ? error : new ApkRefused(file, `${part} is damaged: ${(error as Error).message}`);
}

function isSystemError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.syscall !== undefined;
}
