import { decide } from './decide';
import { closeDraft, openDraft, type Draft, type FloorStep } from './draft';
import {
  addCause,
  cameToNothing,
  changeCause,
  end,
  install,
  pauseCause,
  put,
  rememberStuck,
  takeBack,
  tally,
  union,
  waitingAgain,
  want,
  wishesOf,
  type Wish,
} from './draft';
import { decodePlan, policyIn, type EncodedPlan, type Plan } from './encoded-plan';
import type { FloorEvent, FloorNews, PublishedChange } from './floor';
import { mergeAsks, mergeCauses, mergeChanges } from './merge';
import type { FloorAsk, FloorCause, FloorJob, FloorState } from './state';

const SEEN = 500;
const TEXT = 300;
/** Failures that the floor tells the reason of; that of others is told by their releases. */
const REASONS = 200;

/**
 * The rules of the floor: what happened in, what to build next out. Pure. Commands are to be carried out in their order; `plan` is answered by the event `planned`, `start` by the news of the release that it leads to. Work per event is
 * that of the degree of the packages that change, of what could start, and of the causes alive; a new plan, and a cause that is paused, cost the edges of the plan. The shell sends `tick` at `wakeAt`.
 */
export function reduceFloor(state: FloorState, event: FloorEvent): FloorStep {
  const draft = openDraft(state, event.at);
  const text = handle(draft, event);
  mergeAsks(draft);
  mergeCauses(draft);
  return closeDraft(draft, text);
}

function handle(draft: Draft, event: FloorEvent): string {
  if (event.kind === 'news') return onNews(draft, event.news);
  if (event.kind === 'planned') return onPlanned(draft, event.plan);
  if (event.kind === 'decision') return decide(draft, event.decision);
  if (event.kind === 'settings') {
    draft.state.settings = event.settings;
    return 'new settings';
  }
  return 'tick';
}

function onNews(draft: Draft, news: FloorNews): string {
  const { state, plan } = draft;
  if (state.seen.includes(news.id)) return 'heard before';
  state.seen = [...state.seen, news.id].slice(-SEEN);
  const node = plan?.numbers.get(news.package);
  const job = node === undefined ? 0 : draft.jobs[node]!;
  const ours = job !== 0 && answers(draft, job, news);
  forgetStuck(draft, news.package);
  if (news.outcome === 'superseded') return `${named(news)} gave way to a newer release, which will tell`;
  if (news.outcome === 'published') return onPublished(draft, news, job ? { node: node!, job, ours } : undefined);
  if (!job) {
    if (news.outcome === 'waits') rememberStuck(draft, news.package, `its own release ${news.version} waits: ${news.text}`);
    return `${named(news)} ${news.outcome}; no rebuild of it was asked for`;
  }
  if (news.outcome === 'equal') return ours ? onEqual(draft, node!, job, news) : `${named(news)} is equal; that was not asked for here`;
  return onFailed(draft, node!, job, news);
}

const named = (news: FloorNews): string => `${news.package} ${news.version}`;

/** Whether a release was started for a job. One that has roots was ordered, and of a package that builds there is one order; its causes may have been dropped since. */
function answers(draft: Draft, job: FloorJob, news: FloorNews): boolean {
  if (job.status === 'building') return news.roots.length > 0 || job.roots.length === 0;
  const roots = rootsOf(draft, news);
  return job.roots.some((root) => roots.includes(root));
}

function rootsOf(draft: Draft, news: FloorNews): readonly number[] {
  const ids = new Set(news.roots);
  if (ids.size === 0) return [];
  const isMeant = ({ id, merged }: FloorCause): boolean => ids.has(id) || (merged?.ids.some((one) => ids.has(one)) ?? false);
  return [...draft.causes.values()].filter(isMeant).map((cause) => cause.number);
}

function forgetStuck({ state }: Draft, name: string): void {
  if (state.stuck[name] === undefined) return;
  state.stuck = Object.fromEntries(Object.entries(state.stuck).filter(([stuck]) => stuck !== name));
}

