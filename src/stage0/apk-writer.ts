import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { PackageInfo } from '../domain/apk/apk';
import { printPackageInfo } from '../domain/apk/package-info';

/** What `.PKGINFO` says of a package that is not known from its files. `origin` is the name unless given. */
export interface ApkMetadata
  extends
    Pick<PackageInfo, 'name' | 'version' | 'architecture' | 'description' | 'license'>,
    Partial<Pick<PackageInfo, 'origin' | 'url' | 'commit' | 'depends' | 'provides' | 'replaces'>> {
  /** Install scripts by their name in the control member, such as `.post-install`. */
  readonly scripts?: Readonly<Record<string, string>>;
}

const BLOCK = 512;
const NAME_BYTES = 100;

/**
 * Writes a directory as an unsigned apk (apk-tools v2: a gzip member for control, one for data) and returns its sizes in bytes.
 * Every file belongs to root and has `mtime` (seconds), so equal directories give equal apks. Sign it with `melange sign`.
 */
export function writeApk(
  root: string,
  metadata: ApkMetadata,
  file: string,
  mtime: number,
): { readonly installed: number; readonly bytes: number } {
  const { blocks, installed } = tarDirectory(root, mtime);
  const data = gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
  const controlFiles = {
    '.PKGINFO': packageInfo(metadata, { installed, buildDate: mtime, datahash: createHash('sha256').update(data).digest('hex') }),
    ...metadata.scripts,
  };
  const control = Object.entries(controlFiles).flatMap(([name, text]) => {
    const content = Buffer.from(text);
    return tarEntry(name, { type: '0', mode: name === '.PKGINFO' ? 0o644 : 0o755, mtime }, content);
  });
  // The control member has no end-of-archive blocks: apk reads both members as one tar stream.
  const apk = Buffer.concat([gzipSync(Buffer.concat(control), { level: 9 }), data]);
  writeFileSync(file, apk);
  return { installed, bytes: apk.length };
}

function packageInfo(
  metadata: ApkMetadata,
  known: { readonly installed: number; readonly buildDate: number; readonly datahash: string },
): string {
  return printPackageInfo({
    origin: metadata.name,
    url: '',
    commit: '',
    depends: [],
    provides: [],
    replaces: [],
    ...metadata,
    installedSize: known.installed,
    buildDate: known.buildDate,
    datahash: known.datahash,
  });
}

function tarDirectory(root: string, mtime: number): { readonly blocks: Buffer[]; readonly installed: number } {
  const blocks: Buffer[] = [];
  const firstPathOfInode = new Map<number, string>();
  let installed = 0;
  const visit = (directory: string): void => {
    for (const name of readdirSync(join(root, directory)).sort()) {
      const path = directory ? `${directory}/${name}` : name;
      const status = lstatSync(join(root, path));
      const mode = status.mode & 0o7777;
      if (status.isDirectory()) {
        blocks.push(...tarEntry(path, { type: '5', mode, mtime }));
        visit(path);
        continue;
      }
      if (status.isSymbolicLink()) {
        const link = readlinkSync(join(root, path));
        blocks.push(...tarEntry(path, { type: '2', mode: 0o777, mtime, link, sha1: sha1(link) }));
        continue;
      }
      if (!status.isFile()) throw new Error(`${join(root, path)}: only files, directories and links go into an apk; remove it`);
      const content = readFileSync(join(root, path));
      const first = status.nlink > 1 ? firstPathOfInode.get(status.ino) : undefined;
      if (first !== undefined) {
        blocks.push(...tarEntry(path, { type: '1', mode, mtime, link: first, sha1: sha1(content) }));
        continue;
      }
      firstPathOfInode.set(status.ino, path);
      installed += content.length;
      blocks.push(...tarEntry(path, { type: '0', mode, mtime, sha1: sha1(content) }, content));
    }
  };
  visit('');
  return { blocks, installed };
}

interface TarHeader {
  readonly type: '0' | '1' | '2' | '5' | 'x';
  readonly mode: number;
  readonly mtime: number;
  readonly link?: string;
  /** Hex SHA-1 of the content (of a link: of its target), which apk stores and audits installed files by. */
  readonly sha1?: string;
}

function tarEntry(name: string, header: TarHeader, content?: Buffer): Buffer[] {
  const records: Record<string, string> = {};
  if (Buffer.byteLength(name) > NAME_BYTES) records.path = name;
  if (header.link !== undefined && Buffer.byteLength(header.link) > NAME_BYTES) records.linkpath = header.link;
  if (header.sha1 !== undefined) records['APK-TOOLS.checksum.SHA1'] = header.sha1;
  const extended = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  return [
    ...(extended.length > 0
      ? [
          ustarHeader('PaxHeaders.0/x', { type: 'x', mode: 0o644, mtime: header.mtime }, extended.length),
          extended,
          padding(extended.length),
        ]
      : []),
    ustarHeader(name, header, content?.length ?? 0),
    ...(content ? [content, padding(content.length)] : []),
  ];
}

function ustarHeader(name: string, header: TarHeader, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(octal(header.mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(header.mtime, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(header.type, 156);
  block.write('ustar\x0000', 257);
  block.write('root', 265);
  block.write('root', 297);
  block.write(octal(0, 8), 329);
  block.write(octal(0, 8), 337);
  // Bytes, not characters: a longer name is in the PAX header, and what stands here is only a hint to old readers.
  Buffer.from(name).copy(block, 0, 0, NAME_BYTES);
  Buffer.from(header.link ?? '').copy(block, 157, 0, NAME_BYTES);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function padding(length: number): Buffer {
  return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}

function sha1(content: Buffer | string): string {
  return createHash('sha1').update(content).digest('hex');
}
