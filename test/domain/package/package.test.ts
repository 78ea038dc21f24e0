import fc from 'fast-check';
import { newPackage, reducePackage } from '../../../src/domain/package/package';
import type { Look, PackageCommand, PackageEvent, PackageHint, PackageState } from '../../../src/domain/package/package';

const hint = (id: string, more: Partial<PackageHint> = {}): PackageHint => ({
  id,
  cause: { id, kind: 'upstream-release', text: id, at: '2026-01-01T00:00:00Z' },
  ...more,
});
const AT = Date.UTC(2026, 0, 1);

const look = (spec: string, published?: string, upstream?: string): Look => {
  const [version, epoch] = spec.split('-r') as [string, string];
  return {
    spec: { version, epoch: Number(epoch) },
    ...(published ? { published: { version: published } } : {}),
    update: upstream
      ? { chosen: { version: upstream, candidate: { name: upstream } }, reason: 'newer', trace: [] }
      : { reason: 'nothing newer', trace: [] },
  };
};

function play(state: PackageState, ...events: PackageEvent[]): { state: PackageState; commands: PackageCommand[]; text: string } {
  const commands: PackageCommand[] = [];
  let text = '';
  for (const event of events) {
    const step = reducePackage(state, event);
    state = step.state;
    commands.push(...step.commands);
    text = step.text;
  }
  return { state, commands, text };
}

const looked = (found: Look, id = 'h', more: Partial<PackageHint> = {}): PackageEvent => ({
  kind: 'looked',
  look: found,
  hints: [hint(id, more)],
  at: AT,
});

describe('what a look leads to', () => {
  it.each([
    ['nothing newer', look('1.3-r0', '1.3-r0'), undefined, /1\.3-r0 is published; nothing newer/],
    ['a newer upstream', look('1.3-r0', '1.3-r0', '1.4'), '1.4-r0', /started/],
    ['a spec that is not published', look('1.3-r1', '1.3-r0'), '1.3-r1', /started/],
    ['a first release', look('1.3-r0'), '1.3-r0', /started/],
    ['a spec older than what is published', look('1.2-r0', '1.3-r0'), undefined, /not newer than the published 1\.3-r0/],
    ['an upstream choice that is not newer than the spec', look('1.4-r0', '1.4-r0', '1.3'), undefined, /is published/],
    [
      'a tag that moved',
      {
        ...look('1.3-r0', '1.3-r0'),
        update: { reason: 'nothing newer', trace: [], retagged: { name: 'v1.3', was: 'a'.repeat(40), is: 'b'.repeat(40) } },
      },
      undefined,
      /^security: upstream moved the tag v1\.3 from a{12} to b{12}/,
    ],
    ['no spec', { problem: 'packages/x.yaml: gone' }, undefined, /gone/],
  ])('%s', (_name, found, started, text) => {
    const step = play(newPackage('x'), looked(found));
    const start = step.commands.find((command) => command.kind === 'start');
    expect(start ? `${start.target.version}-r${start.target.epoch}` : undefined).toBe(started);
    expect(step.text).toMatch(text);
  });
});

describe('hints', () => {
  it('one that was looked at in vain is not looked at again until something changes', () => {
    const idle = play(newPackage('x'), { kind: 'hint', hint: hint('a') }, looked(look('1-r0', '1-r0'), 'a')).state;
    expect(play(idle, { kind: 'hint', hint: hint('a') }).commands).toEqual([]);
    expect(play(idle, { kind: 'hint', hint: hint('b') }).commands).toHaveLength(1);
  });

  it('one whose look failed is looked at again', () => {
    const failed = play(newPackage('x'), { kind: 'hint', hint: hint('a') }, looked({ problem: 'upstream cannot be reached' }, 'a')).state;
    expect(play(failed, { kind: 'hint', hint: hint('a') }).commands).toHaveLength(1);
  });

  it('a person is always listened to', () => {
    const idle = play(newPackage('x'), { kind: 'hint', hint: hint('a') }, looked(look('1-r0', '1-r0'), 'a')).state;
    expect(play(idle, { kind: 'hint', hint: hint('a', { insist: true }) }).commands).toHaveLength(1);
  });
});