function onPublished(
  draft: Draft,
  news: FloorNews,
  found: { readonly node: number; readonly job: FloorJob; readonly ours: boolean } | undefined,
): string {
  const change = news.change ?? { kind: 'same', breaks: [] };
  if (!found) {
    const roots = rootsOf(draft, news);
    return roots.length > 0 ? derive(draft, news, change, roots) : newCause(draft, news, change);
  }
  const { node, job, ours } = found;
  if (ours) {
    for (const root of job.roots) tally(draft, root, 'published');
    judge(draft, job.roots);
    // An order whose causes were dropped, and a release that is another: what was ordered serves no later wish.
    if (job.status === 'building' && news.roots.length === 0) cameToNothing(draft, node);
    // Dependents are asked for before this package is settled: else they could start in between.
    const text = job.roots.length > 0 ? derive(draft, news, change, job.roots) : newCause(draft, news, change);
    serve(draft, node, draft.jobs[node] as FloorJob, news);
    return text;
  }
  if (job.status === 'building') takeBack(draft, node);
  else serve(draft, node, job, news);
  return newCause(draft, news, change);
}

/** A build ends the job if it has what is wanted. What came while the floor's own order was built is in the job apart; any other build must have begun after it was wanted, or it is built once more. */
function serve(draft: Draft, node: number, job: FloorJob, news: FloorNews): void {
  const began = draft.at - news.seconds * 1000;
  if (job.status === 'building' || began >= job.wanted) end(draft, node);
  else put(draft, node, waitingAgain(job));
}

function onEqual(draft: Draft, node: number, job: FloorJob, news: FloorNews): string {
  for (const root of job.roots) tally(draft, root, 'equal');
  judge(draft, job.roots);
  serve(draft, node, job, news);
  return `${named(news)} is equal to what is published: nothing depends on a difference`;
}

function onFailed(draft: Draft, node: number, job: FloorJob, news: FloorNews): string {
  // A release of its own that is over leaves the order free to start another.
  if (job.status === 'waiting' && news.outcome !== 'waits') return `${named(news)} ${news.outcome}; its rebuild waits`;
  const { order, again, waits, ...rest } = job;
  const roots = union(job.roots, again?.roots ?? []);
  const wanted = again?.wanted ?? job.wanted;
  const isOneOfMany = job.status !== 'failed' && draft.standing.failed.count >= REASONS;
  const text = isOneOfMany
    ? 'one of too many failures: `millrace show` tells why'
    : `${named(news)} ${news.outcome}: ${news.text}`.slice(0, TEXT);
  put(draft, node, {
    ...rest,
    roots,
    wanted,
    status: 'failed',
    since: draft.at,
    text,
    ...(news.outcome === 'waits' ? { waits: true } : {}),
  });
  cameToNothing(draft, node);
  if (job.status === 'building') {
    for (const root of job.roots) tally(draft, root, 'failed');
    judge(draft, job.roots);
  }
  if (roots.length === 0) {
    if (news.outcome === 'waits') rememberStuck(draft, news.package, text);
    end(draft, node);
    return `${named(news)} ${news.outcome}: nothing wants it any more`;
  }
  return `${named(news)} ${news.outcome}: it holds what depends on it`;
}

/** Stops a cause when too many of its first rebuilds did not end well: the change itself is bad, and a person must look before more is built. */
function judge(draft: Draft, roots: readonly number[]): void {
  const { after, share } = draft.state.settings.breaker;
  for (const root of roots) {
    const cause = draft.causes.get(root);
    if (!cause || cause.judged) continue;
    const ended = cause.published + cause.equal + cause.failed;
    if (cause.failed > share * after) {
      const reason = `${cause.failed} of its first ${ended} rebuilds failed`;
      pauseCause(draft, cause, cause.paused ?? { by: 'breaker', reason, at: draft.at });
      changeCause(draft, root, { judged: true });
      draft.commands.push({ kind: 'tell', id: `breaker-${cause.id}`, text: `${cause.text} is stopped: ${reason}; resume or drop it` });
    } else if (ended >= after) changeCause(draft, root, { judged: true });
  }
}

