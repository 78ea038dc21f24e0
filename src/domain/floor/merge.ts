import { NAMES, put, retireCauses, union, type Draft } from './draft';
import type { PublishedChange } from './floor';
import type { FloorAsk, FloorCause, FloorPast } from './state';

/** How many causes are alive at once, since what is kept of each package grows with them, and how many are left when there were more: so that it is seldom. */
const BOUNDS = { most: 256, left: 128 };
/** Ids that a merged cause is still known by; older ones are forgotten. */
const IDS = 2000;
const ASKS = 256;
const KINDS = ['new', 'same', 'compatible', 'content', 'break'] as const;

/**
 * Where more causes are alive than the state may hold, the oldest of one urgency go on as one: all that was wanted for any of them is wanted for that. It has a budget of its own, so that nothing that one of them is owed is taken for
 * built because another has it; and no breaker, since the failures of many say nothing of one. Linear in all causes of all jobs, once in so many causes.
 */
export function mergeCauses(draft: Draft, { most, left } = BOUNDS): void {
  const { causes } = draft;
  if (causes.size <= most) return;
  retireCauses(draft);
  if (causes.size <= most) return;
  const group = largestGroup([...causes.values()]);
  const members = group.slice(0, causes.size - left + 1);
  if (members.length < 2) return;
  const merged = mergedOf(members, draft.state.nextCause);
  draft.state.nextCause += 1;
  causes.set(merged.number, merged);
  replaceIn(draft, new Set(members.map((cause) => cause.number)), merged.number);
  for (const { number } of members) causes.delete(number);
}

/** Where more news waits for a plan than the state may hold, what waits of one provider goes on as one. It may then name more causes than it needs, and never fewer. Linear in what waits. */
export function mergeAsks({ state }: Draft, most = ASKS): void {
  if (state.asks.length <= most) return;
  const whole = new Map<string, FloorAsk>();
  const others: FloorAsk[] = [];
  for (const ask of state.asks) {
    if (ask.sent || ask.provider === undefined) {
      others.push(ask);
      continue;
    }
    const known = whole.get(ask.provider);
    whole.set(ask.provider, known ? togetherOf(known, ask) : ask);
  }
  state.asks = [...others, ...whole.values()];
}

function togetherOf(one: FloorAsk, other: FloorAsk): FloorAsk {
  return {
    ...other,
    roots: union(one.roots, other.roots),
    change: mergeChanges(one.change!, other.change!),
    step: Math.max(one.step, other.step),
    at: Math.max(one.at, other.at),
    due: Math.min(one.due, other.due),
  };
}

/** What two publications of one package are for who was built with the first of them. */
export function mergeChanges(one: PublishedChange, other: PublishedChange): PublishedChange {
  const kind = KINDS[Math.max(KINDS.indexOf(one.kind), KINDS.indexOf(other.kind))]!;
  return { kind, breaks: [...new Set([...one.breaks, ...other.breaks])].sort() };
}

/** Those that are as urgent as each other, and go on or were stopped by the same. */
function largestGroup(causes: readonly FloorCause[]): readonly FloorCause[] {
  const groups = new Map<string, FloorCause[]>();
  for (const cause of causes) {
    const key = `${cause.urgency} ${cause.paused?.by ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(cause);
    else groups.set(key, [cause]);
  }
  return [...groups.values()].reduce((largest, group) => (group.length > largest.length ? group : largest), []);
}

/** Of at least two, oldest first. */
function mergedOf(members: readonly FloorCause[], number: number): FloorCause {
  const oldest = members[0]!;
  const first = oldest.merged?.first ?? oldest.text;
  const count = sum(members, (cause) => cause.merged?.count ?? 1);
  const ids = members.flatMap((cause) => cause.merged?.ids ?? [cause.id]).slice(-IDS);
  const stop = oldest.paused;
  return {
    number,
    id: `merged-${number}`,
    text: `${first} and ${count - 1} more`,
    urgency: oldest.urgency,
    at: members.reduce((at, cause) => Math.min(at, cause.at), oldest.at),
    ...(stop ? { paused: stop } : {}),
    judged: true,
    started: sum(members, (cause) => cause.started),
    published: sum(members, (cause) => cause.published),
    equal: sum(members, (cause) => cause.equal),
    failed: sum(members, (cause) => cause.failed),
    overBudget: sum(members, (cause) => cause.overBudget),
    overBudgetNames: [...new Set(members.flatMap((cause) => cause.overBudgetNames))].slice(0, NAMES),
    merged: { first, count, ids },
  };
}

const sum = (members: readonly FloorCause[], of: (cause: FloorCause) => number): number =>
  members.reduce((total, cause) => total + of(cause), 0);

function replaceIn(draft: Draft, members: ReadonlySet<number>, merged: number): void {
  const { state, jobs, past } = draft;
  // Most lists are shared, and stay so.
  const known = new Map<readonly number[], readonly number[]>();
  const replaced = (roots: readonly number[]): readonly number[] => {
    const before = known.get(roots);
    if (before) return before;
    const others = roots.filter((root) => !members.has(root));
    const after = others.length === roots.length ? roots : [...others, merged];
    known.set(roots, after);
    return after;
  };
  const withoutPast = (entry: FloorPast): FloorPast => ({
    ...entry,
    built: entry.built.filter((_, place) => !members.has(entry.built[place - (place % 2)]!)),
  });
  jobs.forEach((job, node) => {
    if (!job) return;
    const again = job.again && { ...job.again, roots: replaced(job.again.roots) };
    put(draft, node, { ...job, roots: replaced(job.roots), ...(again ? { again } : {}) });
  });
  past.forEach((entry, node) => {
    if (entry) past[node] = withoutPast(entry);
  });
  state.beyond = Object.fromEntries(Object.entries(state.beyond).map(([name, entry]) => [name, withoutPast(entry)]));
  state.asks = state.asks.map((ask) => ({ ...ask, roots: replaced(ask.roots) }));
}
