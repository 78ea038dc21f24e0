import fc from 'fast-check';
import type { ImageLock, ImageOutcome } from '../../../src/domain/image/image';
import type { ImageHold, ImageOrder } from '../../../src/domain/image/order';
import { imageReleaseId, newImage, reduceImage } from '../../../src/domain/image/reduce';
import type { ImageCommand, ImageEvent, ImageHint, ImageState } from '../../../src/domain/image/reduce';
import type { Cause } from '../../../src/domain/release/release';

const at = Date.parse('2026-01-02T03:04:05Z');
const key = (name: string) => `sha256:${name.padEnd(64, '0')}` as const;
const lock = (name: string, generation = 1): ImageLock => ({
  ...{ image: 'web', repository: 'web', commit: 'c', generation, spec: key('5'), suites: [], key: key(name), changes: [] },
  variants: [{ variant: '', config: key('c'), digest: key(name), version: '1.0-r0', packages: 1 }],
});
const hint = (id: string, more: Partial<ImageHint> = {}): ImageHint => ({
  ...{ id, cause: { id, kind: 'rebuild', text: id, at: '2026-01-02T03:04:05Z' } },
  ...more,
});
const settled = (name: string, outcome: ImageOutcome, generation = 1, id = `${name}@1`): ImageEvent => ({
  kind: 'settled',
  settled: { id, release: imageReleaseId('web', key(name)), lock: lock(name, generation), outcome, reason: 'r', tags: [] },
});

function run(events: readonly ImageEvent[], from = newImage('web')): { state: ImageState; commands: ImageCommand[]; text: string } {
  return events.reduce<{ state: ImageState; commands: ImageCommand[]; text: string }>(
    ({ state, commands }, event) => {
      const step = reduceImage(state, event);
      return { state: step.state, commands: [...commands, ...step.commands], text: step.text };
    },
    { state: from, commands: [], text: '' },
  );
}
const hinted = (id: string): ImageEvent => ({ kind: 'hint', hint: hint(id) });
const looked = (name: string, id: string, generation = 1): ImageEvent => ({
  kind: 'looked',
  look: { lock: lock(name, generation) },
  hints: [hint(id)],
  at,
});
const release = (name: string) => imageReleaseId('web', key(name));
const flying = run([hinted('a'), looked('a', 'a')]).state;
const tagged = run([settled('a', 'tagged')], flying).state;

it('a hint looks, a lock starts its release, whose id is the key', () => {
  const { commands, state } = run([hinted('a'), looked('a', 'a')]);
  expect(commands).toMatchObject([
    { kind: 'look', hints: [{ id: 'a' }] },
    { kind: 'start', release: release('a'), target: { causes: [{ id: 'a' }] } },
  ]);
  expect(state.inFlight).toMatchObject({ release: release('a') });
});

it('what comes during a look is one more look, which knows the tagged lock', () => {
  const { commands } = run([hinted('b'), hinted('c'), hinted('d'), hinted('c'), looked('a', 'b', 2)], tagged);
  expect(commands).toMatchObject([
    { kind: 'look', hints: [{ id: 'b' }], previous: { key: key('a') } },
    { kind: 'look', hints: [{ id: 'c' }, { id: 'd' }] },
  ]);
});

it('the lock of the tags is nothing to do, and the same hint is not looked at again', () => {
  const { state, commands, text } = run([hinted('b'), looked('a', 'b', 7), hinted('b')], tagged);
  expect(commands).toHaveLength(1);
  expect(state.inFlight).toBeUndefined();
  expect(text).toBe('nothing to do: unchanged at generation 7');
});

it('a person is always looked for', () => {
  const asked: ImageEvent = { kind: 'hint', hint: { ...hint('b'), cause: { ...hint('b').cause, kind: 'person' } } };
  expect(run([hinted('b'), looked('a', 'b'), asked], tagged).commands).toHaveLength(2);
});

it('another lock supersedes what is in flight, and is looked at when that has ended', () => {
  const other = run([hinted('b'), looked('b', 'b', 2)], flying);
  expect(other.commands).toMatchObject([{ kind: 'look' }, { kind: 'supersede', release: release('a'), by: 'the lock of generation 2' }]);
  const after = run([settled('a', 'superseded'), looked('b', 'b', 2)], other.state);
  expect(after.commands).toMatchObject([
    { kind: 'look', hints: [{ id: 'b' }] },
    { kind: 'start', release: release('b') },
  ]);
});

