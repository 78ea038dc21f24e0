import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Header } from 'tar-stream';

/** What a layer says of a path, by the word that a difference is told with. */
type LayerFile = Readonly<Record<(typeof PARTS)[number], string>>;

const PARTS = ['type', 'mode', 'owner', 'time', 'link', 'attributes', 'content'] as const;

/** Where two layers differ, a line for each path by name: `usr/bin/pigz: content, time`. Empty where only the order of the paths or the compression differs. */
export async function layerDifferences(before: string, after: string): Promise<readonly string[]> {
  const [one, other] = [await readLayerFiles(before), await readLayerFiles(after)];
  return [...new Set([...one.keys(), ...other.keys()])].sort().flatMap((path) => {
    const [from, to] = [one.get(path), other.get(path)];
    if (!from || !to) return [`${path}: only in the ${from ? 'first' : 'second'} build`];
    const parts = PARTS.filter((part) => from[part] !== to[part]);
    return parts.length === 0 ? [] : [`${path}: ${parts.map((part) => differing(part, from[part], to[part])).join(', ')}`];
  });
}

/** A digest tells a person nothing. */
function differing(part: (typeof PARTS)[number], from: string, to: string): string {
  return part === 'content' || part === 'attributes' ? part : `${part} ${from} and ${to}`;
}

async function readLayerFiles(file: string): Promise<ReadonlyMap<string, LayerFile>> {
  const files = new Map<string, LayerFile>();
  const tar = extract();
  const reading = (async () => {
    for await (const entry of tar) {
      const hash = createHash('sha256');
      await pipeline(entry, hash);
      files.set(entry.header.name.replace(/^(\.?\/)+/, '').replace(/\/+$/, ''), described(entry.header, hash.digest('hex')));
    }
  })();
  await Promise.all([pipeline(createReadStream(file), createGunzip(), tar), reading]);
  return files;
}

function described({ type, mode, uid, gid, mtime, linkname, pax }: Header, content: string): LayerFile {
  return {
    type: type ?? 'file',
    mode: (mode ?? 0).toString(8),
    owner: `${uid}:${gid}`,
    time: mtime?.toISOString() ?? '',
    link: linkname ?? '',
    attributes: JSON.stringify(Object.entries(pax ?? {}).sort()),
    content,
  };
}
