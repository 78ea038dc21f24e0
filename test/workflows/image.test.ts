import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  imageDecideSignal,
  imageDecideUpdate,
  imageHintSignal,
  imageHintUpdate,
  imageId,
  imageQuery,
  imageReleaseQuery,
  publishSignal,
  QUEUES,
  repositoryId,
  repositoryQuery,
  withdrawUpdate,
} from '../../src/workflows/messages';
import type { ImageReleaseView, ImageView } from '../../src/workflows/messages';
import type { ImageLock } from '../../src/domain/image/image';
import { imageReleaseId } from '../../src/domain/image/reduce';
import { imageEntity, repository } from '../../src/workflows';
import { builtDigest, imageActivitiesOf, lockOf, newImageWorld } from './image-stage';
import type { ImageWorld } from './image-stage';
import { hint, newWorld, onStage, record, RECORDING, REMINDERS, TIME_SKIPPING, timeSkipping, until } from './stage';
import type { World } from './stage';

jest.setTimeout(60_000);

const suite = TIME_SKIPPING ? describe : describe.skip;

suite('image', () => {
  let env: TestWorkflowEnvironment;
  let world: World;
  let images: ImageWorld;
  let released: readonly ImageLock[] = [];
  let serial = 0;
  /** Each story has an image of its own: the time-skipping server does not answer a query of a workflow that has ended. */
  let image = '';
  const locked = (name: string, more: Partial<ImageLock> = {}) => lockOf(name, { image, ...more });
  beforeAll(async () => {
    env = await timeSkipping();
  });
  afterAll(() => env?.teardown());
  beforeEach(() => {
    world = newWorld();
    serial += 1;
    image = `web${serial}`;
    images = newImageWorld(locked('first'));
    released = [locked('first')];
  });
  afterEach(async () => {
    const title = expect.getState().currentTestName!;
    const ids = [imageId(image), ...released.map(({ key }) => imageReleaseId(image, key)), repositoryId('images')];
    for (const [index, id] of ids.entries()) {
      await record(env, id, `${id.split(':')[0]}-${index} ${title}`).catch(() => undefined);
      await env.client.workflow
        .getHandle(id)
        .terminate()
        .catch(() => undefined);
    }
  });

  const story = <T>(run: () => Promise<T>) => onStage(env, world, run, imageActivitiesOf(images));
  const look = (id: string) =>
    env.client.workflow.signalWithStart(imageEntity, {
      workflowId: imageId(image),
      taskQueue: QUEUES.workflows,
      args: [{ distribution: 'demo', image, architectures: ['x86_64'], reminders: REMINDERS }],
      signal: imageHintSignal,
      signalArgs: [hint(id)],
    });
  const entity = (fits: (seen: ImageView) => boolean) =>
    until<ImageView>(async () => {
      const seen = await env.client.workflow.getHandle(imageId(image)).query(imageQuery);
      return fits(seen) ? seen : undefined;
    }, env);
  const releaseOf = (lock: ImageLock) => env.client.workflow.getHandle(imageReleaseId(lock.image, lock.key));
  const waits = (lock: ImageLock) =>
    until<ImageReleaseView>(async () => {
      const seen = await releaseOf(lock).query(imageReleaseQuery);
      return seen.waitingFor ? seen : undefined;
    }, env);
  const ended = async (count: number) => {
    const seen = await entity(({ history }) => history.length === count);
    // It told its image before it ended itself.
    const last = env.client.workflow.getHandle(seen.history[count - 1]!.release);
    await until(async () => ((await last.describe()).status.name === 'RUNNING' ? undefined : true), env);
    return seen;
  };
  const tagsOf = (lock: ImageLock) => ({ latest: builtDigest(lock, ''), 'latest-dev': builtDigest(lock, 'dev') });

  it('goes from a lock to its tags without a person, tags last', async () => {
    await story(async () => {
      await look('generation:1');
      const seen = await ended(1);
      expect(seen.history[0]).toMatchObject({ outcome: 'tagged', reason: 'moved latest, latest-dev', version: '1.2.3-r0' });
      expect(seen.tagged).toMatchObject({ generation: 1 });
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(locked('first')));
      const steps = images.calls.map((call) => call.split(' ')[0]);
      expect(steps.filter((step, index) => step !== steps[index - 1])).toEqual(['lock', 'build', 'push', 'test', 'sign', 'moveTags']);
      expect(images.gates[0]).toMatchObject({ image, repository: 'tools/web', variants: [{ variant: '' }, { variant: 'dev' }] });
      expect(images.records[0]).toMatchObject({ outcome: 'tagged', tags: [{ tag: 'latest' }, { tag: 'latest-dev' }] });
      expect(world.notes).toEqual([]);
    });
  });

  it('the same lock again is nothing', async () => {
    await story(async () => {
      const handle = await look('generation:1');
      await ended(1);
      images.look = { lock: locked('first', { generation: 2 }) };
      await look('generation:2');
      const seen = await entity(({ lastLook }) => lastLook?.text === 'unchanged at generation 2');
      expect(seen.inFlight).toBeUndefined();
      const answer = await handle.executeUpdate(imageHintUpdate, { args: [hint('generation:2')] });
      expect(answer.text).toBe('nothing to do: unchanged at generation 2');
      expect(images.calls.filter((call) => call === 'lock')).toHaveLength(2);
    });
  });

  (RECORDING ? it.skip : it)('a failing suite leaves the tags, reminds a person, and a retry that passes moves them', async () => {
    images.failing = (_lock, attempt) => (attempt === 0 ? ['suite-starts:dev'] : []);
    await story(async () => {
      await look('generation:1');
      const seen = await waits(locked('first'));
      expect(seen.waitingFor).toMatchObject({ because: ['suite-starts:dev: starts on x86_64: seen'] });
      expect(seen.waitingFor!.answers).toContain(`millrace decide image:${image} waive --check suite-starts:dev --reason "…"`);
      expect(images.tags.size).toBe(0);
      await env.sleep('25 hours');
      await until(async () => (world.notes.includes('image-escalated') ? true : undefined), env);
      expect(world.notes.filter((event) => event === 'image-waits')).toHaveLength(1);
      expect(world.notes).toContain('image-reminder');
      const before = images.calls.length;
      await releaseOf(locked('first')).executeUpdate(imageDecideUpdate, { args: [{ kind: 'retry', by: 'ann' }] });
      await ended(1);
      expect(images.calls.slice(before).filter((call) => call !== 'lock')).toEqual(['test dev 1', 'sign', 'moveTags']);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(locked('first')));
      expect(images.records[0]!.decisions).toMatchObject([{ decision: { kind: 'retry', by: 'ann' } }]);
    });
  });

  it('a retry after something was mended takes what main says now', async () => {
    images.failing = ({ key }) => (key === locked('first').key ? ['suite-starts:dev'] : []);
    await story(async () => {
      await look('generation:1');
      await waits(locked('first'));
      images.look = { lock: locked('mended') };
      await releaseOf(locked('first')).executeUpdate(imageDecideUpdate, { args: [{ kind: 'retry', by: 'ann' }] });
      const seen = await ended(2);
      expect(seen.history.map(({ outcome }) => outcome)).toEqual(['superseded', 'tagged']);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(locked('mended')));
    });
  });

  it('a suite that a person accepts is named in the gate record', async () => {
    images.failing = () => ['suite-starts'];
    await story(async () => {
      await look('generation:1');
      await waits(locked('first'));
      const decision = { kind: 'waive', by: 'ann', check: 'suite-starts', reason: 'the test is wrong' } as const;
      await releaseOf(locked('first')).executeUpdate(imageDecideUpdate, { args: [decision] });
      await ended(1);
      expect(images.gates[0]!.accepted).toMatchObject([{ check: 'suite-starts', by: 'ann', reason: 'the test is wrong' }]);
      expect(images.tags.size).toBe(2);
    });
  });

  it('what is not as image.yaml says it is, is not pushed, and cannot be accepted', async () => {
    images.failing = () => ['image-structure'];
    await story(async () => {
      await look('generation:1');
      await waits(locked('first'));
      const handle = releaseOf(locked('first'));
      const waive = { kind: 'waive', by: 'ann', check: 'image-structure', reason: 'r' } as const;
      await expect(handle.executeUpdate(imageDecideUpdate, { args: [waive] })).rejects.toMatchObject({
        cause: { message: 'the check "image-structure" cannot be waived: retry or reject' },
      });
      await handle.signal(imageDecideSignal, { kind: 'patch', by: 'ann', commit: 'a'.repeat(40) } as never);
      const refused = await until(async () => {
        const seen = await handle.query(imageReleaseQuery);
        return seen.refused.length > 0 ? seen.refused : undefined;
      }, env);
      expect(refused).toEqual(['"kind" is one of retry, waive, reject']);
      expect(images.pushed.size).toBe(0);
      images.failing = () => [];
      await handle.executeUpdate(imageDecideUpdate, { args: [{ kind: 'retry', by: 'ann' }] });
      await ended(1);
      // The variants are built side by side.
      expect(images.calls.filter((call) => call.startsWith('build')).sort()).toEqual(['build dev', 'build plain', 'build plain']);
    });
  });

  it('a rejected lock does not come back by itself, but when a person insists', async () => {
    images.failing = () => ['suite-starts'];
    await story(async () => {
      const handle = await look('generation:1');
      await waits(locked('first'));
      const reject = { kind: 'reject', by: 'ann', reason: 'does not start' } as const;
      await releaseOf(locked('first')).executeUpdate(imageDecideUpdate, { args: [reject] });
      const seen = await ended(1);
      expect(seen.rejected).toMatchObject([{ generation: 1, reason: 'ann: does not start' }]);
      await look('generation:2');
      await entity(({ lastLook }) => lastLook?.text.startsWith('this lock was rejected: ann: does not start') === true);
      expect(images.tags.size).toBe(0);
      images.failing = () => [];
      await handle.executeUpdate(imageHintUpdate, { args: [hint('person:1', { insist: true })] });
      await ended(2);
      expect(images.tags.size).toBe(2);
    });
  });

  it('a newer lock supersedes one that waits', async () => {
    const second = locked('second', { generation: 2, changes: ['zlib 1.3.1-r0 to 1.3.2-r0'] });
    released = [...released, second];
    images.failing = (lock) => (lock.generation === 1 ? ['suite-starts'] : []);
    await story(async () => {
      await look('generation:1');
      await waits(locked('first'));
      images.look = { lock: second };
      await look('generation:2');
      const seen = await ended(2);
      expect(seen.history.map(({ outcome }) => outcome)).toEqual(['superseded', 'tagged']);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(second));
    });
  });

  it('a newer lock waits for one that builds, and for no more', async () => {
    const third = locked('third', { generation: 3 });
    released = [...released, locked('second'), third];
    images.building = true;
    await story(async () => {
      await look('generation:1');
      await until(async () => (images.calls.includes('build plain') ? true : undefined), env);
      images.look = { lock: locked('second', { generation: 2 }) };
      await look('generation:2');
      await entity(({ next }) => next?.generation === 2);
      images.look = { lock: third };
      await look('generation:3');
      await entity(({ next }) => next?.generation === 3);
      images.building = false;
      const seen = await ended(2);
      expect(seen.history.map(({ outcome, generation }) => [generation, outcome])).toEqual([
        [1, 'tagged'],
        [3, 'tagged'],
      ]);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(third));
    });
  });

  it('a lock that does not solve keeps the tags, and the next hint tries again', async () => {
    await story(async () => {
      await look('generation:1');
      await ended(1);
      images.look = { problem: 'libxslt needs so:libxml2.so.2' };
      await look('generation:2');
      await entity(({ problem }) => problem === 'libxslt needs so:libxml2.so.2');
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(locked('first')));
      const second = locked('second', { generation: 3 });
      released = [...released, second];
      images.look = { lock: second };
      await look('generation:3');
      const seen = await ended(2);
      expect(seen.problem).toBeUndefined();
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(second));
    });
  });

  it('tags that moved before the worker died are moved once, and told once', async () => {
    images.crashes = 2;
    await story(async () => {
      await look('generation:1');
      const seen = await ended(1);
      expect(seen.history).toMatchObject([{ outcome: 'tagged' }]);
      expect(images.calls.filter((call) => call === 'moveTags')).toHaveLength(3);
      expect(images.records).toHaveLength(1);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(locked('first')));
    });
  });

  it('a refused gate fails the release with a record, and the image goes on', async () => {
    images.refuseTags = true;
    await story(async () => {
      await look('generation:1');
      const seen = await ended(1);
      expect(seen.history).toMatchObject([{ outcome: 'failed', reason: 'the gate record names other digests' }]);
      expect(images.records).toMatchObject([{ outcome: 'failed', tags: [] }]);
      images.refuseTags = false;
      await look('generation:2');
      expect((await ended(2)).history[1]).toMatchObject({ outcome: 'tagged' });
    });
  });

  it('notices a release that a person terminated', async () => {
    images.failing = () => ['suite-starts'];
    await story(async () => {
      await look('generation:1');
      await waits(locked('first'));
      await releaseOf(locked('first')).terminate();
      images.failing = () => [];
      await look('generation:2');
      await ended(1);
      expect(images.tags.size).toBe(2);
    });
  });

  it('an image whose image.yaml is gone ends', async () => {
    images.look = { problem: 'there is no images/web/image.yaml on main', removed: true };
    await story(async () => {
      const handle = await look('sweep:1');
      await expect(handle.result()).resolves.toBe(`${image} is no longer in the spec repository`);
    });
  });

  it('every generation tells images what was published and withdrawn, and does not wait for them', async () => {
    world.imageHintFailures = 2;
    await story(async () => {
      const request = (name: string) => ({
        id: `release:${name}`,
        gate: 'sha256:9' as const,
        package: name,
        version: '1-r0',
        packages: [],
      });
      const handle = await env.client.workflow.signalWithStart(repository, {
        workflowId: repositoryId('images'),
        taskQueue: QUEUES.workflows,
        args: [{ distribution: 'images' }],
        signal: publishSignal,
        signalArgs: [request('zlib')],
      });
      await until(async () => ((await handle.query(repositoryQuery)).generation === 2 ? true : undefined), env);
      await handle.executeUpdate(withdrawUpdate, {
        args: [{ id: 'withdraw:lz4', package: 'lz4', version: '1.9-r0', by: 'ann', reason: 'broken' }],
      });
      await until(async () => (world.imageHints.length === 2 ? true : undefined), env);
      expect(world.imageHints).toEqual([
        { id: 'generation:2', packages: ['zlib'] },
        { id: 'generation:3', packages: ['lz4'] },
      ]);
    });
  });
});