it('the lock of the tags supersedes too: what is in flight was withdrawn', () => {
  const second = run([hinted('b'), looked('b', 'b', 2)], tagged).state;
  const back = run([hinted('c'), looked('a', 'c', 3)], second);
  expect(back.commands[1]).toMatchObject({ kind: 'supersede', release: release('b') });
  const after = run([settled('b', 'superseded', 2), looked('a', 'c', 3)], back.state);
  expect(after.state.inFlight).toBeUndefined();
  expect(after.text).toBe('unchanged at generation 3');
});

it('the lock in flight again adds its cause, and forgets what would have come next', () => {
  const other = run([hinted('b'), looked('b', 'b', 2), hinted('c'), looked('a', 'c', 3)], flying).state;
  expect(other.next).toBeUndefined();
  expect(other.inFlight!.causes.map((cause: Cause) => cause.id)).toEqual(['a', 'c']);
});

it('a rejected lock comes back when a person insists, and not before', () => {
  const rejected = run([settled('a', 'rejected')], flying).state;
  const again = run([hinted('b'), looked('a', 'b')], rejected);
  expect(again.state.inFlight).toBeUndefined();
  expect(again.text).toBe('this lock was rejected: r (millrace image build web --insist)');
  const insist = hint('c', { insist: true });
  const insisted = run(
    [
      { kind: 'hint', hint: insist },
      { kind: 'looked', look: { lock: lock('a') }, hints: [insist], at },
    ],
    rejected,
  );
  expect(insisted.state).toMatchObject({ inFlight: { release: release('a') }, rejected: [] });
});

it('a problem is shown, keeps the tags, and the same hint tries again', () => {
  const { state, commands } = run(
    [hinted('b'), { kind: 'looked', look: { problem: 'does not solve' }, hints: [hint('b')], at }, hinted('b')],
    tagged,
  );
  expect(state).toMatchObject({ problem: 'does not solve', tagged: { key: key('a') }, looking: true });
  expect(commands).toHaveLength(2);
  expect(run([looked('a', 'b')], state).state.problem).toBeUndefined();
});

it.each([
  ['no release', newImage('web'), true],
  ['a release in flight', flying, false],
])('an image that is gone from main ends with %s: %#', (_title, from, removed) => {
  const gone: ImageEvent = { kind: 'looked', look: { problem: 'there is no image.yaml', removed: true }, hints: [], at };
  expect(run([gone], from).state.removed).toBe(removed);
});

it('a release that vanished is owed an answer, with all that waited behind it', () => {
  const { commands, state } = run([hinted('b'), looked('b', 'b', 2), { kind: 'vanished', release: release('a') }], flying);
  expect(state.inFlight).toBeUndefined();
  expect(commands.at(-1)).toMatchObject({ kind: 'look', hints: [{ id: 'a' }, { id: 'b' }] });
});

it('a word heard twice is heard once, one of another release ends nothing', () => {
  const once = run([settled('a', 'tagged'), settled('a', 'tagged')], flying);
  expect(once.state.history).toHaveLength(1);
  expect(once.text).toBe('heard before');
  expect(run([settled('z', 'failed')], flying).state.inFlight).toBeDefined();
});

const ordered = (order: ImageOrder, when = at): ImageEvent => ({ kind: 'order', order, at: when });
const hold: ImageOrder = { kind: 'hold', by: 'ann', reason: 'an incident' };
const resume: ImageOrder = { kind: 'resume', by: 'bob' };
const digest = (name: string) => `sha256:${name.padEnd(64, 'd')}`;
const back = (name: string): ImageOrder => ({
  kind: 'rollback',
  by: 'ann',
  reason: 'segfaults',
  moves: [{ tag: 'latest', to: digest(name) }],
});
const ROLLBACK = 'rollback:web@2026-01-02T03:04:05.000Z';
const rolledBack = (to: string, ...over: readonly string[]): ImageEvent => ({
  kind: 'rolled-back',
  id: ROLLBACK,
  result: {
    moves: [{ tag: 'latest', to: digest(to) }],
    lock: lock(to),
    over: over.map((name) => ({ key: key(name), generation: 2 })),
  },
});

