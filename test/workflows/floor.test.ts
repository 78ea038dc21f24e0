import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { FloorDecision, FloorSettings } from '../../src/domain/floor/floor';
import type { FloorView } from '../../src/domain/floor/view';
import { send } from '../../src/activities/announce/announce';
import { replayRun } from '../../src/views/floor';
import {
  decideUpdate,
  floorDecideSignal,
  floorDecideUpdate,
  floorId,
  floorQuery,
  floorWhyQuery,
  newsSignal,
  packageId,
  releaseId,
  repositoryId,
} from '../../src/workflows/messages';
import { floorStart, hintMessage, type PackageDefaults } from '../../src/workflows/start';
import { floorActivities, newFloorWorld, onFloor, upstreamCause, type FloorWorld } from './floor-stage';
import { record, REMINDERS, TIME_SKIPPING, timeSkipping } from './stage';

jest.setTimeout(300_000);

const suite = TIME_SKIPPING ? describe : describe.skip;

const SETTINGS: FloorSettings = { slots: 2, debounceSeconds: 20, cycleBudget: 1, breaker: { after: 4, share: 0.5 } };

suite('the floor', () => {
  let env: TestWorkflowEnvironment;
  let world: FloorWorld;
  let serial = 0;
  let packages: readonly string[] = [];
  /** A history of thousands of events has no place in the repository. */
  let recorded = true;
  beforeAll(async () => {
    env = await timeSkipping();
  });
  afterAll(() => env?.teardown());
  beforeEach(() => {
    serial += 1;
    recorded = true;
  });
  afterEach(async () => {
    const title = expect.getState().currentTestName!;
    if (recorded) await record(env, floorId(defaults().distribution), `floor ${title}`).catch(() => undefined);
    const { client } = env;
    const { distribution } = defaults();
    const releases = world.builds.map((build) => `release:${build.replace(' ', '-')}`);
    for (const id of [floorId(distribution), repositoryId(distribution), ...packages.map(packageId), ...releases])
      await client.workflow
        .getHandle(id)
        .terminate()
        .catch(() => undefined);
  });

  const defaults = (): PackageDefaults => ({
    distribution: `demo${serial}`,
    architectures: ['x86_64'],
    reminders: REMINDERS,
    floor: SETTINGS,
  });
  const floor = () => env.client.workflow.getHandle(floorId(defaults().distribution));
  const start = () =>
    send(env.client, {
      workflowId: floorId(defaults().distribution),
      signal: 'settings',
      argument: SETTINGS,
      start: floorStart(defaults()),
    });
  /** Names of packages are of all tests of one server. */
  const name = (short: string) => `${short}-${serial}`;
  const given = (needs: Readonly<Record<string, readonly string[]>>) => {
    world = newFloorWorld(Object.fromEntries(Object.entries(needs).map(([of, its]) => [name(of), its.map(name)])));
    packages = Object.keys(world.needs);
    return floorActivities(world, env);
  };
  const upstreamReleases = async (short: string, version: string) => {
    world.upstream.set(name(short), version);
    const cause = upstreamCause(name(short), version);
    await send(env.client, hintMessage(defaults(), name(short), { id: cause.id, cause }));
  };
  const breaks = (broken: Readonly<Record<string, readonly string[]>>) => {
    world.compare = (of, version) => {
      const its = Object.entries(broken).find(([short]) => name(short) === of)?.[1];
      return its && !version.endsWith('1.0') ? { kind: 'break', breaks: its.map(name) } : { kind: 'compatible', breaks: [] };
    };
  };
  const decide = (decision: FloorDecision) => floor().executeUpdate(floorDecideUpdate, { args: [decision] });
  /** Waits on the server's clock, which stands still while nobody sleeps. */
  const view = async (fits: (seen: FloorView) => boolean): Promise<FloorView> => {
    for (let tries = 0; tries < 200; tries += 1) {
      const seen = await floor().query(floorQuery);
      if (fits(seen)) return seen;
      await env.sleep(1_000);
    }
    throw new Error(`what the test waits for never came: ${JSON.stringify(await floor().query(floorQuery), undefined, 1)}`);
  };
  const rests = (causes: number) => view((seen) => seen.causes.length === 0 && seen.history.length === causes);
  const equalOf =
    (short: string, otherwise: FloorWorld['compare']): FloorWorld['compare'] =>
    (of, version) =>
      of === name(short) ? { kind: 'same', breaks: [] } : otherwise(of, version);
  const replayed = async (lines: readonly string[]) => (await replayRun({ read: async () => lines }, 'run'))!.differences;
  const shown = async () => {
    const metadata = await floor().query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return { details: metadata.currentDetails };
  };
  const ada = { by: 'ada', reason: 'because' };

  const buildsOf = (short: string) =>
    world.builds.filter((build) => build.startsWith(`${name(short)} `)).map((build) => build.split(' ')[1]);

  it('two causes at once are one rebuild, after both', async () => {
    const activities = given({ libxml2: [], zlib: [], app: ['libxml2', 'zlib'], other: ['zlib'] });
    breaks({ libxml2: ['app'], zlib: ['app'] });
    await onFloor(env, activities, async () => {
      await start();
      await upstreamReleases('libxml2', '2.0');
      await upstreamReleases('zlib', '2.0');
      const seen = await rests(2);
      expect(seen.history).toMatchObject([{ published: 1 }, { published: 1 }]);
    });
    expect(buildsOf('app')).toEqual(['1.0-r1']);
    expect(buildsOf('other')).toEqual([]);
    const rebuilt = world.records.find((one) => one.input.package === name('app'))!;
    expect(rebuilt.outcome).toBe('published');
    expect(rebuilt.input.causes[0]!.text).toMatch(/^app-\d+ was asked for by (libxml2|zlib)-\d+ 2\.0-r0/);
    for (const lines of world.journal.values()) expect(await replayed(lines)).toEqual([]);
  });

  it('a failure holds only what depends on it; its mending lets that go on, and an equal rebuild ends the cascade', async () => {
    const activities = given({ lib: [], mid: ['lib'], app: ['mid'], end: ['app'], side: ['lib'] });
    breaks({ lib: ['mid', 'side'], mid: ['app'] });
    world.compare = equalOf('app', world.compare);
    world.failing.add(name('mid'));
    await onFloor(env, activities, async () => {
      await start();
      await upstreamReleases('lib', '2.0');
      const held = await view((seen) => seen.failedCount === 1 && seen.building.length === 0 && seen.causes[0]?.published === 1);
      expect(held.failed[0]).toMatchObject({ package: name('mid'), by: `${name('lib')} 2.0-r0` });
      expect(held.failed[0]!.text).toContain('1.0-r1 waits');
      expect(world.published).toEqual([`${name('lib')} 2.0-r0`, `${name('side')} 1.0-r1`]);
      const why = await floor().query(floorWhyQuery, name('app'));
      expect(why[0]).toMatch(/^app-\d+ may be asked for: it depends on mid-\d+, which failed/);
      world.failing.clear();
      await env.client.workflow
        .getHandle(releaseId(name('mid'), '1.0', 1))
        .executeUpdate(decideUpdate, { args: [{ kind: 'retry', by: 'ada' }] });
      await rests(1);
    });
    expect(world.published.slice(2)).toEqual([`${name('mid')} 1.0-r1`]);
    expect(buildsOf('app')).toEqual(['1.0-r1']);
    expect(buildsOf('end')).toEqual([]);
    expect(world.records.find((one) => one.input.package === name('app'))).toMatchObject({ outcome: 'equal' });
  });

  it('a newer upstream version takes the place of a rebuild, and serves it', async () => {
    const activities = given({ lib: [], app: ['lib'] });
    breaks({ lib: ['app'] });
    world.failing.add(name('app'));
    await onFloor(env, activities, async () => {
      await start();
      await upstreamReleases('lib', '2.0');
      await view((seen) => seen.failedCount === 1);
      world.failing.clear();
      await upstreamReleases('app', '1.1');
      const seen = await rests(1);
      expect(seen.failedCount).toBe(0);
    });
    expect(buildsOf('app')).toEqual(['1.0-r1', '1.1-r0']);
    expect(world.published).toEqual([`${name('lib')} 2.0-r0`, `${name('app')} 1.1-r0`]);
  });

  it('a person pauses, is refused with the reason, goes on and drops a cause', async () => {
    const activities = given({ lib: [], app: ['lib'], other: ['lib'] });
    breaks({ lib: ['app', 'other'] });
    const cause = `${name('lib')}@2.0-r0`;
    await onFloor(env, activities, async () => {
      await start();
      await view(() => true);
      expect(await decide({ kind: 'pause', ...ada })).toBe('the floor is paused');
      await expect(decide({ kind: 'pause', ...ada })).rejects.toMatchObject({
        cause: { message: 'the floor is paused already, by ada: because' },
      });
      await floor().signal(floorDecideSignal, { kind: 'drop', cause: 'none', ...ada });
      await upstreamReleases('lib', '2.0');
      const waiting = await view((seen) => seen.waitingCount === 2);
      expect(waiting.paused).toMatchObject(ada);
      expect(waiting.building).toEqual([]);
      const { details } = await shown();
      expect(details).toContain('refused: none is no cause');
      await decide({ kind: 'hold', package: name('other'), ...ada });
      await decide({ kind: 'resume', ...ada });
      await view((seen) => seen.causes[0]?.published === 1);
      expect(await decide({ kind: 'drop', cause, ...ada })).toContain(`${cause} is dropped: 1 packages`);
      const seen = await rests(1);
      expect(seen.history[0]).toMatchObject({ id: cause, published: 1, dropped: ada });
    });
    expect(buildsOf('app')).toEqual(['1.0-r1']);
    expect(buildsOf('other')).toEqual([]);
  });

  it('what cannot be rebuilt is answered, and holds no slot', async () => {
    const activities = given({ lib: [], app: ['lib'] });
    breaks({ lib: ['app'] });
    await onFloor(env, activities, async () => {
      await start();
      activities.removeSpec(name('app'));
      await upstreamReleases('lib', '2.0');
      const seen = await view((now) => now.failedCount === 1);
      expect(seen.building).toEqual([]);
      expect(seen.failed[0]!.text).toContain(`main has no spec of ${name('app')}`);
    });
  });

  it('planning that fails is tried until there is a plan', async () => {
    const activities = given({ lib: [], app: ['lib'] });
    breaks({ lib: ['app'] });
    world.planFailures.push(ApplicationFailure.nonRetryable('the spec repository is gone', 'ForgeRefused'));
    await onFloor(env, activities, async () => {
      await start();
      await upstreamReleases('lib', '2.0');
      await view((seen) => seen.causes[0]?.stage === 'planning' && world.planFailures.length === 0);
      expect((await shown()).details).toContain('the spec repository is gone');
      await env.sleep('1 minute');
      await rests(1);
    });
    expect(buildsOf('app')).toEqual(['1.0-r1']);
  });

  it('goes on in a new run before its history is long, with what it knows and what it has not done yet', async () => {
    const activities = given({ lib: [], app: ['lib'] });
    breaks({ lib: ['app'] });
    recorded = false;
    // Planning is not done when the run ends: the next one has to do it.
    world.planFailures.push(ApplicationFailure.nonRetryable('the spec repository is gone', 'ForgeRefused'));
    await onFloor(env, activities, async () => {
      await start();
      const { runId } = await floor().describe();
      await decide({ kind: 'hold', package: name('app'), ...ada });
      await upstreamReleases('lib', '2.0');
      await view((seen) => seen.causes[0]?.stage === 'planning' && world.planFailures.length === 0);
      const news = { outcome: 'equal', version: '1.0-r1', roots: [], text: '', urgency: 5, seconds: 1 } as const;
      for (let from = 0; from < 4200; from += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, nth) => floor().signal(newsSignal, { id: `news-${from + nth}`, package: 'nothing', ...news })),
        );
      const next = async () => (await floor().describe()).runId !== runId;
      for (let tries = 0; tries < 100 && !(await next()); tries += 1) await env.sleep(100);
      const seen = await view((now) => now.waitingCount === 1);
      expect(seen.held).toMatchObject([{ package: name('app') }]);
      const after = await floor().describe();
      expect(after.runId).not.toBe(runId);
      expect(after.historyLength).toBeLessThan(4000);
      expect((await replayed(world.journal.get(runId)!)).length).toBe(0);
      expect(world.journal.get(runId)!.length).toBeGreaterThan(3000);
      await decide({ kind: 'release', package: name('app'), ...ada });
      await rests(1);
    });
    expect(buildsOf('app')).toEqual(['1.0-r1']);
  });
});
