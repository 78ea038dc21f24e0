import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createFolderStore } from '../../src/activities/store/folder-store';
import type { ImageTags } from '../../src/domain/image/image';
import { imageId, imageQuery } from '../../src/workflows/messages';
import { createTestRepository } from '../activities/forge/repository';
import { runMillrace as millrace } from '../cli/run-millrace';
import { builtDigest, imageActivitiesOf, lockOf, newImageWorld } from './image-stage';
import { newWorld, onStage, RECORDING, TIME_SKIPPING, timeSkipping, until } from './stage';

jest.setTimeout(120_000);

const suite = TIME_SKIPPING && !RECORDING ? describe : describe.skip;

suite('commands of images', () => {
  let env: TestWorkflowEnvironment;
  let folder: string;
  beforeAll(async () => {
    env = await timeSkipping();
    folder = mkdtempSync(join(tmpdir(), 'millrace-orders-'));
    const specs = createTestRepository({ 'images/web/image.yaml': 'name: web\n' });
    process.env['MILLRACE_CONFIG'] = join(folder, 'millrace.yaml');
    const settings = [`specs:\n  repository: ${specs.bare}`, `temporal:\n  address: ${env.address}`, 'images: {}'];
    writeFileSync(process.env['MILLRACE_CONFIG'], ['distribution: demo', ...settings, ''].join('\n'));
  });
  afterAll(async () => {
    await env?.teardown();
    delete process.env['MILLRACE_CONFIG'];
    rmSync(folder, { recursive: true });
  });

  it('holds, resumes, rolls back, and tells what is refused', async () => {
    const first = lockOf('first');
    const images = newImageWorld(first);
    const by = ['--by', 'ann'];
    const seen = () => env.client.workflow.getHandle(imageId('web')).query(imageQuery);
    const tagged = (digest: string, day: number) => ({
      ...{ tag: 'latest', to: digest, at: `2026-03-0${day}T00:00:00.000Z`, release: 'image-release:web-1', reason: 'first image' },
    });
    const [old, now] = [first.key, builtDigest(first, '')];
    const record: ImageTags = { image: 'web', repository: 'web', tags: { latest: now }, moves: [tagged(old, 1), tagged(now, 2)] };
    await createFolderStore(join(folder, '.millrace/store')).writeRecord('image-tags', 'web', record);
    await onStage(
      env,
      newWorld(),
      async () => {
        expect(await millrace('image', 'hold', 'wep', '--reason', 'r', ...by)).toMatchObject({
          code: 1,
          err: expect.stringContaining('there is no images/wep/image.yaml on main (did you mean web?)'),
        });
        expect(await millrace('image', 'hold', 'web', '--reason', 'an incident', ...by)).toEqual({
          ...{ code: 0, err: '' },
          out: 'web: on hold: nothing is started (millrace image resume web ends it)\n',
        });
        expect((await millrace('image', 'build', 'web', ...by)).out).toContain(
          'web: on hold by ann (an incident): the lock of generation 1 would be started',
        );
        expect((await millrace('image', 'resume', 'web', ...by)).out).toContain('web: resumed, looking');
        await until(async () => ((await seen()).history.length === 1 ? true : undefined), env);

        const { code, out } = await millrace('image', 'rollback', 'web', '--reason', 'segfaults', ...by);
        expect([code, out.split('\n')]).toEqual([
          0,
          [`web: on hold, and rolls back latest to ${old.slice(0, 19)}`, 'web: moved latest back', ''],
        ]);
        expect(images.tags.get('latest')).toBe(old);
        images.refuseTags = true;
        const refused = await millrace('image', 'rollback', 'web', 'latest', '--to', old, '--reason', 'again', ...by, '--json');
        expect(refused.code).toBe(1);
        expect(JSON.parse(refused.out)).toMatchObject({
          outcome: 'refused: latest never pointed there',
          moves: [{ tag: 'latest', to: old }],
        });
      },
      imageActivitiesOf(images),
    );
  });
});