describe('on hold', () => {
  it('a look says what would be started, and a resume looks again for it', () => {
    const held = run([ordered(hold), hinted('b'), looked('b', 'b', 2)], tagged);
    expect(held.commands.map(({ kind }) => kind)).toEqual(['look']);
    expect(held.text).toBe('on hold by ann (an incident): the lock of generation 2 would be started');
    const resumed = run([ordered(resume)], held.state);
    expect(resumed.commands).toMatchObject([{ kind: 'look', hints: [{ id: 'b' }, { id: 'resume:web@2026-01-02T03:04:05.000Z' }] }]);
    expect(run([looked('b', 'b', 2)], resumed.state).commands).toMatchObject([{ kind: 'start', release: release('b') }]);
  });

  it('what is in flight is told, goes on when resumed, and is not lost when it ends meanwhile', () => {
    const held = run([ordered(hold)], flying);
    expect(held.commands).toMatchObject([{ kind: 'hold', release: release('a'), hold: { by: 'ann', reason: 'an incident' } }]);
    expect(run([ordered(resume)], held.state).commands[0]).toEqual({ kind: 'hold', release: release('a') });
    const settledMeanwhile = run([settled('a', 'tagged'), ordered(resume)], held.state);
    expect(settledMeanwhile.commands.map(({ kind }) => kind)).toEqual(['look']);
  });

  it('another lock replaces what stands before its tags, and is not started', () => {
    const held = run([ordered(hold), hinted('b'), looked('b', 'b', 2), settled('a', 'superseded'), looked('b', 'b', 2)], flying);
    expect(held.commands.map(({ kind }) => kind)).toEqual(['hold', 'look', 'supersede', 'look']);
    expect(held.state.inFlight).toBeUndefined();
    expect(held.state.owed.map(({ id }) => id)).toEqual(['b']);
  });

  it('who insists takes a rejection back, to be started after the hold', () => {
    const rejected = run([settled('a', 'rejected'), ordered(hold)], flying).state;
    const insist = hint('c', { insist: true });
    const insisted = run([{ kind: 'looked', look: { lock: lock('a') }, hints: [insist], at }, ordered(resume), looked('a', 'c')], rejected);
    expect(insisted.commands.at(-1)).toMatchObject({ kind: 'start', release: release('a') });
  });

  it('a resume without a hold is a look that also frees a release that nobody remembers to hold', () => {
    expect(run([ordered(resume)], flying).commands).toMatchObject([{ kind: 'hold', release: release('a') }, { kind: 'look' }]);
  });

  it.each<[string, unknown, string]>([
    ['nothing', null, 'an order is an object'],
    ['no kind', { kind: 'stop', by: 'ann' }, '"kind" is one of hold, resume, rollback'],
    ['nobody', { kind: 'hold', by: ' ', reason: 'r' }, '"by" names'],
    ['no reason', { kind: 'hold', by: 'ann' }, 'hold needs a "reason"'],
    ['the placeholder', { kind: 'rollback', by: 'ann', reason: '…', moves: [] }, 'rollback needs a "reason"'],
    ['no moves', { kind: 'rollback', by: 'ann', reason: 'r' }, '"moves" names tags and digests'],
    ['no digest', { kind: 'rollback', by: 'ann', reason: 'r', moves: [{ tag: 'latest', to: 'latest' }] }, '"moves" names'],
    ['null', { kind: 'rollback', by: 'ann', reason: 'r', moves: [null] }, '"moves" names'],
    [
      'a tag twice',
      { kind: 'rollback', by: 'ann', reason: 'r', moves: [digest('a'), digest('b')].map((to) => ({ tag: 'latest', to })) },
      'a tag is named twice',
    ],
  ])('an order that does not fit is shown and ignored: %s', (_title, order, text) => {
    const { state, commands } = run([ordered(order as ImageOrder)], tagged);
    expect(commands).toEqual([]);
    expect(state.refused).toContain(text);
    expect({ ...state, refused: undefined }).toEqual({ ...tagged, refused: undefined });
  });
});

