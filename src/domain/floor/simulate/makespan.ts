import { targetsOf } from '../../graph/adjacency';
import type { Plan } from '../encoded-plan';
import { timelineOf } from '../timeline';

/**
 * Seconds that it takes to build these packages of a plan with so many slots: of those whose needs are done, the one of the highest rank first, as the floor does it when nothing else happens. What is not
 * built is done with its needs, at once and without a slot. `seconds` are what each build really takes.
 */
export function makespanOf(plan: Plan, isBuilt: readonly boolean[], seconds: readonly number[], slots: number): number {
  const { names, needs, dependents, encoded } = plan;
  const missing = names.map((_, node) => targetsOf(needs, node).length);
  const ready = timelineOf<number>();
  const ends = timelineOf<number>();
  let free = slots;
  let now = 0;
  const finish = (first: number): void => {
    const done = [first];
    for (let head = 0; head < done.length; head += 1) {
      for (const dependent of targetsOf(dependents, done[head]!)) {
        if ((missing[dependent]! -= 1) > 0) continue;
        if (isBuilt[dependent]) ready.put(-encoded.rank[dependent]!, dependent);
        else done.push(dependent);
      }
    }
  };
  for (const [node, count] of [...missing].entries()) {
    if (count > 0) continue;
    if (isBuilt[node]) ready.put(-encoded.rank[node]!, node);
    else finish(node);
  }
  for (;;) {
    for (let next = free > 0 ? ready.take() : undefined; next; next = free > 0 ? ready.take() : undefined) {
      free -= 1;
      ends.put(now + seconds[next.what]!, next.what);
    }
    const ended = ends.take();
    if (!ended) return now;
    now = ended.at;
    free += 1;
    finish(ended.what);
  }
}
