import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { LayoutBroken } from './layout';
import type { LayoutImage } from './layout';

/** What the file system of an image holds under a path, without a leading slash. */
export interface ImageEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  /** Of a symbolic link. */
  readonly target?: string;
}

export interface ImageContents {
  readonly entries: ReadonlyMap<string, ImageEntry>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

const strings = z.array(z.string()).nullish();
const CONFIG = z.object({ config: z.object({ User: z.string().optional(), Entrypoint: strings, Cmd: strings }).optional() });

/** No image comes near it; a bomb does. */
const ENTRIES = 2_000_000;

/** Reads configuration and layers of one platform; a later layer lies over an earlier one, `.wh.` names take away. Throws `LayoutBroken`. */
export async function readContents(image: LayoutImage): Promise<ImageContents> {
  const parsed = CONFIG.safeParse(JSON.parse(await readFile(image.config.file, 'utf8')));
  if (!parsed.success) throw new LayoutBroken(`configuration ${image.config.digest}: ${z.prettifyError(parsed.error)}`);
  const entries = new Map<string, ImageEntry>();
  for (const layer of image.layers) await readLayer(layer.file, entries);
  const { User = '', Entrypoint, Cmd } = parsed.data.config ?? {};
  return { entries, user: User, entrypoint: Entrypoint ?? [], command: Cmd ?? [] };
}

async function readLayer(file: string, entries: Map<string, ImageEntry>): Promise<void> {
  const tar = extract();
  const reading = (async () => {
    for await (const entry of tar) {
      entry.resume();
      const { name, type, mode, linkname } = entry.header;
      const path = name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
      if (entries.size > ENTRIES) throw new LayoutBroken(`layer ${file} has more than ${ENTRIES} entries`);
      const slash = path.lastIndexOf('/') + 1;
      const whiteout = path.slice(slash).startsWith('.wh.');
      if (whiteout) remove(entries, path.slice(0, slash), path.slice(slash + '.wh.'.length));
      else if (type === 'symlink') entries.set(path, { type, mode, target: linkname ?? '' });
      else if (type === 'link') entries.set(path, entries.get((linkname ?? '').replace(/^(\.?\/)+/, '')) ?? { type: 'file', mode });
      else entries.set(path, { type: type === 'file' || type === 'directory' ? type : 'other', mode });
    }
  })();
  await Promise.all([pipeline(createReadStream(file), createGunzip(), tar), reading]);
}

/** `.wh..wh..opq` empties the folder, `.wh.<name>` removes one. */
function remove(entries: Map<string, ImageEntry>, folder: string, name: string): void {
  const under = name === '.wh..opq' ? folder : `${folder}${name}/`;
  for (const path of entries.keys()) if (path.startsWith(under)) entries.delete(path);
  if (name !== '.wh..opq') entries.delete(`${folder}${name}`);
}

const MOST_LINKS = 40;

/** What a path is in the end, its folders and itself followed through symbolic links; undefined when it leads nowhere. */
export function entryAt(
  entries: ReadonlyMap<string, ImageEntry>,
  path: string,
): { readonly path: string; readonly entry: ImageEntry } | undefined {
  let rest = path.split('/').filter((part) => part !== '' && part !== '.');
  let at: readonly string[] = [];
  for (let links = 0; rest.length > 0;) {
    const [part, ...after] = rest as [string, ...string[]];
    if (part === '..') {
      at = at.slice(0, -1);
      rest = after;
      continue;
    }
    const entry = entries.get([...at, part].join('/'));
    if (entry?.type === 'symlink') {
      if ((links += 1) > MOST_LINKS) return undefined;
      const target = entry.target ?? '';
      if (target.startsWith('/')) at = [];
      rest = [...target.split('/').filter((piece) => piece !== '' && piece !== '.'), ...after];
      continue;
    }
    at = [...at, part];
    rest = after;
    if (rest.length > 0) continue;
    return entry && { path: at.join('/'), entry };
  }
  return undefined;
}