describe('a rollback', () => {
  const second = run([hinted('b'), looked('b', 'b', 2), settled('b', 'tagged', 2)], tagged).state;

  it('holds, moves, and does not bring back what it went back over', () => {
    const going = run([ordered(back('a'))], second);
    expect(going.commands).toMatchObject([{ kind: 'rollback', rollback: { id: ROLLBACK, by: 'ann', moves: [{ tag: 'latest' }] } }]);
    expect(going.state.hold).toMatchObject({ by: 'ann', reason: 'rollback: segfaults' });
    const done = run([rolledBack('a', 'b'), ordered(resume), looked('b', 'b', 3)], going.state);
    expect(done.text).toBe('this lock was rejected: ann rolled back from it: segfaults (millrace image build web --insist)');
    expect(done.state).toMatchObject({
      tagged: { key: key('a') },
      orders: [{ kind: 'rollback', outcome: 'moved latest back' }, { kind: 'resume' }],
    });
  });

  it('the lock that it went back to is carried to the tags that were left', () => {
    const done = run([ordered(back('a')), rolledBack('a', 'b'), ordered(resume), looked('a', 'x', 3)], second);
    expect(done.commands.at(-1)).toMatchObject({ kind: 'start', release: release('a') });
    expect(run([settled('a', 'tagged', 3, 'a@2'), hinted('y'), looked('a', 'y', 3)], done.state).text).toBe('unchanged at generation 3');
  });

  it.each<[string, ImageEvent]>([
    ['stands still', { kind: 'held', release: release('b') }],
    ['has ended', settled('b', 'tagged', 2)],
    ['has vanished', { kind: 'vanished', release: release('b') }],
  ])('waits until the release in flight %s, and is ordered once', (_title, event) => {
    const flyingSecond = run([hinted('b'), looked('b', 'b', 2)], tagged).state;
    const waiting = run([ordered(back('a')), { kind: 'held', release: release('z') }], flyingSecond);
    expect(waiting.commands.map(({ kind }) => kind)).toEqual(['hold']);
    const going = run([event, event], waiting.state);
    expect(going.commands.filter(({ kind }) => kind === 'rollback')).toHaveLength(1);
  });

  it('that is refused moves nothing, and keeps the hold', () => {
    const refused = run([ordered(back('a')), { kind: 'rolled-back', id: ROLLBACK, result: { problem: 'was deleted' } }], second).state;
    expect(refused).toMatchObject({ hold: { by: 'ann' }, rejected: [], orders: [{ outcome: 'refused: was deleted' }] });
    expect(refused.rollback).toBeUndefined();
    expect(refused.tagged).toEqual(second.tagged);
  });

  it('under way, no other order is taken', () => {
    const going = run([ordered(back('a'))], second).state;
    expect(run([ordered(resume)], going)).toMatchObject({
      commands: [],
      text: expect.stringContaining('the rollback by ann is under way'),
    });
  });
});

/** A release in the world: it stands before its tags while it is held, and past that point it ends tagged. */
interface Running {
  readonly lock: ImageLock;
  hold: ImageHold | undefined;
  tagging: boolean;
}