/** Asks for what the change of a rebuild makes wanted, for the same causes. */
function derive(draft: Draft, news: FloorNews, change: PublishedChange, roots: readonly number[]): string {
  const { plan, state } = draft;
  const ask: FloorAsk = { roots, by: named(news), provider: news.package, change, step: state.step, at: draft.at, due: draft.at };
  const node = plan?.numbers.get(news.package);
  const unknown = node === undefined || wishesOf(plan!, news.package, policyIn(plan!, node), change).unknown.length > 0;
  // A plan that does not have all of it may be older than a spec: the wishes that it has are not kept waiting.
  const asked = node === undefined ? 0 : apply(draft, plan!, ask);
  if (unknown) state.asks = [...state.asks, ask];
  return `${named(news)} is published (${change.kind}): ${asked} asked for`;
}

/** A publication that the floor did not order is a cause of its own, after its debounce. */
function newCause(draft: Draft, news: FloorNews, change: PublishedChange): string {
  const { state, plan } = draft;
  const text = `${named(news)} is published (${change.kind})`;
  if (change.kind === 'new') return `${text}: nothing was built with it before`;
  const id = `${news.package}@${news.version}`;
  if ([...draft.causes.values()].some((cause) => cause.id === id)) return `${text}: known as a cause already`;
  const node = plan?.numbers.get(news.package);
  if (node !== undefined && change.kind !== 'break') {
    const { nodes } = wishesOf(plan!, news.package, policyIn(plan!, node), change);
    if (nodes.length === 0) return `${text}: asks for nothing by its policy`;
  }
  const gathering = state.asks.find((ask) => ask.provider === news.package && !ask.sent && ask.due > draft.at);
  if (gathering) {
    const merged = mergeChanges(gathering.change!, change);
    state.asks = state.asks.map((ask) =>
      ask === gathering ? { ...ask, by: named(news), change: merged, step: state.step, at: draft.at } : ask,
    );
    const cause = draft.causes.get(gathering.roots[0]!)!;
    if (cause.merged) changeCause(draft, cause.number, { merged: { ...cause.merged, ids: [...cause.merged.ids, id] } });
    else changeCause(draft, cause.number, { id, text: named(news) });
    return `${text}: takes the place of an earlier one that was waited with`;
  }
  const root = addCause(draft, { id, text: named(news), urgency: news.urgency });
  const due = draft.at + state.settings.debounceSeconds * 1000;
  const ask: FloorAsk = { roots: [root], by: named(news), provider: news.package, change, step: state.step, at: draft.at, due };
  state.asks = [...state.asks, ask];
  return `${text}: what depends on it is looked at`;
}

function onPlanned(draft: Draft, encoded: EncodedPlan): string {
  const { state } = draft;
  const asked = state.planning;
  if (!asked) return 'no plan was asked for';
  delete state.planning;
  const plan = decodePlan(encoded);
  const since = draft.plan?.names.find((name, node) => draft.jobs[node] && !plan.numbers.has(name) && !asked.includes(name));
  // What became wanted while the plan was made, in a graph that has changed: the plan is made anew with it.
  if (since !== undefined) return `planned without ${since}, which is wanted since: planned again`;
  const lost = install(draft, plan);
  const due = state.asks.filter((ask) => ask.sent);
  state.asks = state.asks.filter((ask) => !ask.sent);
  let count = 0;
  for (const ask of due) count += apply(draft, plan, ask);
  const gone = lost.length > 0 ? `; no spec any more: ${lost.join(', ').slice(0, TEXT)}` : '';
  return `planned ${plan.names.length}: ${count} asked for${gone}`;
}

/** Wants what an ask asks for; how many builds follow from it. */
function apply(draft: Draft, plan: Plan, ask: FloorAsk): number {
  const roots = ask.roots.filter((root) => draft.causes.has(root));
  const wish: Wish = { roots, by: ask.by, step: ask.step, at: ask.at, together: new Map() };
  let count = 0;
  for (const node of nodesOf(plan, ask)) if (want(draft, plan, node, wish)) count += 1;
  return count;
}

function nodesOf(plan: Plan, ask: FloorAsk): readonly number[] {
  if (ask.packages) return ask.packages.map((name) => plan.numbers.get(name)).filter((node) => node !== undefined);
  const node = plan.numbers.get(ask.provider!);
  // A provider that has lost its spec still breaks what was linked with it.
  const policy = node === undefined ? 'abi' : policyIn(plan, node);
  return wishesOf(plan, ask.provider!, policy, ask.change!).nodes;
}
