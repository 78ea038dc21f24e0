import { createHash } from 'node:crypto';
import type { Config } from '../../config/config';
import { estimatesOf } from '../../domain/floor/duration';
import type { EncodedPlan } from '../../domain/floor/encoded-plan';
import { planRebuild } from '../../domain/floor/plan';
import { policyOf } from '../../domain/floor/policy';
import type { FloorActivities } from '../contract';
import type { BuildHistory } from './build-history';
import type { FloorJournal } from './journal';
import type { SpecGraph } from './spec-graph';

/** What an activity may answer: Temporal warns beyond it. The whole of a distribution of 3,401 packages takes half of it. */
const MOST_BYTES = 256 * 1024;
/** Plans that are kept: what is tried again, or asked again, is answered at once. */
const KEPT = 8;

/** More is affected than a plan can tell. */
export class PlanTooLarge extends Error {
  constructor(packages: number, bytes: number) {
    super(
      `the plan of ${packages} affected packages takes ${Math.ceil(bytes / 1024)} KiB, more than the ${MOST_BYTES / 1024} that may travel: ` +
        'give providers that nothing need be rebuilt for the policy none (floor.policies in millrace.yaml), or split the distribution',
    );
    this.name = 'PlanTooLarge';
  }
}

export interface FloorDependencies {
  readonly graph: () => Promise<Pick<SpecGraph, 'key' | 'graph'>>;
  readonly history: () => Promise<BuildHistory>;
  readonly journal: Pick<FloorJournal, 'append'>;
  readonly policies: Config['floor']['policies'];
}

/** Plans what is rebuilt in which order, and keeps the journal of the floor. Throws `PlanTooLarge`, `JournalGap`, and what the forge and the store throw. */
export function createFloorActivities({ graph: readGraph, history, journal, policies }: FloorDependencies): FloorActivities {
  const plans = new Map<string, EncodedPlan>();
  return {
    async planRebuilds({ packages }) {
      const [{ graph, key }, builds] = await Promise.all([readGraph(), history()]);
      const seconds = estimatesOf(graph.names, builds);
      const asked = [...new Set(packages)].sort();
      const digest = createHash('sha256')
        .update(JSON.stringify([key, seconds, asked]))
        .digest('hex');
      const known = plans.get(digest);
      if (known) return known;
      const plan = planRebuild({ graph, policies: graph.names.map((name) => policyOf(name, policies)), seconds, packages: asked });
      const bytes = Buffer.byteLength(JSON.stringify(plan));
      if (bytes > MOST_BYTES) throw new PlanTooLarge(plan.names.length, bytes);
      plans.set(digest, plan);
      for (const old of [...plans.keys()].slice(0, -KEPT)) plans.delete(old);
      return plan;
    },
    async recordDecisions({ run, lines, from }) {
      await journal.append(run, from, lines);
    },
  };
}