it('a loop is stopped, and a person starts it again', () => {
  let state = newPackage('x');
  const round = (id: string, more = {}) => {
    const step = play(state, looked(look('1-r0', '1-r0', '2'), id, more));
    state = step.state;
    const release = state.inFlight?.release;
    if (release)
      state = play(state, {
        kind: 'settled',
        settled: { id: `${release}${id}`, release, version: '2', epoch: 0, outcome: 'published', reason: '', buildSeconds: {} },
      }).state;
    return release;
  };
  expect([1, 2, 3, 4].map((n) => round(`${n}`))).toEqual(Array(4).fill('release:x-2-r0'));
  expect(round('5')).toBeUndefined();
  expect(state.stopped).toMatch(/2-r0 was started 4 times within a day.*millrace release x --insist/);
  expect(round('6', { insist: true })).toBe('release:x-2-r0');
  expect(state.stopped).toBeUndefined();
});

it('a withdrawn version does not come back by itself', () => {
  const withdrawn = play(newPackage('x'), { kind: 'withdrawn', version: '1.3-r0', reason: 'broken' }).state;
  expect(play(withdrawn, looked(look('1.3-r0', '1.2-r0'))).text).toBe('1.3-r0 was refused: withdrawn: broken');
  expect(play(withdrawn, looked(look('1.3-r0', '1.2-r0'), 'p', { insist: true })).state.inFlight?.release).toBe('release:x-1.3-r0');
});

describe('whatever comes in whatever order', () => {
  const version = fc.constantFrom('1', '2', '3');
  const event: fc.Arbitrary<PackageEvent> = fc.oneof(
    fc.record({
      kind: fc.constant('hint' as const),
      hint: fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()).map(([id, insist]) => hint(id, insist ? { insist } : {})),
    }),
    fc
      .tuple(version, version, fc.option(version, { nil: undefined }))
      .map(([spec, published, upstream]) => looked(look(`${spec}-r0`, `${published}-r0`, upstream))),
    fc.record({ kind: fc.constant('withdrawn' as const), version: version.map((v) => `${v}-r0`), reason: fc.constant('why') }),
    fc
      .tuple(version, fc.constantFrom('published' as const, 'rejected' as const, 'superseded' as const), fc.nat(5))
      .map(([v, outcome, n]) => ({
        kind: 'settled' as const,
        settled: { id: `${v}@${n}`, release: `release:x-${v}-r0`, version: v, epoch: 0, outcome, reason: 'r', buildSeconds: {} },
      })),
  );

  it('at most one release is in flight, no look is lost, and the state stays small', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        let state = newPackage('x');
        for (const one of events) {
          const before = state;
          const step = reducePackage(state, one);
          state = step.state;
          const starts = step.commands.filter((command) => command.kind === 'start');
          expect(starts.length).toBeLessThanOrEqual(before.inFlight ? 0 : 1);
          expect(starts.length === 1).toBe(!before.inFlight && state.inFlight !== undefined);
          if (state.pending.length > 0) expect(state.looking).toBe(true);
        }
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        expect(JSON.stringify(state).length).toBeLessThan(60_000);
      }),
    );
  });
});

