import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageTags } from '../../src/domain/image/image';
import { IMAGE_FILES, counts } from './hello-images';
import { startImageFactory, until } from './image-factory';
import { watchTests } from './watchers';

jest.setTimeout(1_500_000);

const LINES = 6_000;
const DOWN_MS = 60_000;
const { MILLRACE_TEN_MINUTES: asked } = process.env;

/** Ten lines a second, so a Job of ten minutes. */
(asked === '1' ? test : test.skip)(
  'a Job of ten minutes goes on while the factory is stopped for one, and its image has its tags after it (skipped without MILLRACE_TEN_MINUTES=1)',
  async () => {
    const image = IMAGE_FILES['images/hello/image.yaml']!.replace('basic.test.yaml, ', '');
    const place = await startImageFactory({
      ...Object.fromEntries(Object.entries(IMAGE_FILES).filter(([file]) => file.startsWith('images/hello/'))),
      'images/hello/image.yaml': image,
      'images/hello/cluster.test.yaml': counts(LINES, '20m'),
    });
    const tests = watchTests(place.cluster);
    const lines = (): readonly number[] => {
      if (!existsSync(place.logs)) return [];
      const files = readdirSync(place.logs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const logs = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
      const log = logs.find((text) => text.includes(` of ${LINES}\n`)) ?? '';
      return [...log.matchAll(new RegExp(` line (\\d+) of ${LINES}\\n`, 'g'))].map(([, line]) => Number(line));
    };
    try {
      await until('the Job counts', () => (lines().length > LINES / 10 ? true : undefined), 300);
      await place.restart(DOWN_MS);
      const atStart = lines().length;
      const tagged = await until(
        'hello has its tags',
        async () => (await place.store.readRecord<ImageTags>('image-tags', 'hello'))?.tags['latest'],
        1_000,
      );
      expect(tagged).toMatch(/^sha256:/);
      expect(lines()).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
      await tests.stop();
      expect([...tests.seen.values()].map(({ test, job }) => [test, job.size])).toEqual([
        [`cluster/counts to ${LINES}, attempt 0, try 1`, 1],
      ]);
      process.stderr.write(
        `a Job of ten minutes: ${atStart} lines were in the store when the factory was back after ${DOWN_MS / 1000} s, all ${LINES} once at its end\n`,
      );
    } finally {
      await tests.stop();
      await place.stop();
    }
  },
);
