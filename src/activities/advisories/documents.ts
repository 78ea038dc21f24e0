import { ADVISORY_SUFFIX, advisoryFile, type AdvisoryDocument } from '../../domain/advisory/advisory';
import { readAdvisories } from '../../domain/advisory/read';
import type { Problem } from '../../domain/result';
import type { Forge } from '../forge/forge';
import { AdvisoriesRefused } from './errors';

/** All advisories at a commit of their repository. */
export interface AdvisorySnapshot {
  readonly commit: string;
  /** By path, in the order of the paths. */
  readonly texts: ReadonlyMap<string, string>;
  readonly documents: ReadonlyMap<string, AdvisoryDocument>;
}

export interface AdvisoryFolder {
  readonly forge: Forge;
  /** Folder of the documents in the repository; `.` is its top. */
  readonly directory: string;
}

/** Reads advisories at commits; a document whose text is as it was is not read again, and is the same object. Throws `AdvisoriesRefused` with all that is wrong. */
export function createAdvisoryReader({ forge, directory }: AdvisoryFolder) {
  let known: ReadonlyMap<string, { readonly text: string; readonly document: AdvisoryDocument }> = new Map();
  const folder = directory === '.' ? '' : directory;

  const read = async (commit: string): Promise<AdvisorySnapshot> => {
    const paths = (await forge.list(commit, folder)).filter((path) => path.endsWith(ADVISORY_SUFFIX) && isDirectlyIn(folder, path));
    const contents = await forge.readAll(commit, paths);
    const texts = new Map([...paths].sort().map((path) => [path, contents.get(path)!.toString('utf8')]));
    return { commit, texts, documents: parse(texts) };
  };

  const parse = (texts: ReadonlyMap<string, string>): ReadonlyMap<string, AdvisoryDocument> => {
    const problems: Problem[] = [];
    const next = new Map<string, { readonly text: string; readonly document: AdvisoryDocument }>();
    for (const [path, text] of texts) {
      const before = known.get(path);
      if (before?.text === text) {
        next.set(path, before);
        continue;
      }
      const document = readAdvisories(text, path);
      if (document.ok) next.set(path, { text, document: document.value });
      else problems.push(...document.error);
    }
    if (problems.length > 0) throw new AdvisoriesRefused(problems);
    known = next;
    return new Map([...next].map(([path, { document }]) => [path, document]));
  };

  return {
    read,
    /** The documents that texts would be. */
    parse,
    pathOf: (name: string) => `${folder === '' ? '' : `${folder}/`}${advisoryFile(name)}`,
  };
}

export type AdvisoryReader = ReturnType<typeof createAdvisoryReader>;

function isDirectlyIn(folder: string, path: string): boolean {
  return path.lastIndexOf('/') === (folder === '' ? -1 : folder.length);
}
