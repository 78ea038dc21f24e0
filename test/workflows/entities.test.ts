import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  decideUpdate,
  hintSignal,
  hintUpdate,
  packageId,
  packageQuery,
  publishSignal,
  QUEUES,
  repositoryId,
  repositoryQuery,
  withdrawUpdate,
} from '../../src/workflows/messages';
import type { PackageView } from '../../src/workflows/messages';
import { packageEntity, repository, watch } from '../../src/workflows';
import { cause, compared, FLOOR, hint, newWorld, onStage, record, REMINDERS, TIME_SKIPPING, timeSkipping, until } from './stage';
import type { World } from './stage';

jest.setTimeout(60_000);

const suite = TIME_SKIPPING ? describe : describe.skip;

suite('entities', () => {
  let env: TestWorkflowEnvironment;
  let world: World;
  let serial = 0;
  beforeAll(async () => {
    env = await timeSkipping();
  });
  afterAll(() => env?.teardown());
  beforeEach(() => {
    world = newWorld();
    serial += 1;
  });
  afterEach(async () => {
    const title = expect.getState().currentTestName!;
    await record(env, packageId('zlib'), `package ${title}`).catch(() => undefined);
    await record(env, repositoryId(distribution()), `repository ${title}`).catch(() => undefined);
    for (const id of [packageId('zlib'), repositoryId(distribution())])
      await env.client.workflow
        .getHandle(id)
        .terminate()
        .catch(() => undefined);
  });

  const distribution = () => `demo${serial}`;
  const input = () => ({ distribution: distribution(), package: 'zlib', architectures: ['x86_64'], reminders: REMINDERS, floor: FLOOR });
  const send = (id: string, more = {}) =>
    env.client.workflow.signalWithStart(packageEntity, {
      workflowId: packageId('zlib'),
      taskQueue: QUEUES.workflows,
      args: [input()],
      signal: hintSignal,
      signalArgs: [hint(id, more)],
    });
  const view = (fits: (seen: PackageView) => boolean) =>
    until<PackageView>(async () => {
      const seen = await env.client.workflow.getHandle(packageId('zlib')).query(packageQuery);
      return fits(seen) ? seen : undefined;
    }, env);

  it('a hint with nothing to do ends saying so', async () => {
    await onStage(env, world, async () => {
      await send('upstream:zlib:1.2.13');
      const seen = await view(({ lastLook }) => lastLook !== undefined);
      expect(seen.lastLook!.text).toBe('1.2.13-r0 is published; nothing newer');
      expect(seen.inFlight).toBeUndefined();
    });
  });

  it('the same webhook three times during the build and once after is one release', async () => {
    world.upstream = ['1.3.1'];
    await onStage(env, world, async () => {
      const same = 'upstream:zlib:1.3.1';
      const handle = await send(same);
      await send(same);
      await send(same);
      await view(({ history }) => history.length === 1);
      const answer = await handle.executeUpdate(hintUpdate, { args: [hint(same)] });
      expect(answer.accepted).toBe(true);
      const seen = await view(({ lastLook, inFlight }) => inFlight === undefined && lastLook!.text.startsWith('1.3.1-r0 is published'));
      expect(seen.history.map(({ version, outcome }) => [version, outcome])).toEqual([['1.3.1', 'published']]);
    });
    expect(world.calls.filter((call) => call.startsWith('build'))).toHaveLength(1);
  });

  it('a newer release replaces one that waits, and takes its place', async () => {
    world.upstream = ['1.3.1'];
    world.failing = () => (world.upstream.includes('1.3.2') ? [] : ['abi']);
    await onStage(env, world, async () => {
      await send('upstream:zlib:1.3.1');
      await view(({ inFlight }) => inFlight?.version === '1.3.1');
      await until(async () => (world.notes.includes('release-waits') ? true : undefined), env);
      world.upstream = ['1.3.2'];
      await send('upstream:zlib:1.3.2');
      const seen = await view(({ history }) => history.length === 2);
      expect(seen.history.map(({ version, outcome }) => [version, outcome])).toEqual([
        ['1.3.1', 'superseded'],
        ['1.3.2', 'published'],
      ]);
    });
  });

  it('what a person rejected does not come back by itself, but by a person', async () => {
    world.upstream = ['1.3.1'];
    let failing = ['abi'];
    world.failing = () => failing;
    await onStage(env, world, async () => {
      await send('upstream:zlib:1.3.1');
      const flying = await view(({ inFlight }) => inFlight !== undefined);
      const release = env.client.workflow.getHandle(flying.inFlight!.release);
      await until(async () => (world.notes.includes('release-waits') ? true : undefined), env);
      await release.executeUpdate(decideUpdate, { args: [{ kind: 'reject', by: 'ann', reason: 'breaks everyone' }] });
      await view(({ history }) => history.length === 1);
      await send('upstream:zlib:1.3.1');
      const told = await view(({ lastLook }) => lastLook!.text.includes('was refused'));
      expect(told.lastLook!.text).toBe('1.3.1-r0 was refused: ann: breaks everyone');
      failing = [];
      await send('person:1', { insist: true });
      const seen = await view(({ history }) => history.length === 2);
      expect(seen.history[1]).toMatchObject({ version: '1.3.1', outcome: 'published' });
    });
  });

  it('a spec on main that differs from what is published is released without the change step', async () => {
    world.spec = { version: '1.2.13', epoch: 1 };
    await onStage(env, world, async () => {
      await send('spec:zlib:1.2.13-r1');
      await view(({ history }) => history[0]?.outcome === 'published');
    });
    expect(world.records[0]!.change!.branch).toBeUndefined();
  });

  const order = (id: string, ...roots: string[]) => ({
    cause: { ...cause(id), kind: 'rebuild' as const, text: `${id} asks`, roots },
  });

  it('an order of the floor raises the epoch; what turns out equal is dropped, and a late repeat starts nothing', async () => {
    world.comparison = () => compared('same');
    await onStage(env, world, async () => {
      const handle = await send('order:1', order('order:1', 'glibc'));
      await view(({ history }) => history.length === 1);
      expect((await handle.executeUpdate(hintUpdate, { args: [hint('order:1', order('order:1', 'glibc'))] })).text).toBe('answered before');
      world.comparison = () => compared('content');
      await send('order:2', order('order:2', 'glibc'));
      const seen = await view(({ history }) => history.length === 2);
      expect(seen.history.map(({ version, epoch, outcome }) => [version, epoch, outcome])).toEqual([
        ['1.2.13', 1, 'equal'],
        ['1.2.13', 1, 'published'],
      ]);
      const events = (await handle.fetchHistory()).events ?? [];
      const children = events.flatMap(({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => (child ? [child] : []));
      expect(children.map(({ priority }) => priority?.priorityKey)).toEqual([5, 5]);
    });
    expect(world.news.map(({ outcome, roots }) => [outcome, roots])).toEqual([
      ['equal', ['glibc']],
      ['published', ['glibc']],
    ]);
    expect(world.calls.filter((call) => call === 'mergeChange')).toHaveLength(1);
  });

  it('three orders while a rebuild is in flight make one more', async () => {
    world.failing = ({ attempt }) => (attempt > 0 || world.generation > 1 ? [] : ['sbom']);
    await onStage(env, world, async () => {
      await send('order:0', order('order:0', 'zlib-1'));
      const { inFlight } = await view((seen) => seen.inFlight !== undefined);
      await until(async () => (world.notes.includes('release-waits') ? true : undefined), env);
      for (const number of [2, 3, 4]) await send(`order:${number}`, order(`order:${number}`, `zlib-${number}`));
      await view(({ lastLook }) => lastLook!.text === `a rebuild waits for ${inFlight!.release}`);
      await until(async () => (world.calls.filter((call) => call === 'assess').length >= 3 ? true : undefined), env);
      await env.client.workflow.getHandle(inFlight!.release).executeUpdate(decideUpdate, { args: [{ kind: 'retry', by: 'ann' }] });
      const seen = await view(({ history, inFlight: flying }) => history.length === 2 && flying === undefined);
      expect(seen.history.map(({ epoch, outcome }) => [epoch, outcome])).toEqual([
        [1, 'published'],
        [2, 'published'],
      ]);
    });
    expect(world.news.map(({ version, outcome, roots }) => [version, outcome, roots])).toEqual([
      ['1.2.13-r1', 'waits', ['zlib-1']],
      ['1.2.13-r1', 'published', ['zlib-1']],
      ['1.2.13-r2', 'published', ['zlib-2', 'zlib-3', 'zlib-4']],
    ]);
  });

  it('a newer upstream serves an order', async () => {
    world.upstream = ['1.3.1'];
    await onStage(env, world, async () => {
      await send('order:1', order('order:1', 'glibc'));
      await view(({ history, inFlight }) => history[0]?.outcome === 'published' && inFlight === undefined);
    });
    expect(world.news).toMatchObject([{ version: '1.3.1-r0', outcome: 'published', roots: ['glibc'] }]);
  });

  it('an order that leads to no release is answered to the floor', async () => {
    world.spec = { version: '1.2.12', epoch: 0 };
    await onStage(env, world, async () => {
      await send('order:1', order('order:1', 'glibc'));
      await until(async () => world.news[0], env);
    });
    expect(world.news).toMatchObject([
      { package: 'zlib', outcome: 'failed', roots: ['glibc'], text: expect.stringMatching(/^main says 1.2.12-r0, which is not newer/) },
    ]);
  });

  it('notices a release that a person terminated', async () => {
    world.upstream = ['1.3.1'];
    world.failing = () => ['abi'];
    await onStage(env, world, async () => {
      await send('upstream:zlib:1.3.1');
      const flying = await view(({ inFlight }) => inFlight !== undefined);
      await until(async () => (world.notes.includes('release-waits') ? true : undefined), env);
      await env.client.workflow.getHandle(flying.inFlight!.release).terminate('by hand');
      world.failing = () => [];
      await send('again');
      await view(({ history }) => history[0]?.outcome === 'published');
    });
  });

  it('the watch hints what has something to do', async () => {
    world.upstream = ['1.3.1'];
    await onStage(env, world, async () => {
      const { distribution: name, architectures, reminders, floor } = input();
      const swept = await env.client.workflow.execute(watch, {
        args: [{ distribution: name, architectures, reminders, floor }],
        workflowId: `watch-${serial}`,
        taskQueue: QUEUES.workflows,
      });
      expect(swept).toEqual({ looked: 1, hinted: 1, problems: 0 });
      await view(({ history }) => history[0]?.outcome === 'published');
    });
  });

  it('group commit: what waits goes into one generation; a poisoned request is refused alone; a repeat is answered again', async () => {
    await onStage(env, world, async () => {
      const request = (name: string) => ({
        id: `release:${name}-1-r0`,
        gate: `sha256:${'9'.repeat(64)}` as const,
        package: name,
        version: '1-r0',
        packages: [],
      });
      const publish = (name: string) =>
        env.client.workflow.signalWithStart(repository, {
          workflowId: repositoryId(distribution()),
          taskQueue: QUEUES.workflows,
          args: [{ distribution: distribution() }],
          signal: publishSignal,
          signalArgs: [request(name)],
        });
      const handle = await publish('a');
      await publish('b');
      await publish('poison');
      await publish('c');
      await until(async () => {
        const seen = await handle.query(repositoryQuery);
        return seen.generation >= 2 && seen.waiting.length === 0 ? true : undefined;
      }, env);
      await publish('a');
      const said = await handle.executeUpdate(withdrawUpdate, {
        args: [{ id: 'withdraw:a', package: 'a', version: '1-r0', by: 'ann', reason: 'broken' }],
      });
      expect(said).toMatch(/will be withdrawn/);
      await expect(
        handle.executeUpdate(withdrawUpdate, { args: [{ id: 'w', package: 'a', version: '1-r0', by: 'ann', reason: ' ' }] }),
      ).rejects.toMatchObject({ cause: { message: /needs "by" and "reason"/ } });
      await until(async () => ((await handle.query(repositoryQuery)).waiting.length === 0 ? true : undefined), env);
    });
    const published = world.calls.filter((call) => call.startsWith('commitGeneration'));
    expect(published.length).toBeLessThanOrEqual(5);
    expect(world.calls.filter((call) => call === 'prepareGeneration release:poison-1-r0')).toHaveLength(1);
  });
});
