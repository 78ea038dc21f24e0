import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fullDisk } from '../store/full-disk';

/** Runs of a floor that are kept; one is up to some thousands of events. */
const RUNS = 50;
const SUFFIX = '.jsonl';
/** Of a run of Temporal; nothing else can be the name of a file here. */
const RUN = /^[0-9A-Za-z-]{1,64}$/;

/** What a floor decided, a file a run of its workflow: one line each, in order. */
export interface FloorJournal {
  /** Appends lines, the first of which is number `from` of the run; what is there already stays. Throws `JournalGap`, `DiskFull`. */
  append(run: string, from: number, lines: readonly string[]): Promise<void>;
  /** Lines of a run; undefined where there is no such run. */
  read(run: string): Promise<readonly string[] | undefined>;
  /** Oldest first. */
  runs(): Promise<readonly string[]>;
}

/** Lines that would leave others out before them. */
export class JournalGap extends Error {
  constructor(file: string, have: number, from: number) {
    super(
      `${file} ends at line ${have}, and lines from ${from} on were to be added: someone cut it; move it away, the next run begins a new one`,
    );
    this.name = 'JournalGap';
  }
}

export function createFloorJournal(folder: string): FloorJournal {
  const fileOf = (run: string) => {
    if (!RUN.test(run))
      throw new Error(`${JSON.stringify(run)} is no run of a floor: \`millrace floor replay --help\` tells where to find them`);
    return join(folder, `${run}${SUFFIX}`);
  };

  const runs = async () => {
    const files = await readdir(folder).catch(missing);
    const aged = await Promise.all(
      (files ?? [])
        .filter((file) => file.endsWith(SUFFIX))
        .map(async (file) => ({ run: file.slice(0, -SUFFIX.length), at: (await stat(join(folder, file), { bigint: true })).birthtimeNs })),
    );
    return aged.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.run < b.run ? -1 : 1)).map(({ run }) => run);
  };

  const append: FloorJournal['append'] = async (run, from, lines) => {
    const path = fileOf(run);
    await mkdir(folder, { recursive: true });
    const file = await open(path, 'a+', 0o644);
    try {
      const bytes = await file.readFile();
      // A crash in the middle of a line leaves one without its end: it is written again.
      const whole = bytes.lastIndexOf(10) + 1;
      if (whole < bytes.length) await file.truncate(whole);
      const have = countLines(bytes);
      if (from > have) throw new JournalGap(path, have, from);
      const more = lines.slice(have - from);
      if (more.length > 0) await file.appendFile(more.map((line) => `${line}\n`).join(''));
      await file.sync();
    } catch (error) {
      throw fullDisk(error, folder);
    } finally {
      await file.close();
    }
    if (from === 0) for (const old of (await runs()).slice(0, -RUNS)) await rm(fileOf(old), { force: true });
  };

  return {
    append,
    async read(run) {
      const text = await readFile(fileOf(run), 'utf8').catch(missing);
      return text?.split('\n').slice(0, -1);
    },
    runs,
  };
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
