import { lasting } from './failures';

/** What the rules look at of a tar header. */
export interface EntryHeader {
  readonly name: string;
  /** As tar-stream names it; null for a type it does not know. */
  readonly type: string | null;
  readonly linkname?: string | null;
  readonly pax?: unknown;
}

type Kind = 'file' | 'directory' | 'symlink' | 'hardlink';

const KINDS: Readonly<Record<string, Kind>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'hardlink',
};

/** As many links as Linux follows before ELOOP. */
const MOST_HOPS = 40;

/**
 * What an entry of a source archive may be, so that unpacking it in an empty folder, by any tar program, writes nothing outside:
 * 1. a file, folder, symbolic or hard link; no device, pipe or type that tar programs read differently (sparse files among them);
 * 2. its name is relative and has no `..`;
 * 3. nothing lies below an entry that is no folder, in whatever order they come, and only folders and files may be named twice;
 * 4. a hard link leads to a file that came before it;
 * 5. a relative symbolic link stays inside, also by way of other links. An absolute one may be there (`/dev/null` is common in tests of
 *    system software): it means a file of the machine that runs it, and by rule 3 nothing is written through it.
 */
export function createEntryRules(limits: { readonly unpackedFiles: number }) {
  const kinds = new Map<string, Kind>();
  const parents = new Set<string>();
  const links = new Map<string, string>();
  let entries = 0;

  const check = (header: EntryHeader): void => {
    entries += 1;
    if (entries > limits.unpackedFiles)
      throw unsafe(header.name, `it is entry ${entries}; \`limits.unpackedFiles\` in millrace.yaml allows ${limits.unpackedFiles}`);
    const kind = KINDS[header.type ?? ''];
    if (kind === undefined) throw unsafe(header.name, `a source may hold no ${header.type ?? 'entry of an unknown type'}`);
    const sparse = Object.keys(header.pax ?? {}).some((key) => key.startsWith('GNU.sparse.'));
    if (sparse) throw unsafe(header.name, 'a source may hold no sparse file');

    const parts = partsOf(header.name);
    const path = parts.join('/');
    if (path === '') {
      if (kind !== 'directory') throw unsafe(header.name, 'the root of an archive must be a folder');
      return;
    }
    for (let length = 1; length < parts.length; length += 1) {
      const parent = parts.slice(0, length).join('/');
      if ((kinds.get(parent) ?? 'directory') !== 'directory') throw unsafe(header.name, `it lies below ${parent}, which is no folder`);
      parents.add(parent);
    }
    if (kind !== 'directory' && parents.has(path)) throw unsafe(header.name, 'entries lie below it, and it is no folder');
    const before = kinds.get(path);
    if (before !== undefined && (before !== kind || kind === 'symlink' || kind === 'hardlink'))
      throw unsafe(header.name, `a ${before} before it has the same name`);
    kinds.set(path, kind);

    const target = header.linkname ?? '';
    if (kind === 'symlink') links.set(path, target);
    if (kind === 'hardlink') checkHardLink(header.name, target);
  };

  const checkHardLink = (name: string, target: string) => {
    const kind = kinds.get(target.split('/').filter(named).join('/'));
    if (kind !== 'file' && kind !== 'hardlink')
      throw unsafe(name, `its hard link target ${target} is no file that came before it in the archive`);
  };

  return {
    /** Throws `ArchiveUnsafe` naming the entry and the rule. */
    check,

    /** After the last entry: the rule of links that leave by way of other links. */
    finish(): void {
      for (const [path, target] of links) if (escapes(path, links)) throw unsafe(path, `its symbolic link target ${target} leads outside`);
    },

    entries: () => entries,
  };
}

function named(part: string): boolean {
  return part !== '' && part !== '.';
}

function partsOf(name: string): string[] {
  if (name.startsWith('/')) throw unsafe(name, 'its name is absolute');
  const parts = name.split('/').filter(named);
  if (parts.includes('..')) throw unsafe(name, 'its name holds `..`');
  return parts;
}

/** Follows a symbolic link as the kernel does, over the other links of the archive. */
function escapes(link: string, links: ReadonlyMap<string, string>): boolean {
  const at = link.split('/').slice(0, -1);
  const pending = stepsOf(links.get(link) ?? '');
  if (pending === undefined) return false;
  for (let hops = 1; pending.length > 0;) {
    const step = pending.shift();
    if (step === '..') {
      if (at.pop() === undefined) return true;
      continue;
    }
    const path = [...at, step].join('/');
    const target = links.get(path);
    if (target === undefined) {
      at.push(step!);
      continue;
    }
    const steps = stepsOf(target);
    // An absolute link ends the walk inside the archive; a loop leads nowhere.
    if (steps === undefined || (hops += 1) > MOST_HOPS) return false;
    pending.unshift(...steps);
  }
  return false;
}

function stepsOf(target: string): string[] | undefined {
  if (target.startsWith('/')) return undefined;
  return target.split('/').filter(named);
}

function unsafe(name: string, rule: string) {
  return lasting('ArchiveUnsafe', `the archive's entry ${JSON.stringify(name.slice(0, 300))} is refused: ${rule}`);
}