/** A world around the rules: main has a lock, releases end as they like, people order, and whatever the commands say is done at once or later. */
it('whatever happens: one release at a time, none starts on hold, tags go back only by a rollback and beside no release, no cause is lost, and in the end the tags have the newest lock', () => {
  const outcomes: readonly ImageOutcome[] = ['tagged', 'failed', 'superseded', 'tagged'];
  const moves = fc.array(
    fc.oneof(
      fc.record({ move: fc.constant('change' as const), to: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ move: fc.constantFrom('look', 'look', 'end', 'vanish', 'point', 'do', 'do', 'do') }),
      fc.record({ move: fc.constant('hint' as const) }),
      fc.record({ move: fc.constantFrom('hold', 'resume', 'rollback', 'refuse') }),
    ),
    { maxLength: 60, size: 'max' },
  );
  let rollbacks = 0;
  fc.assert(
    fc.property(moves, (list) => {
      let state = newImage('web');
      let main = 'a';
      let generation = 1;
      let serial = 0;
      const looks: ImageHint[][] = [];
      const commands: ImageCommand[] = [];
      let running: Running | undefined;
      /** Locks that the tag `latest` pointed to, and what it points to. */
      const past: ImageLock[] = [];
      let latest: ImageLock | undefined;
      const apply = (event: ImageEvent) => {
        const before = state;
        const step = reduceImage(state, event);
        state = JSON.parse(JSON.stringify(step.state)) as ImageState;
        for (const command of step.commands) {
          if (command.kind === 'start') expect(before.hold).toBeUndefined();
          if (command.kind === 'look') looks.push([...command.hints]);
          else commands.push(command);
          expect(looks.length).toBeLessThanOrEqual(1);
        }
      };
      /** The shell does one command after the other. */
      const perform = () => {
        const command = commands.shift();
        if (command?.kind === 'start') {
          expect(running).toBeUndefined();
          running = { lock: command.target.lock, hold: undefined, tagging: false };
        }
        if (command?.kind === 'hold' && running && imageReleaseId('web', running.lock.key) === command.release) {
          running.hold = command.hold;
          if (command.hold && !running.tagging) apply({ kind: 'held', release: command.release });
        }
        if (command?.kind !== 'rollback') return;
        rollbacks += 1;
        expect(!running || (running.hold !== undefined && !running.tagging)).toBe(true);
        const { id, moves: targets } = command.rollback;
        const to = past.findLast(({ key: known }) => `sha256:${known.slice(7, 8).padEnd(64, 'd')}` === targets[0]!.to);
        if (!to) return apply({ kind: 'rolled-back', id, result: { problem: 'never tagged' } });
        const over = past.slice(past.lastIndexOf(to) + 1);
        latest = to;
        apply({ kind: 'rolled-back', id, result: { moves: [{ tag: 'latest', to: targets[0]!.to }], lock: to, over } });
        expect(state.rejected.map((one) => one.key)).toEqual(
          expect.arrayContaining(over.map((one) => one.key).filter((one) => one !== to.key)),
        );
      };
      const look = () => {
        const hints = looks.shift();
        if (hints) apply({ kind: 'looked', look: { lock: lock(main, generation) }, hints, at });
      };
      const end = (wanted: ImageOutcome) => {
        const done = running;
        if (!done) return;
        const outcome = done.tagging ? 'tagged' : done.hold && wanted === 'tagged' ? 'superseded' : wanted;
        running = undefined;
        if (outcome === 'tagged') {
          if (latest) expect(done.lock.generation).toBeGreaterThanOrEqual(latest.generation);
          past.push(done.lock);
          latest = done.lock;
        }
        apply({
          kind: 'settled',
          settled: { id: `s${++serial}`, release: imageReleaseId('web', done.lock.key), lock: done.lock, outcome, reason: '', tags: [] },
        });
      };
      const order = (kind: string) => {
        serial += 1;
        if (kind === 'hold') apply(ordered(hold, at + serial));
        else if (kind === 'resume') apply(ordered(resume, at + serial));
        else apply(ordered(back((kind === 'refuse' ? 'e' : past[serial % Math.max(1, past.length)]?.key.slice(7, 8)) ?? 'e'), at + serial));
      };
      const settle = () => {
        for (let round = 0; round < 12; round += 1) {
          perform();
          look();
          perform();
          if (!running?.hold || running.tagging) end('tagged');
        }
      };
      apply(hinted('first'));
      settle();
      for (const step of list) {
        if ('to' in step) {
          main = step.to;
          generation += 1;
          apply(hinted(`generation:${generation}`));
        } else if (step.move === 'hint') apply(hinted(`hint:${++serial}`));
        else if (step.move === 'look') look();
        else if (step.move === 'end') end(outcomes[serial % outcomes.length]!);
        else if (step.move === 'point' && running && !running.hold) running.tagging = true;
        else if (step.move === 'do') perform();
        else if (step.move === 'vanish' && running && !running.tagging) {
          const { key: gone } = running.lock;
          running = undefined;
          apply({ kind: 'vanished', release: imageReleaseId('web', gone) });
        } else order(step.move);
      }
      settle();
      // Nothing but a hold keeps work that is owed from being done.
      apply(ordered(resume, at + ++serial));
      settle();
      const given = [state.tagged?.key, ...state.rejected.map((one) => one.key)];
      expect(given).toContain(key(main));
      main = 'f';
      generation += 1;
      apply(hinted('last'));
      settle();
      expect(state).toMatchObject({ looking: false, pending: [], owed: [], tagged: { key: key(main) } });
      expect(state.inFlight).toBeUndefined();
      expect(latest).toMatchObject({ key: key(main) });
    }),
    { numRuns: 500 },
  );
  expect(rollbacks).toBeGreaterThan(100);
});
