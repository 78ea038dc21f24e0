import { carryFloor } from '../../src/domain/floor/carried';
import { newFloor } from '../../src/domain/floor/state';
import { reduceFloor } from '../../src/domain/floor/reduce';
import { journalLine } from '../../src/domain/floor/journal';
import type { FloorEvent } from '../../src/domain/floor/floor';
import { replayRun } from '../../src/views/floor';

describe('replay of a run', () => {
  const began = newFloor('demo', { slots: 2, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 4, share: 0.5 } });
  const news = (name: string): FloorEvent => ({
    kind: 'news',
    at: 1000,
    news: {
      id: name,
      package: name,
      version: '1-r0',
      outcome: 'published',
      change: { kind: 'break', breaks: ['app'] },
      roots: [],
      text: '',
      urgency: 3,
      seconds: 1,
    },
  });
  const written = () => {
    let state = began;
    const lines = ['zlib', 'lz4'].map((name) => {
      const step = reduceFloor(state, news(name));
      state = step.state;
      return journalLine(state.step, news(name), step.commands);
    });
    return [JSON.stringify(carryFloor(began)), ...lines];
  };
  const replay = (lines: readonly string[] | undefined) => replayRun({ read: async () => lines }, 'run');
  /** As a journal keeps what is long. */
  const inParts = (line: string) => [line.slice(0, 10), `+${line.slice(10, 20)}`, `+${line.slice(20)}`];

  it('finds nothing where the rules are the same, whatever parts the lines were written in', async () => {
    expect(await replay(written())).toEqual({ run: 'run', events: 2, differences: [] });
    expect(await replay(written().flatMap(inParts))).toEqual({ run: 'run', events: 2, differences: [] });
  });

  it('tells what would be decided otherwise', async () => {
    const lines = written();
    const first = JSON.parse(lines[1]!) as { commands: string[] };
    expect(first.commands).toHaveLength(1);
    const other = [lines[0]!, JSON.stringify({ ...first, commands: ['start app for zlib@1-r0'] }), lines[2]!];
    expect((await replay(other))!.differences).toEqual([
      { sequence: 1, event: 'news of zlib 1-r0: published', missing: ['start app for zlib@1-r0'], added: first.commands },
    ]);
  });

  it('leaves out a last line that is not whole: the run goes on', async () => {
    const lines = written().flatMap(inParts);
    expect(await replay(lines.slice(0, -1))).toMatchObject({ events: 1, differences: [] });
  });

  it('knows a run that is not there, and one that has not begun', async () => {
    expect(await replay(undefined)).toBeUndefined();
    expect(await replay([])).toBeUndefined();
    expect(await replay(inParts(JSON.stringify(carryFloor(began))).slice(0, 2))).toBeUndefined();
    await expect(replay(['{"distri', ...written().slice(1)])).rejects.toThrow('the journal of run run does not begin with a state');
  });
});
