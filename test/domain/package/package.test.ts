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
