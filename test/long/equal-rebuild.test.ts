import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from '../../src/activities/announce/announce';
import { createFolderStore } from '../../src/activities/store/folder-store';
import { statePaths } from '../../src/config/config';
import { packageDefaults } from '../../src/config/package-defaults';
import { prepareStage, type Stage } from '../../src/demo/stage';
import type { ReleaseRecord } from '../../src/domain/release/release';
import { releaseRecords } from '../../src/views/records';
import { hintMessage } from '../../src/workflows/start';

jest.setTimeout(900_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-equal-'));
let stage: Stage;

beforeAll(async () => {
  const packages = [
    ['zlib', '1.2.13'],
    ['pigz', '2.8'],
  ] as const;
  stage = await prepareStage(folder, { packages, images: false, onMain: ['zlib'], say: () => undefined });
  await ended('zlib', 1);
  await stage.person.commit('main', 'pigz: new package', { 'packages/pigz.yaml': stage.specFiles['pigz']! });
});
afterAll(async () => {
  await stage?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The record of the newest release of a package, once there are so many. */
async function ended(name: string, many: number): Promise<ReleaseRecord> {
  const store = createFolderStore(statePaths(stage.config.state).store);
  for (;;) {
    const records = await releaseRecords(store, name);
    if (records.length >= many) return records.at(-1)!;
    await pause(500);
  }
}

const order = (id: string) =>
  send(
    stage.client,
    hintMessage(packageDefaults(stage.config), 'pigz', {
      id,
      cause: { id, kind: 'rebuild', text: 'zlib 1.3.1-r0 was published', at: '2026-01-02T03:04:05Z', roots: ['zlib'] },
    }),
  );
const git = (...args: string[]) => execFileSync('git', ['-C', stage.config.specs.repository, ...args], { encoding: 'utf8' }).trim();

it('an epoch-only rebuild of pigz by melange is found equal to what is published, and dropped', async () => {
  expect(await ended('pigz', 1)).toMatchObject({ outcome: 'published', comparison: { kind: 'new' } });
  const before = { main: git('rev-parse', 'main'), generation: stage.outside.generation() };

  await order('order:1');
  const record = await ended('pigz', 2);
  expect(record).toMatchObject({
    outcome: 'equal',
    reason: 'equal to 2.8-r0 in content: nothing published, current for zlib 1.3.1-r0 was published',
    input: { version: '2.8', epoch: 1, change: 'rebuild', previous: '2.8-r0' },
    comparison: { kind: 'same', breaks: [], removed: [], changes: [] },
  });
  expect(record.builds).toMatchObject([{ outcome: 'built', reused: false }]);
  expect(record.builds[0]!.packages.map(({ file }) => file)).toContain('pigz-2.8-r1.apk');
  expect(record.verdicts.map(({ check }) => check)).not.toContain('package-tests');

  expect({ main: git('rev-parse', 'main'), generation: stage.outside.generation() }).toEqual(before);
  expect(git('branch', '--list', 'millrace/*')).toBe('');
  expect(await stage.outside.has('pigz-2.8-r1')).toBe(false);
  const shown = await stage.person.millrace('show', 'pigz-2.8-r1');
  expect(shown.text).toContain('pigz-2.8-r1 (before: 2.8-r0): equal\n');

  await order('order:1');
  await order('order:2');
  expect((await ended('pigz', 3)).input.causes.map(({ id }) => id)).toEqual(['order:2']);
});
