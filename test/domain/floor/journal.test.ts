import type { FloorEvent } from '../../../src/domain/floor/floor';
import { journalLine, replayJournal } from '../../../src/domain/floor/journal';
import { planRebuild } from '../../../src/domain/floor/plan';
import { reduceFloor } from '../../../src/domain/floor/reduce';
import { newFloor } from '../../../src/domain/floor/state';
import { graphOf } from '../../../src/domain/graph/adjacency';

const began = newFloor('test', { slots: 1, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 9, share: 0.5 } });
const graph = graphOf(
  ['app', 'lib', 'tool'],
  [
    ['app', 'lib'],
    ['tool', 'lib'],
  ],
);
const plan = planRebuild({ graph, policies: ['static', 'static', 'static'], seconds: [9, 9, 1], packages: ['lib'] });
const news = { id: 'n1', package: 'lib', version: '2-r0', outcome: 'published', roots: [], text: '', urgency: 3, seconds: 1 } as const;
const events: readonly FloorEvent[] = [
  { kind: 'news', at: 1000, news: { ...news, change: { kind: 'content', breaks: [] } } },
  { kind: 'planned', at: 2000, plan },
  { kind: 'decision', at: 3000, decision: { kind: 'hold', package: 'tool', by: 'anna', reason: 'because' } },
];

function recorded(): readonly string[] {
  let state = began;
  return events.map((event) => {
    const step = reduceFloor(state, event);
    state = step.state;
    return journalLine(state.step, event, step.commands);
  });
}

test('the same rules decide the same on what was recorded', () => {
  expect(replayJournal(began, recorded())).toEqual([]);
});

test('a decision that would be another is told, with the event', () => {
  const lines = recorded().map((line) => line.replace('start app for lib@2-r0', 'start tool for lib@2-r0'));
  expect(replayJournal(began, lines)).toEqual([
    { sequence: 2, event: 'a plan of 3 packages', missing: ['start tool for lib@2-r0'], added: ['start app for lib@2-r0'] },
  ]);
});

test('lines of steps that the snapshot has are left out', () => {
  const later = reduceFloor(began, events[0]!).state;
  expect(replayJournal(later, recorded())).toEqual([]);
});

test.each([
  ['{"sequence":', /line 1 of the journal is no JSON/],
  ['{"sequence":1}', /line 1 of the journal has no sequence, event and commands/],
])('a line that is none is named: %s', (line, expected) => expect(() => replayJournal(began, [line])).toThrow(expected));