describe('orders of the floor', () => {
  const order = (id: string, ...roots: string[]): PackageHint => ({
    id,
    cause: { id, kind: 'rebuild', text: `${id} asks`, at: '2026-01-01T00:00:00Z', roots },
  });
  const see = (found: Look, ...hints: PackageHint[]): PackageEvent => ({ kind: 'looked', look: found, hints, at: AT });
  const end = (release: string, outcome: 'published' | 'equal' | 'superseded' | 'failed', id = `${release} ${outcome}`): PackageEvent => {
    const [, version, epoch] = /-([^-]+)-r(\d+)$/.exec(release)!;
    return { kind: 'settled', settled: { id, release, version: version!, epoch: Number(epoch), outcome, reason: 'so', buildSeconds: {} } };
  };
  const current = look('1.3-r2', '1.3-r2');

  it.each([
    ['raises the epoch of what is published', current, { version: '1.3', epoch: 3, change: 'rebuild' }],
    ['is served by a newer upstream', look('1.3-r2', '1.3-r2', '1.4'), { version: '1.4', epoch: 0, change: 'bump' }],
    ['is served by a spec that is not published yet', look('1.3-r3', '1.3-r2'), { version: '1.3', epoch: 3, change: 'none' }],
    [
      'needs no upstream that answers',
      { spec: { version: '1.3', epoch: 2 }, published: { version: '1.3-r2' }, problem: 'down' },
      { epoch: 3 },
    ],
  ])('%s', (_name, found, target) => {
    const { commands } = play(newPackage('x'), see(found, order('o', 'glibc')));
    expect(commands).toMatchObject([{ kind: 'start', target: { ...target, causes: [{ id: 'o', roots: ['glibc'] }] } }]);
  });

  it('goes on where a person rejected the newer upstream', () => {
    const state: PackageState = { ...newPackage('x'), rejected: [{ version: '1.4-r0', reason: 'ann: no' }] };
    const { commands } = play(state, see(look('1.3-r2', '1.3-r2', '1.4'), order('o', 'glibc')));
    expect(commands).toMatchObject([{ kind: 'start', target: { version: '1.3', epoch: 3, change: 'rebuild' } }]);
  });

  it.each([
    ['has no spec', { problem: 'packages/x.yaml is gone' }, 'packages/x.yaml is gone'],
    ['says less than what is published', look('1.2-r0', '1.3-r2'), /not newer than the published/],
  ])('are answered to the floor where main %s', (_name, found, text) => {
    const { commands } = play(newPackage('x'), see(found, hint('h'), order('o', 'glibc')));
    expect(commands).toEqual([
      {
        kind: 'tell',
        news: expect.objectContaining({ package: 'x', outcome: 'failed', roots: ['glibc'], text: expect.stringMatching(text) }),
      },
    ]);
  });

  it('many while a release builds make one rebuild after it, however that ends', () => {
    const flying = play(newPackage('x'), looked(look('1.3-r0', '1.3-r0', '1.4'))).state;
    const owing = play(flying, see(current, order('a', 'one')), see(current, order('b', 'two')), see(current, order('c', 'three')));
    expect(owing.commands).toEqual([]);
    const after = play(owing.state, { kind: 'hint', hint: order('b', 'two') }, end('release:x-1.4-r0', 'published'));
    expect(after.commands).toMatchObject([{ kind: 'look', hints: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] }]);
    expect(after.state.owed).toEqual([]);
  });

  it('those that come during a look are served by what it leads to', () => {
    const hinted = play(newPackage('x'), { kind: 'hint', hint: order('a', 'one') }, { kind: 'hint', hint: order('b', 'two') });
    const { commands, state } = play(hinted.state, see(current, order('a', 'one')));
    expect(commands).toMatchObject([{ kind: 'start', target: { causes: [{ id: 'a' }, { id: 'b' }] } }]);
    expect(state.pending).toEqual([]);
  });

  it('one that the floor gives again for what the release in flight was started for is served by that', () => {
    const flying = play(newPackage('x'), see(current, order('a', 'one', 'two'))).state;
    const again = play(flying, see(current, order('a again', 'two')), end('release:x-1.3-r3', 'published'));
    expect(again.commands).toEqual([]);
    expect(play(again.state, { kind: 'hint', hint: order('a again', 'two') }).text).toBe('answered before');
  });

  it('those of a superseded rebuild go on with what took its place', () => {
    const flying = play(newPackage('x'), see(current, order('a', 'one')), looked(look('1.3-r2', '1.3-r2', '1.4'), 'up'));
    expect(flying.commands).toMatchObject([{ kind: 'start' }, { kind: 'supersede', by: '1.4-r0' }]);
    const { commands } = play(flying.state, end('release:x-1.3-r3', 'superseded'));
    expect(commands).toMatchObject([{ kind: 'look', hints: [{ id: 'up' }, { id: 'a' }] }]);
  });

  it('those of a release that vanished are looked at again, with those that waited for it', () => {
    const flying = play(newPackage('x'), see(current, order('a', 'one')), see(current, order('b', 'two'))).state;
    const { commands, state } = play(flying, { kind: 'vanished', release: 'release:x-1.3-r3' });
    expect(commands).toMatchObject([{ kind: 'look', hints: [{ id: 'a' }, { id: 'b' }] }]);
    expect(state.owed).toEqual([]);
  });

  it.each(['published', 'equal', 'failed'] as const)('a late repeat after one that ended %s starts nothing', (outcome) => {
    const ended = play(newPackage('x'), see(current, order('a', 'one')), end('release:x-1.3-r3', outcome)).state;
    expect(play(ended, { kind: 'hint', hint: order('a', 'one') }).commands).toEqual([]);
    expect(play(ended, { kind: 'hint', hint: order('b', 'one') }).commands).toHaveLength(1);
  });

  it('an equal one leaves what was looked at in vain as it was', () => {
    const idle = play(newPackage('x'), see(current, hint('h'))).state;
    const equal = play(idle, see(current, order('a', 'one')), end('release:x-1.3-r3', 'equal')).state;
    expect(play(equal, { kind: 'hint', hint: hint('h') }).commands).toEqual([]);
  });

  const rebuilt = (state: PackageState, turn: number, root: string) =>
    play(state, see(current, order(`o${turn}`, root)), end('release:x-1.3-r3', 'equal', `end ${turn}`));

  it('any number of causes a day may rebuild a package to the same version; one cause over and over is a loop', () => {
    let step = play(newPackage('x'));
    for (let turn = 0; turn < 60; turn += 1) step = rebuilt(step.state, turn, `root ${turn}`);
    expect(step.state.history.at(-1)?.id).toBe('end 59');
    expect(play(step.state, looked(look('1.3-r2', '1.3-r2', '1.4'))).text).toBe('1.4-r0 started');
    for (let turn = 60; turn < 64; turn += 1) step = rebuilt(step.state, turn, 'root');
    const looping = play(step.state, see(current, order('once more', 'root')));
    expect(looping.commands).toMatchObject([{ kind: 'tell', news: { outcome: 'failed', roots: ['root'] } }]);
    expect(looping.state.stopped).toMatch(/^1\.3-r3 was started 4 times within a day for root; stopped until a person says/);
  });

  it('none is lost, whatever comes between: each is in a release that ended, was answered, or is still known', () => {
    const outcomes = ['published', 'equal', 'superseded', 'failed'] as const;
    const turn = fc.record({ order: fc.option(fc.nat(30)), upstream: fc.boolean(), end: fc.option(fc.constantFrom(...outcomes)) });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 30 }), (turns) => {
        let state = newPackage('x');
        const pending: PackageCommand[] = [];
        let epoch = 0;
        const given = new Set<string>();
        const answered = new Set<string>();
        const take = (event: PackageEvent) => {
          const step = reducePackage(state, event);
          state = step.state;
          pending.push(...step.commands);
        };
        turns.forEach((each, number) => {
          if (each.order !== null) {
            given.add(`o${each.order}`);
            take({ kind: 'hint', hint: order(`o${each.order}`, `r${each.order}`) });
          }
          for (let command = pending.shift(); command; command = pending.shift()) {
            const found = look(`1.3-r${epoch}`, `1.3-r${epoch}`, each.upstream ? '1.4' : undefined);
            if (command.kind === 'look') take({ kind: 'looked', look: found, hints: command.hints, at: AT + number * 86_400_000 });
          }
          const flying = state.inFlight;
          if (!each.end || !flying) return;
          if (each.end !== 'superseded') flying.causes.forEach((cause) => answered.add(cause.id));
          if (each.end === 'published') epoch += 1;
          take(end(flying.release, each.end, `end ${number}`));
        });
        const known = [
          ...state.owed.map((cause) => cause.id),
          ...state.pending.map(({ id }) => id),
          ...(state.inFlight?.causes ?? []).map((cause) => cause.id),
          ...(state.next?.causes ?? []).map((cause) => cause.id),
          ...pending.flatMap((command) => (command.kind === 'look' ? command.hints.map(({ id }) => id) : [])),
        ];
        expect([...given].filter((id) => !answered.has(id) && !known.includes(id))).toEqual([]);
      }),
    );
  });
});
