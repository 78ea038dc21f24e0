import type {
  FloorCommand,
  FloorDecision,
  FloorNews,
  FloorSettings,
  PublishedChange,
  RebuildPolicy,
  Urgency,
} from '../../../src/domain/floor/floor';
import { planRebuild } from '../../../src/domain/floor/plan';
import { policyOf } from '../../../src/domain/floor/policy';
import { reduceFloor } from '../../../src/domain/floor/reduce';
import { newFloor, type FloorState } from '../../../src/domain/floor/state';
import { graphOf } from '../../../src/domain/graph/adjacency';

type Decided = FloorDecision extends infer One ? (One extends FloorDecision ? Omit<One, 'by' | 'reason'> : never) : never;

/** A floor with a graph of a few packages, as `app: [lib, tool]`, told what happens and asked what it orders. Time passes only where it is said. */
export function storyOf(
  needs: Readonly<Record<string, readonly string[]>>,
  settings: Partial<FloorSettings> = {},
  policies: Readonly<Record<string, RebuildPolicy>> = {},
) {
  const graph = graphOf(
    new Set([...Object.keys(needs), ...Object.values(needs).flat()]),
    Object.entries(needs).flatMap(([name, all]) => all.map((need): [string, string] => [name, need])),
  );
  const rules = Object.entries(policies).map(([name, policy]) => ({ package: name, policy }));
  let state: FloorState = newFloor('story', {
    slots: 4,
    debounceSeconds: 0,
    cycleBudget: 1,
    breaker: { after: 20, share: 0.5 },
    ...settings,
  });
  let at = Date.UTC(2026, 0, 1);
  let serial = 0;
  let ordered: Extract<FloorCommand, { kind: 'start' }>[] = [];
  const roots = new Map<string, readonly string[]>();
  const told: string[] = [];
  let plans = 0;

  const step = (event: Parameters<typeof reduceFloor>[1]): string => {
    const { state: next, commands, text } = reduceFloor(state, event);
    state = JSON.parse(JSON.stringify(next)) as FloorState;
    for (const command of commands) {
      if (command.kind === 'start') {
        ordered.push(command);
        roots.set(command.package, command.roots);
      } else if (command.kind === 'tell') told.push(command.text);
      else {
        plans += 1;
        const seconds = graph.names.map(() => 10);
        const plan = planRebuild({
          graph,
          policies: graph.names.map((name) => policyOf(name, rules)),
          seconds,
          packages: command.packages,
        });
        step({ kind: 'planned', plan, at });
      }
    }
    return text;
  };
  const news = (name: string, version: string, rest: Partial<FloorNews> & Pick<FloorNews, 'outcome'>): string => {
    serial += 1;
    const base = { id: `news-${serial}`, package: name, version, roots: [], text: 'it broke', urgency: 3 as Urgency, seconds: 0 };
    return step({ kind: 'news', at, news: { ...base, ...rest } });
  };
  const changeOf = (kind: PublishedChange['kind'], breaks: readonly string[]): PublishedChange => ({ kind, breaks });

  return {
    /** An ordinary release is published. */
    release: (
      name: string,
      version: string,
      kind: PublishedChange['kind'],
      breaks: readonly string[] = [],
      more: Partial<FloorNews> = {},
    ) => news(name, version, { outcome: 'published', change: changeOf(kind, breaks), ...more }),
    /** An ordinary release ends or waits. */
    outcome: (name: string, outcome: FloorNews['outcome']) => news(name, '9-r0', { outcome }),
    /** The ordered rebuild is published. */
    rebuilt: (name: string, kind: PublishedChange['kind'] = 'compatible', breaks: readonly string[] = [], seconds = 0) =>
      news(name, '1-r1', { outcome: 'published', change: changeOf(kind, breaks), roots: roots.get(name)!, seconds }),
    /** The ordered rebuild ends otherwise. */
    ended: (name: string, outcome: FloorNews['outcome']) => news(name, '1-r1', { outcome, roots: roots.get(name)! }),
    decide: (decision: Decided) =>
      step({ kind: 'decision', at, decision: { by: 'anna', reason: 'because', ...decision } as FloorDecision }),
    pass: (seconds: number) => {
      at += seconds * 1000;
      return step({ kind: 'tick', at });
    },
    /** Packages ordered since the last time it was asked, in their order. */
    ordered: () => {
      const names = ordered.map((order) => order.package);
      ordered = [];
      return names;
    },
    orders: () => ordered,
    told,
    plans: () => plans,
    state: () => state,
    at: () => at,
  };
}
