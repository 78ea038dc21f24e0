import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { createFloorJournal, JournalGap } from '../../../src/activities/floor/journal';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';

describe('journal of the floor', () => {
  afterAll(removeTemporaryFolders);

  it('keeps the lines of a run in order, each once, however often and in what parts they are appended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string().map((text) => JSON.stringify(text)),
          { maxLength: 12 },
        ),
        fc.array(fc.tuple(fc.nat(11), fc.nat(12)), { maxLength: 12 }),
        async (lines, parts) => {
          const journal = createFloorJournal(temporaryFolder());
          let have = 0;
          for (const [from, count] of [...parts, [0, lines.length] as const]) {
            if (from > have) continue;
            await journal.append('run', from, lines.slice(from, from + count));
            have = Math.max(have, Math.min(lines.length, from + count));
          }
          expect((await journal.read('run')) ?? []).toEqual(lines);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('writes a line again that a crash cut', async () => {
    const folder = temporaryFolder();
    const journal = createFloorJournal(folder);
    await journal.append('run', 0, ['"one"', '"two"']);
    appendFileSync(join(folder, 'run.jsonl'), '"thr');
    await journal.append('run', 2, ['"three"']);
    expect(readFileSync(join(folder, 'run.jsonl'), 'utf8')).toBe('"one"\n"two"\n"three"\n');
  });

  it('refuses lines with others missing before them', async () => {
    const folder = temporaryFolder();
    const journal = createFloorJournal(folder);
    await journal.append('run', 0, ['"one"', '"two"']);
    writeFileSync(join(folder, 'run.jsonl'), '');
    const refused = journal.append('run', 2, ['"three"']);
    await expect(refused).rejects.toThrow(JournalGap);
    await expect(refused).rejects.toThrow(/run\.jsonl ends at line 0, and lines from 2 on were to be added/);
  });

  it('reads no other file, whatever a run is called', async () => {
    await expect(createFloorJournal(temporaryFolder()).read('../secret')).rejects.toThrow('"../secret" is no run of a floor');
  });

  it('tells its runs, the oldest first, and forgets the oldest of many', async () => {
    const folder = temporaryFolder();
    const journal = createFloorJournal(folder);
    expect(await journal.runs()).toEqual([]);
    for (let run = 0; run < 52; run += 1) await journal.append(`run-${run}`, 0, ['"one"']);
    const runs = await journal.runs();
    expect(runs).toHaveLength(50);
    expect(runs[0]).toBe('run-2');
    expect(runs.at(-1)).toBe('run-51');
    expect(existsSync(join(folder, 'run-0.jsonl'))).toBe(false);
    expect(await journal.read('run-0')).toBeUndefined();
  });
});
