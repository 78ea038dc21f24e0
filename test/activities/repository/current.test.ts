import * as fc from 'fast-check';
import { existsSync, mkdirSync, readlinkSync } from 'node:fs';
import { newestGeneration, showNewest } from '../../../src/activities/repository/current';
import { localDisk } from '../../../src/activities/repository/disk';
import type { Disk } from '../../../src/activities/repository/disk';
import { removeTemporaryFolders, temporaryFolder } from './support';

afterAll(removeTemporaryFolders);

/** Lets one of several processes go on, only when all of them wait before a step: so that every order of steps can occur, and is the same when run again. */
function turnTaking(processes: number, turns: readonly number[]) {
  const waiting: (() => void)[] = [];
  let live = processes;
  let turn = 0;
  const next = () => {
    if (live === 0 || waiting.length < live) return;
    const [released] = waiting.splice((turns[turn++] ?? 0) % waiting.length, 1);
    released?.();
  };
  return {
    wait: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        next();
      }),
    end: () => {
      live -= 1;
      next();
    },
  };
}

test('publishers that switch at once, in any order of their steps, with some of them killed, never show an older generation after a newer one', async () => {
  const publisher = fc.record({
    generations: fc.integer({ min: 1, max: 2 }),
    diesAfter: fc.oneof(fc.constant(Infinity), fc.nat({ max: 6 })),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 2 }), { minLength: 30, maxLength: 30 }),
      fc.array(publisher, { minLength: 2, maxLength: 3 }),
      async (turns, publishers) => {
        const root = temporaryFolder();
        mkdirSync(`${root}/generations`);
        let seen = 0;
        let committed = 0;
        const watch = () => {
          const shown = existsSync(`${root}/current`) ? Number(readlinkSync(`${root}/current`).replace('generations/', '')) : 0;
          expect(shown).toBeGreaterThanOrEqual(seen);
          seen = shown;
        };
        const { wait, end } = turnTaking(publishers.length, turns);
        const publish = async (generations: number, diesAfter: number) => {
          let steps = 0;
          const step = async <T>(act: () => Promise<T>): Promise<T> => {
            await wait();
            steps += 1;
            if (steps > diesAfter) throw new Error('killed');
            try {
              return await act();
            } finally {
              watch();
            }
          };
          const disk: Disk = {
            ...localDisk,
            symlink: (target, path) => step(() => localDisk.symlink(target, path)),
            rename: (from, to) => step(() => localDisk.rename(from, to)),
            remove: (path) => step(() => localDisk.remove(path)),
            sync: (folder) => step(() => localDisk.sync(folder)),
          };
          for (let made = 0; made < generations; made += 1) {
            await step(async () => mkdirSync(`${root}/generations/${(committed += 1)}`));
            await showNewest(root, disk);
          }
        };
        const outcomes = publishers.map(({ generations, diesAfter }) =>
          publish(generations, diesAfter)
            .catch((error: Error) => {
              if (error.message !== 'killed') throw error;
            })
            .finally(end),
        );
        await Promise.all(outcomes);
        if (publishers.some(({ diesAfter }) => diesAfter !== Infinity)) await showNewest(root, localDisk);
        watch();
        expect(seen).toBe(await newestGeneration(root));
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
