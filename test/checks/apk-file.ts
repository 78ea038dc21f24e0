import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Pack } from 'tar-stream';

type Header = Parameters<Pack['entry']>[0];

/** A file of a package; text alone is a regular file of mode 0644. */
export type FileOf =
  | string
  | Buffer
  | {
      readonly content?: string | Buffer;
      readonly mode?: number;
      readonly link?: string;
      readonly type?: 'directory' | 'character-device';
      readonly xattrs?: Readonly<Record<string, string>>;
    };

export interface PackageOf {
  readonly name: string;
  readonly version: string;
  readonly origin?: string;
  readonly architecture?: string;
  readonly license?: string;
  readonly depends?: readonly string[];
  readonly provides?: readonly string[];
  readonly files?: Readonly<Record<string, FileOf>>;
  /** By name without the dot. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** `false` leaves the SBOM out; text replaces it. */
  readonly sbom?: false | string;
}

/** The SPDX document that melange would write. */
export function sbomOf(name: string, version: string): Record<string, unknown> {
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `apk-${name}-${version}`,
    documentNamespace: `https://spdx.org/spdxdocs/${name}-${version}`,
    creationInfo: { created: '2026-01-01T00:00:00Z', creators: ['Tool: a test'] },
    packages: [{ SPDXID: `SPDXRef-Package-${name}`, name, versionInfo: version, downloadLocation: 'NOASSERTION' }],
    relationships: [{ spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: `SPDXRef-Package-${name}` }],
  };
}

async function tar(entries: readonly { readonly header: Header; readonly content?: Buffer }[]): Promise<Buffer> {
  const stream = pack();
  for (const { header, content } of entries) stream.entry(header, content ?? Buffer.alloc(0));
  stream.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function entryOf(name: string, file: FileOf): { readonly header: Header; readonly content?: Buffer } {
  const given = typeof file === 'string' || Buffer.isBuffer(file) ? { content: file } : file;
  const content = Buffer.from(given.content ?? '');
  const type = given.link === undefined ? (given.type ?? 'file') : 'symlink';
  const hashed = type === 'file' ? content : given.link;
  const pax = {
    ...(hashed === undefined ? {} : { 'APK-TOOLS.checksum.SHA1': createHash('sha1').update(hashed).digest('hex') }),
    ...Object.fromEntries(Object.entries(given.xattrs ?? {}).map(([key, value]) => [`SCHILY.xattr.${key}`, value])),
  };
  const header: Header = {
    name,
    type,
    mode: given.mode ?? (type === 'directory' ? 0o755 : 0o644),
    size: type === 'file' ? content.length : 0,
    mtime: new Date(0),
    ...(given.link === undefined ? {} : { linkname: given.link }),
    ...(Object.keys(pax).length > 0 ? { pax } : {}),
  };
  return type === 'file' ? { header, content } : { header };
}

/** Writes an apk of any content: also of what the product's own writer refuses to pack. */
export async function writePackage(file: string, parts: PackageOf): Promise<void> {
  const { name, version, sbom } = parts;
  const files: Record<string, FileOf> = { ...parts.files };
  if (sbom !== false) files[`var/lib/db/sbom/${name}-${version}.spdx.json`] = sbom ?? JSON.stringify(sbomOf(name, version));
  const paths = [
    ...new Set(Object.keys(files).flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/')))),
  ].sort();
  const data = gzipSync(await tar(paths.map((path) => entryOf(path, files[path] ?? { type: 'directory' }))));
  const info = [
    `pkgname = ${name}`,
    `pkgver = ${version}`,
    `arch = ${parts.architecture ?? 'x86_64'}`,
    'size = 1',
    `origin = ${parts.origin ?? name}`,
    'pkgdesc = a package of a test',
    'url = https://example.org',
    'commit = 0',
    'builddate = 0',
    `license = ${parts.license ?? 'MIT'}`,
    ...(parts.depends ?? []).map((item) => `depend = ${item}`),
    ...(parts.provides ?? []).map((item) => `provides = ${item}`),
    `datahash = ${createHash('sha256').update(data).digest('hex')}`,
    '',
  ].join('\n');
  const scripts = Object.entries(parts.scripts ?? {}).map(([script, text]) => entryOf(`.${script}`, { content: text, mode: 0o755 }));
  const [upstream = version, epoch = '0'] = version.split('-r');
  const spec = JSON.stringify({ package: { name, version: upstream, epoch: Number(epoch) } });
  const control = await tar([entryOf('.PKGINFO', info), entryOf('.melange.yaml', spec), ...scripts]);
  writeFileSync(file, Buffer.concat([gzipSync(control.subarray(0, control.length - 1024)), data]));
}
