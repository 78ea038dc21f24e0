import fc from 'fast-check';
import type { ImageLock, ImageOutcome } from '../../../src/domain/image/image';
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

/** A world around the rules: main has a lock, releases end as they like, and whatever the commands say is done at once or later. */
it('whatever happens: one release at a time, no cause lost, and in the end the tags have the newest lock', () => {
  const outcomes: readonly ImageOutcome[] = ['tagged', 'failed', 'superseded', 'tagged'];
  const moves = fc.array(
    fc.oneof(
      fc.record({ move: fc.constant('change' as const), to: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ move: fc.constantFrom('look', 'end', 'vanish') }),
      fc.record({ move: fc.constant('hint' as const) }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(moves, (list) => {
      let state = newImage('web');
      let main = 'a';
      let generation = 1;
      let serial = 0;
      const looks: ImageHint[][] = [];
      const running: ImageLock[] = [];
      const apply = (event: ImageEvent) => {
        const step = reduceImage(state, event);
        state = JSON.parse(JSON.stringify(step.state)) as ImageState;
        for (const command of step.commands) {
          if (command.kind === 'look') looks.push([...command.hints]);
          if (command.kind === 'start') running.push(command.target.lock);
          expect(running.length).toBeLessThanOrEqual(1);
          expect(looks.length).toBeLessThanOrEqual(1);
        }
      };
      const look = () => {
        const hints = looks.shift();
        if (hints) apply({ kind: 'looked', look: { lock: lock(main, generation) }, hints, at });
      };
      const end = (outcome: ImageOutcome) => {
        const done = running.shift();
        if (done)
          apply({
            kind: 'settled',
            settled: { id: `s${++serial}`, release: imageReleaseId('web', done.key), lock: done, outcome, reason: '', tags: [] },
          });
      };
      for (const step of list) {
        if ('to' in step) {
          main = step.to;
          generation += 1;
          apply(hinted(`generation:${generation}`));
        } else if (step.move === 'hint') apply(hinted(`hint:${++serial}`));
        else if (step.move === 'look') look();
        else if (step.move === 'end') end(outcomes[serial % outcomes.length]!);
        else if (running.length > 0) apply({ kind: 'vanished', release: imageReleaseId('web', running.shift()!.key) });
      }
      apply(hinted('last'));
      for (let round = 0; round < 10; round += 1) {
        look();
        end('tagged');
      }
      expect(state).toMatchObject({ looking: false, pending: [], tagged: { key: key(main) } });
      expect(state.inFlight).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});
