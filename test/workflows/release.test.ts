import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { WorkflowFailedError } from '@temporalio/client';
import { decideSignal, decideUpdate, QUEUES, releaseId, releaseQuery, supersedeSignal } from '../../src/workflows/messages';
import type { ReleaseView } from '../../src/workflows/messages';
import { release } from '../../src/workflows';
import { cause, compared, newWorld, onStage, record, RECORDING, releaseInput, TIME_SKIPPING, timeSkipping, until } from './stage';
import type { World } from './stage';

jest.setTimeout(60_000);

const suite = TIME_SKIPPING ? describe : describe.skip;

suite('release', () => {
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
    await record(env, releaseId('zlib', `1.3.${serial}`, 0), `release ${expect.getState().currentTestName!}`);
  });

  const start = (more: Parameters<typeof releaseInput>[0] = {}) => {
    const input = releaseInput({ distribution: `demo${serial}`, version: `1.3.${serial}`, ...more });
    return env.client.workflow.start(release, {
      args: [input],
      workflowId: releaseId(input.package, input.version, input.epoch),
      taskQueue: QUEUES.workflows,
    });
  };
  const waiting = (handle: Awaited<ReturnType<typeof start>>) =>
    until<ReleaseView>(async () => {
      const view = await handle.query(releaseQuery);
      return view.waitingFor ? view : undefined;
    }, env);

  it('goes from change to publication without a person', async () => {
    await onStage(env, world, async () => {
      const handle = await start();
      expect(await handle.result()).toMatchObject({ outcome: 'published', generation: 2 });
    });
    const calls = world.calls.map((call) => call.split(' ').slice(0, 2).join(' '));
    expect(calls[0]).toBe('prepareChange 1.3.1-r0');
    expect(calls.slice(1, 3).sort()).toEqual(['build 1.3.1', 'checks change']);
    expect(calls[3]).toBe('compare 1.3.1-r0');
    expect(calls.slice(4, 6).sort()).toEqual(['checks package', 'checks test']);
    expect(calls.slice(6).map((call) => call.split(' ')[0])).toEqual([
      'mergeChange',
      'signPackages',
      'prepareGeneration',
      'commitGeneration',
      'closeChange',
    ]);
    expect(world.records[0]).toMatchObject({ outcome: 'published', attempts: 1, decisions: [], generation: 2 });
    expect(world.gates[0]!.verdicts).toHaveLength(16);
  });

  it('waits at a failed check, is patched by a commit and flows on; what passed elsewhere is checked anew on the new commit', async () => {
    world.failing = ({ commit }) => (commit.startsWith('d') ? [] : ['package-tests']);
    await onStage(env, world, async () => {
      const handle = await start();
      const view = await waiting(handle);
      expect(view.waitingFor!.because).toEqual(['package-tests: seen']);
      expect(await handle.executeUpdate(decideUpdate, { args: [{ kind: 'patch', by: 'ann', commit: 'd'.repeat(40) }] })).toBe(
        'patch accepted',
      );
      expect(await handle.result()).toMatchObject({ outcome: 'published' });
    });
    expect(world.records[0]).toMatchObject({ attempts: 2, decisions: [{ decision: { kind: 'patch', by: 'ann' } }] });
    expect(world.gates[0]!.commit).toBe('d'.repeat(40));
  });

  it('refuses a decision that does not fit, says why, and waits on', async () => {
    world.failing = ({ attempt }) => (attempt > 0 ? [] : ['abi', 'secrets']);
    await onStage(env, world, async () => {
      const handle = await start();
      await waiting(handle);
      const refused = [
        [{ kind: 'waive', by: 'ann', check: 'sbom', reason: 'x' }, /does not block/],
        [{ kind: 'waive', by: 'ann', check: 'secrets', reason: 'x' }, /cannot be waived/],
        [{ kind: 'reject', by: 'ann' }, /needs a "reason"/],
        [{ kind: 'patch', by: 'ann', commit: 'HEAD' }, /40 hexadecimal/],
        [{ kind: 'dance', by: 'ann' }, /one of retry/],
      ] as const;
      for (const [decision, why] of refused) {
        await expect(handle.executeUpdate(decideUpdate, { args: [decision as never] })).rejects.toMatchObject({
          cause: { message: expect.stringMatching(why) },
        });
      }
      await handle.signal(decideSignal, { kind: 'reject', by: 'ann' } as never);
      await handle.executeUpdate(decideUpdate, { args: [{ kind: 'patch', by: 'ann', commit: '0'.repeat(40) }] });
      const view = await until<ReleaseView>(async () => {
        const seen = await handle.query(releaseQuery);
        return seen.refused.length === 2 && seen.waitingFor ? seen : undefined;
      }, env);
      expect(view.refused[0]).toMatch(/needs a "reason"/);
      expect(view.refused[1]).toMatch(/touches packages\/lz4.yaml/);
      await handle.signal(decideSignal, { kind: 'retry', by: 'bob' });
      expect(await handle.result()).toMatchObject({ outcome: 'published' });
    });
  });

  it('is waived check by check, and rejected with a reason', async () => {
    world.failing = () => ['abi', 'file-diff'];
    await onStage(env, world, async () => {
      const handle = await start();
      await waiting(handle);
      await handle.executeUpdate(decideUpdate, { args: [{ kind: 'waive', by: 'ann', check: 'abi', reason: 'no dependents' }] });
      const view = await until<ReleaseView>(async () => {
        const seen = await handle.query(releaseQuery);
        return seen.waitingFor?.because.length === 1 ? seen : undefined;
      }, env);
      expect(view.waitingFor!.because[0]).toMatch(/^file-diff/);
      await handle.executeUpdate(decideUpdate, { args: [{ kind: 'reject', by: 'bob', reason: 'half the files are gone' }] });
      expect(await handle.result()).toEqual({ outcome: 'rejected', reason: 'bob: half the files are gone' });
    });
    expect(world.calls).not.toContain('mergeChange');
    expect(world.calls).toContain('closeChange');
    expect(world.calls.filter((call) => call.startsWith('build'))).toHaveLength(1);
  });

  it('one failing architecture publishes neither; the retry builds only that one again', async () => {
    world.builds = (architecture, attempt) => (architecture === 'aarch64' && attempt === 0 ? 'failed' : 'built');
    await onStage(env, world, async () => {
      const handle = await start({ architectures: ['x86_64', 'aarch64'] });
      await waiting(handle);
      expect(world.calls).not.toContain('signPackages');
      await handle.executeUpdate(decideUpdate, { args: [{ kind: 'retry', by: 'ann' }] });
      expect(await handle.result()).toMatchObject({ outcome: 'published' });
    });
    const builds = world.calls.filter((call) => call.startsWith('build')).map((call) => call.split(' ').slice(2).join(' '));
    expect(builds.sort()).toEqual(['aarch64 0', 'aarch64 1', 'x86_64 0']);
    expect(world.calls.filter((call) => call === 'explainFailures')).toHaveLength(1);
  });

  (RECORDING ? it.skip : it)('reminds and escalates by durable timers, for days', async () => {
    world.failing = ({ attempt }) => (attempt > 0 ? [] : ['sbom']);
    await onStage(env, world, async () => {
      const handle = await start();
      await waiting(handle);
      await env.sleep('30 hours');
      const view = await handle.query(releaseQuery);
      expect(view.waitingFor!.remindedTimes).toBeGreaterThanOrEqual(7);
      await handle.executeUpdate(decideUpdate, { args: [{ kind: 'retry', by: 'ann' }] });
      await handle.result();
    });
    expect(world.notes[0]).toBe('release-waits');
    expect(world.notes).toContain('release-reminder');
    expect(world.notes[world.notes.length - 1]).toBe('release-escalated');
    expect(world.records[0]!.seconds['waiting']).toBeGreaterThan(29 * 3600);
  });

  it('yields to a newer release while it waits', async () => {
    world.failing = () => ['sbom'];
    await onStage(env, world, async () => {
      const handle = await start();
      await waiting(handle);
      await handle.signal(supersedeSignal, { by: '1.4-r0' });
      expect(await handle.result()).toEqual({ outcome: 'superseded', reason: 'replaced by 1.4-r0' });
    });
  });

  it('goes back to the change step when main moved under it', async () => {
    world.mergeRefusals = ['packages/zlib.yaml changed on main'];
    await onStage(env, world, async () => {
      const handle = await start();
      expect(await handle.result()).toMatchObject({ outcome: 'published' });
    });
    expect(world.calls.filter((call) => call.startsWith('prepareChange'))).toHaveLength(2);
  });

  it('waits with a verdict when its sources cannot be verified; a retry looks again', async () => {
    world.changeFailures = [{ type: 'DigestMismatch', message: 'expected a, got b' }];
    await onStage(env, world, async () => {
      const handle = await start();
      const view = await waiting(handle);
      expect(view.waitingFor!.because).toEqual(['sources-verified: expected a, got b']);
      expect(view.waitingFor!.answers.join()).not.toMatch(/waive|patch/);
      await handle.executeUpdate(decideUpdate, { args: [{ kind: 'retry', by: 'ann' }] });
      expect(await handle.result()).toMatchObject({ outcome: 'published' });
    });
  });

  it('fails, with a record, when the signer refuses', async () => {
    world.refuseSigning = true;
    await onStage(env, world, async () => {
      const handle = await start();
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    });
    expect(world.records[0]).toMatchObject({ outcome: 'failed', reason: 'the gate record lacks abi' });
  });

  it('tells the floor how it ended and what is different, with the causes it was started for; a wait once', async () => {
    world.failing = ({ attempt }) => (attempt > 1 ? [] : ['sbom']);
    world.comparison = () => compared('break', { breaks: ['curl'], removed: ['libz.so.1'] });
    await onStage(env, world, async () => {
      const handle = await start({ causes: [{ ...cause('order:1'), kind: 'rebuild', roots: ['b', 'a'] }, cause('upstream')] });
      for (const attempt of [0, 1]) {
        await until(async () => ((await waiting(handle)).attempt === attempt ? true : undefined), env);
        await handle.executeUpdate(decideUpdate, { args: [{ kind: 'retry', by: 'ann' }] });
      }
      expect(await handle.result()).toMatchObject({ reason: 'generation 2; ABI broken, libz.so.1 gone: curl to be rebuilt' });
    });
    const version = `1.3.${serial}-r0`;
    expect(world.news).toMatchObject([
      { package: 'zlib', version, outcome: 'waits', roots: ['a', 'b'], text: 'sbom: seen', urgency: 3, seconds: 1 },
      {
        package: 'zlib',
        version,
        outcome: 'published',
        roots: ['a', 'b'],
        change: { kind: 'break', breaks: ['curl'] },
        text: `zlib ${version} removed libz.so.1`,
      },
    ]);
    expect(new Set(world.news.map(({ id }) => id)).size).toBe(2);
    expect(world.records[0]!.comparison).toEqual(compared('break', { breaks: ['curl'], removed: ['libz.so.1'] }));
  });

  const order = { ...cause('order:1'), kind: 'rebuild' as const, text: 'glibc 2.42-r1 was published', roots: ['glibc'] };

  it('a rebuild that changed nothing ends before checks and merge, and says what it is current for', async () => {
    world.comparison = () => compared('same');
    await onStage(env, world, async () => {
      const handle = await start({ change: 'rebuild', causes: [order] });
      const reason = 'equal to 1.2.13-r0 in content: nothing published, current for glibc 2.42-r1 was published';
      expect(await handle.result()).toEqual({ outcome: 'equal', reason });
      expect(world.news).toMatchObject([{ outcome: 'equal', roots: ['glibc'], text: reason, urgency: 5 }]);
    });
    expect(world.calls.filter((call) => /^(checks (package|test)|mergeChange|signPackages)/.test(call))).toEqual([]);
    expect(world.calls).toContain('closeChange');
    expect(world.records[0]).toMatchObject({ outcome: 'equal', comparison: { kind: 'same' } });
  });

  it.each([
    ['a rebuild that differs', { change: 'rebuild' as const, causes: [order] }, 'content' as const],
    ['a release without a difference', { change: 'bump' as const }, 'same' as const],
  ])('%s is published', async (_, more, kind) => {
    world.comparison = () => compared(kind);
    await onStage(env, world, async () => {
      const handle = await start(more);
      expect(await handle.result()).toMatchObject({ outcome: 'published' });
    });
    expect(world.news).toMatchObject([{ outcome: 'published', change: { kind, breaks: [] } }]);
  });

  it('a cancelled release leaves a record and no branch', async () => {
    world.failing = () => ['sbom'];
    await onStage(env, world, async () => {
      const handle = await start();
      await waiting(handle);
      await until(async () => (world.notes.includes('release-waits') ? true : undefined), env);
      await handle.cancel();
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    });
    expect(world.records[0]).toMatchObject({ outcome: 'failed', reason: 'cancelled by a person' });
    expect(world.calls).toContain('closeChange');
  });
});
