import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { IndexRecord } from '../../domain/apk/apk';
import { parseIndex, printIndex } from '../../domain/apk/index-text';
import { formatProblem } from '../../domain/result';
import { MemberBroken, memberAt } from './members';
import { readSmallTar } from './read';

/** `APKINDEX.tar.gz`, taken apart. */
export interface IndexArchive {
  readonly records: readonly IndexRecord[];
  /** Signatures by their name in the signature member; empty when unsigned. */
  readonly signatures: Readonly<Record<string, Buffer>>;
  /** What a signature is over: the archive without its signature member. */
  readonly unsigned: Buffer;
}

/** As much as apko reads. */
const INDEX_BYTES = 300 * 1024 * 1024;
const END_OF_ARCHIVE = 1024;

/** The unsigned `APKINDEX.tar.gz` of the records: equal records give equal bytes. `description` names the repository to its readers. */
export async function writeIndexArchive(records: readonly IndexRecord[], description: string): Promise<Buffer> {
  return gzipSync(
    await tarOf([
      { name: 'DESCRIPTION', content: Buffer.from(description), mtime: 0 },
      { name: 'APKINDEX', content: Buffer.from(printIndex(records)), mtime: 0 },
    ]),
  );
}

/** A gzip member that other members of one tar stream can follow: a tar without its end-of-archive blocks. `mtime` in seconds. */
export async function writeMember(name: string, content: Buffer, mtime: number): Promise<Buffer> {
  const whole = await tarOf([{ name, content, mtime }]);
  return gzipSync(whole.subarray(0, whole.length - END_OF_ARCHIVE));
}

async function tarOf(files: readonly { readonly name: string; readonly content: Buffer; readonly mtime: number }[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content, mtime } of files)
    tar.entry(
      { name, mode: 0o644, uid: 0, gid: 0, uname: 'root', gname: 'root', mtime: new Date(mtime * 1000), size: content.length },
      content,
    );
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Reads `APKINDEX.tar.gz`; `file` is for the message. The signature is not verified. Throws `MemberBroken` when it is damaged. */
export async function readIndexArchive(bytes: Buffer, file: string): Promise<IndexArchive> {
  try {
    const first = memberAt(bytes, 0, INDEX_BYTES);
    const files = await readSmallTar(first.content);
    const signed = files[0]?.name.startsWith('.SIGN.') ?? false;
    const start = signed ? first.compressed.length : 0;
    const member = signed ? memberAt(bytes, start, INDEX_BYTES) : first;
    if (start + member.compressed.length !== bytes.length) throw new MemberBroken('something follows the index');
    const index = (signed ? await readSmallTar(member.content) : files).find((item) => item.name === 'APKINDEX');
    if (!index) throw new MemberBroken('it has no file APKINDEX');
    const records = parseIndex(index.content.toString('utf8'));
    if (!records.ok) throw new MemberBroken(formatProblem(records.error));
    return {
      records: records.value,
      signatures: signed ? Object.fromEntries(files.map(({ name, content }) => [name, content])) : {},
      unsigned: bytes.subarray(start),
    };
  } catch (error) {
    throw new MemberBroken(`${file}: ${(error as Error).message}`);
  }
}
