import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  imageHintSignal,
  imageId,
  imageOrderSignal,
  imageOrderUpdate,
  imageQuery,
  imageReleaseQuery,
  QUEUES,
  SEARCH,
} from '../../src/workflows/messages';
import type { ImageReleaseView, ImageView } from '../../src/workflows/messages';
import type { ImageLock } from '../../src/domain/image/image';
import type { ImageOrder } from '../../src/domain/image/order';
import { imageReleaseId, newImage, reduceImage } from '../../src/domain/image/reduce';
import { imageEntity } from '../../src/workflows';
import { builtDigest, imageActivitiesOf, lockOf, newImageWorld } from './image-stage';
import type { ImageWorld } from './image-stage';
import { hint, newWorld, onStage, record, REMINDERS, TIME_SKIPPING, timeSkipping, until } from './stage';

jest.setTimeout(120_000);

const suite = TIME_SKIPPING ? describe : describe.skip;

const hold: ImageOrder = { kind: 'hold', by: 'ann', reason: 'an incident' };
const resume: ImageOrder = { kind: 'resume', by: 'bob', reason: 'it is over' };

suite('image orders', () => {
  let env: TestWorkflowEnvironment;
  let images: ImageWorld;
  let released: readonly ImageLock[] = [];
  let serial = 0;
  let image = '';
  const locked = (name: string, more: Partial<ImageLock> = {}) => lockOf(name, { image, ...more });
  const second = () => locked('second', { generation: 2 });
  beforeAll(async () => {
    env = await timeSkipping();
  });
  afterAll(() => env?.teardown());
  beforeEach(() => {
    serial += 1;
    image = `held${serial}`;
    images = newImageWorld(locked('first'));
    released = [locked('first'), second()];
  });
  afterEach(async () => {
    const title = expect.getState().currentTestName!;
    for (const [index, id] of [imageId(image), ...released.map(({ key }) => imageReleaseId(image, key))].entries()) {
      await record(env, id, `${id.split(':')[0]}-${index} ${title}`).catch(() => undefined);
      await env.client.workflow
        .getHandle(id)
        .terminate()
        .catch(() => undefined);
    }
  });

  const story = <T>(run: () => Promise<T>) => onStage(env, newWorld(), run, imageActivitiesOf(images));
  const look = (id: string, state?: unknown) =>
    env.client.workflow.signalWithStart(imageEntity, {
      workflowId: imageId(image),
      taskQueue: QUEUES.workflows,
      args: [{ distribution: 'demo', image, architectures: ['x86_64'], reminders: REMINDERS, ...(state ? { state } : {}) }],
      signal: imageHintSignal,
      signalArgs: [hint(id)],
    });
  const order = (given: ImageOrder) => env.client.workflow.getHandle(imageId(image)).executeUpdate(imageOrderUpdate, { args: [given] });
  const entity = (fits: (seen: ImageView) => boolean) =>
    until<ImageView>(async () => {
      const seen = await env.client.workflow.getHandle(imageId(image)).query(imageQuery);
      return fits(seen) ? seen : undefined;
    }, env);
  const releaseOf = (lock: ImageLock) => env.client.workflow.getHandle(imageReleaseId(lock.image, lock.key));
  const at = (lock: ImageLock, stage: string) =>
    until<ImageReleaseView>(async () => {
      const seen = await releaseOf(lock).query(imageReleaseQuery);
      return seen.stage.includes(stage) ? seen : undefined;
    }, env);
  const stageOf = async (workflowId: string) =>
    (await env.client.workflow.getHandle(workflowId).describe()).typedSearchAttributes.get(SEARCH.stage);
  const ended = (count: number) => entity(({ history }) => history.length === count);
  const tagsOf = (lock: ImageLock) => ({ latest: builtDigest(lock, ''), 'latest-dev': builtDigest(lock, 'dev') });
  const back = (lock: ImageLock): ImageOrder => ({
    ...{ kind: 'rollback', by: 'ann', reason: 'segfaults' },
    moves: [{ tag: 'latest', to: lock.key }],
  });

  it('a hold in the middle of a release: it is built and tested, stands before its tags, and goes on', async () => {
    images.building = true;
    await story(async () => {
      await look('generation:1');
      await until(async () => (images.calls.includes('build plain') ? true : undefined), env);
      expect(await order(hold)).toBe(`on hold: ${imageReleaseId(image, locked('first').key)} goes on up to its tags`);
      images.building = false;
      const standing = await at(locked('first'), 'stands before its tags');
      expect(standing).toMatchObject({ hold: { by: 'ann', reason: 'an incident' } });
      expect(images.calls.some((call) => call.startsWith('push'))).toBe(true);
      expect(images.gates).toEqual([]);
      expect(await stageOf(imageReleaseId(image, locked('first').key))).toBe('hold');
      expect(await stageOf(imageId(image))).toBe('hold');
      await env.sleep('30 days');
      expect(images.tags.size).toBe(0);
      await order(resume);
      const seen = await ended(1);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(locked('first')));
      expect(seen.hold).toBeUndefined();
      expect(seen.orders).toMatchObject([hold, resume]);
      expect((await stageOf(imageId(image))) ?? null).toBeNull();
    });
  });

  it('on hold a look says what would be, and what is owed is started when it ends', async () => {
    await story(async () => {
      await look('generation:1');
      await ended(1);
      await order(hold);
      images.look = { lock: second() };
      await look('generation:2');
      await entity(({ lastLook }) => lastLook?.text === 'on hold by ann (an incident): the lock of generation 2 would be started');
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(locked('first')));
      await order(resume);
      await ended(2);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(second()));
      expect(images.records[1]!.causes.map(({ id }) => id)).toContain('generation:2');
    });
  });

  it('another lock replaces what stands before its tags, and waits for the end of the hold', async () => {
    images.building = true;
    await story(async () => {
      await look('generation:1');
      await until(async () => (images.calls.includes('build plain') ? true : undefined), env);
      await order(hold);
      images.building = false;
      await at(locked('first'), 'stands before its tags');
      images.look = { lock: second() };
      await look('generation:2');
      expect((await ended(1)).history).toMatchObject([{ outcome: 'superseded' }]);
      await entity(({ lastLook }) => lastLook?.text.includes('generation 2 would be started') === true);
      expect(images.tags.size).toBe(0);
      await order(resume);
      await ended(2);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(second()));
    });
  });

  it('a hold is carried into the next run of its entity', async () => {
    const { state } = reduceImage(newImage(image), { kind: 'order', order: hold, at: 0 });
    await story(async () => {
      await look('generation:1', state);
      await entity(({ lastLook }) => lastLook?.text.startsWith('on hold by ann') === true);
      expect(await stageOf(imageId(image))).toBe('hold');
      await order(resume);
      await ended(1);
    });
  });

  it('a rollback with a worker killed in the middle moves the tags once, and what it went back over does not return', async () => {
    await story(async () => {
      await look('generation:1');
      await ended(1);
      images.look = { lock: second() };
      await look('generation:2');
      await ended(2);
      images.crashes = 2;
      images.over = [second()];
      await order(back(locked('first')));
      const seen = await entity(({ rollback, hold: held }) => held !== undefined && rollback === undefined);
      expect(seen).toMatchObject({
        hold: { by: 'ann', reason: 'rollback: segfaults' },
        orders: [{ kind: 'rollback', by: 'ann', reason: 'segfaults', outcome: 'moved latest back' }],
        rejected: [{ key: second().key, reason: 'ann rolled back from it: segfaults' }],
      });
      expect(images.calls.filter((call) => call === 'rollBackTags')).toHaveLength(3);
      expect(images.tags.get('latest')).toBe(locked('first').key);
      await order(resume);
      await entity(({ lastLook }) => lastLook?.text.startsWith('this lock was rejected: ann rolled back from it') === true);
      expect(images.tags.get('latest')).toBe(locked('first').key);
    });
  });

  it('a rollback beside a release that builds waits for its word, and not for its end', async () => {
    await story(async () => {
      await look('generation:1');
      await ended(1);
      images.building = true;
      images.look = { lock: second() };
      await look('generation:2');
      await entity(({ inFlight }) => inFlight?.generation === 2);
      await order(back(locked('first')));
      await entity(({ orders }) => orders[0]?.outcome === 'moved latest back');
      images.building = false;
      await at(second(), 'stands before its tags');
      expect(images.tags.get('latest')).toBe(locked('first').key);
      await order(resume);
      await ended(2);
      expect(Object.fromEntries(images.tags)).toEqual(tagsOf(second()));
    });
  });

  it('a rollback at the moment when a release moves its tags comes after it', async () => {
    await story(async () => {
      await look('generation:1');
      await ended(1);
      images.tagging = true;
      images.look = { lock: second() };
      await look('generation:2');
      await until(async () => (images.calls.filter((call) => call === 'moveTags').length === 2 ? true : undefined), env);
      await order(back(locked('first')));
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(images.calls).not.toContain('rollBackTags');
      images.tagging = false;
      const seen = await entity(({ orders }) => orders[0]?.outcome !== undefined);
      expect(seen.history).toMatchObject([{ outcome: 'tagged' }, { outcome: 'tagged' }]);
      expect(images.tags.get('latest')).toBe(locked('first').key);
    });
  });

  it('a rollback does not wait for a release that a person terminated', async () => {
    images.failing = ({ generation }) => (generation === 2 ? ['suite-starts'] : []);
    await story(async () => {
      await look('generation:1');
      await ended(1);
      images.look = { lock: second() };
      await look('generation:2');
      await at(second(), 'waits for a decision');
      await releaseOf(second()).terminate();
      await order(back(locked('first')));
      await entity(({ orders }) => orders[0]?.outcome === 'moved latest back');
    });
  });

  it('what does not fit is refused with the reason; what the publisher refuses is told, and the hold stays', async () => {
    images.refuseTags = true;
    await story(async () => {
      await look('generation:1');
      await ended(1);
      await expect(order({ kind: 'hold', by: 'ann' } as ImageOrder)).rejects.toMatchObject({ cause: { message: 'hold needs a "reason"' } });
      const handle = env.client.workflow.getHandle(imageId(image));
      await handle.signal(imageOrderSignal, { kind: 'stop', by: 'ann' } as unknown as ImageOrder);
      await handle.signal(imageOrderSignal, back(locked('first')));
      const seen = await entity(({ orders }) => orders[0]?.outcome !== undefined);
      expect(seen).toMatchObject({ hold: { by: 'ann' }, orders: [{ outcome: 'refused: latest never pointed there' }], rejected: [] });
      expect(seen.orders).toHaveLength(1);
    });
  });
});
