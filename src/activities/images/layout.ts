import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { z } from 'zod';
import { OCI } from '../registry/registry';

/** An OCI image layout that is not what its digests say, or has not the form that the specification 1.1 gives it. */
export class LayoutBroken extends Error {
  constructor(what: string) {
    super(`${what}; build the image again`);
    this.name = 'LayoutBroken';
  }
}

/** One blob of a layout: its file is the content that the digest names. */
export interface LayoutBlob {
  readonly digest: string;
  readonly file: string;
}

/** A platform of an image. */
export interface LayoutImage {
  /** As OCI says it: `amd64`, `arm64`. */
  readonly platform: string;
  readonly manifest: LayoutBlob & { readonly mediaType: string };
  readonly config: LayoutBlob;
  readonly layers: readonly LayoutBlob[];
}

export interface Layout {
  /** Of the image index: `index.json`, byte for byte. */
  readonly digest: string;
  readonly index: Buffer;
  readonly images: readonly LayoutImage[];
}

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const INDEX = z.object({
  mediaType: z.literal(OCI.index),
  manifests: z
    .array(z.object({ mediaType: z.literal(OCI.manifest), digest, platform: z.object({ architecture: z.string().regex(/^[a-z0-9]+$/) }) }))
    .min(1),
});
const MANIFEST = z.object({ config: z.object({ digest }), layers: z.array(z.object({ digest })).min(1) });

/** Reads an unpacked layout, every blob checked against its digest. Throws `LayoutBroken`. */
export async function readLayout(folder: string): Promise<Layout> {
  const blob = async (name: string): Promise<LayoutBlob> => {
    const file = join(folder, 'blobs/sha256', name.slice('sha256:'.length));
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash).catch(() => {
      throw new LayoutBroken(`blob ${name} is not in the layout`);
    });
    if (`sha256:${hash.digest('hex')}` !== name) throw new LayoutBroken(`blob ${name} has another content`);
    return { digest: name, file };
  };
  const index = await readFile(join(folder, 'index.json'));
  const images = parse(INDEX, index, 'index.json').manifests.map(async (entry): Promise<LayoutImage> => {
    const manifest = await blob(entry.digest);
    const { config, layers } = parse(MANIFEST, await readFile(manifest.file), `manifest ${entry.digest}`);
    return {
      platform: entry.platform.architecture,
      manifest: { ...manifest, mediaType: entry.mediaType },
      config: await blob(config.digest),
      layers: await Promise.all(layers.map((layer) => blob(layer.digest))),
    };
  });
  return { digest: digestOf(index), index, images: await Promise.all(images) };
}

function parse<T extends z.ZodType>(schema: T, bytes: Buffer, what: string): z.output<T> {
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new LayoutBroken(`${what} is not JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new LayoutBroken(`${what}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Packs a layout into one tar: names sorted, no times and owners, so equal layouts give equal bytes. */
export async function packLayout(folder: string, file: string): Promise<void> {
  const tar = pack();
  const writing = pipeline(tar, createWriteStream(file, { flags: 'wx' }));
  const blobs = (await readdir(join(folder, 'blobs/sha256'))).sort().map((name) => `blobs/sha256/${name}`);
  for (const name of [...blobs, 'index.json', 'oci-layout']) {
    const content = await readFile(join(folder, name));
    tar.entry({ name, mtime: new Date(0), mode: 0o644 }, content);
  }
  tar.finalize();
  await writing;
}

/** Unpacks what `packLayout` packed. A name that a layout has not is refused: nothing leaves the folder. Throws `LayoutBroken`. */
export async function unpackLayout(file: string, folder: string): Promise<Layout> {
  const partial = `${folder}.partial`;
  const tar = extract();
  const unpacking = (async () => {
    for await (const entry of tar) {
      const { name } = entry.header;
      if (!/^(blobs\/sha256\/[0-9a-f]{64}|index\.json|oci-layout)$/.test(name))
        throw new LayoutBroken(`${name} does not belong into a layout`);
      const target = join(partial, name);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target, { flags: 'wx' }));
    }
  })();
  await Promise.all([pipeline(createReadStream(file), tar), unpacking]);
  await rename(partial, folder);
  return await readLayout(folder);
}

/** The index of a packed layout, without unpacking it, if it is the one that `digest` names: what it says of the platforms is then as sure as the digest. Throws `LayoutBroken`. */
export async function packedIndex(file: string, digest: string): Promise<Buffer> {
  const tar = extract();
  const found: Buffer[] = [];
  const reading = (async () => {
    for await (const entry of tar) {
      if (entry.header.name === 'index.json') found.push(await buffer(entry));
      else entry.resume();
    }
  })();
  await Promise.all([pipeline(createReadStream(file), tar), reading]);
  const [index] = found;
  if (!index || digestOf(index) !== digest) throw new LayoutBroken(`the layout is not the one of ${digest}`);
  return index;
}

/** The digest of every platform of an image index, by its architecture as OCI calls it. Throws `LayoutBroken`. */
export function platformsOf(index: Buffer): ReadonlyMap<string, string> {
  return new Map(parse(INDEX, index, 'the image index').manifests.map((entry) => [entry.platform.architecture, entry.digest]));
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
