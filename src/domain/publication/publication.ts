/** What `repository:<distribution>` remembers. Plain JSON: it is carried through continue-as-new. Requests are opaque to the rules but for id and package. */
export interface PublicationState<Publish extends Identified = Identified, Withdraw extends Identified = Identified> {
  readonly publish: readonly Publish[];
  readonly withdraw: readonly Withdraw[];
  readonly working: readonly string[];
  /** Answers given, so that a repeated request is answered again and not done again. */
  readonly answered: readonly Answer[];
  readonly generation: number;
}

export interface Identified {
  readonly id: string;
}

export interface Answer {
  readonly id: string;
  readonly generation?: number;
  readonly refused?: string;
}

const ANSWERS = 200;
/** Requests of one group commit; larger groups would make one activity input too large. */
const GROUP = 20;

export function newPublication<P extends Identified, W extends Identified>(): PublicationState<P, W> {
  return { publish: [], withdraw: [], working: [], answered: [], generation: 0 };
}

/** Takes a request in; a repeated one that was answered yields that answer again. */
export function requested<P extends Identified, W extends Identified>(
  state: PublicationState<P, W>,
  kind: 'publish' | 'withdraw',
  request: P | W,
): { readonly state: PublicationState<P, W>; readonly again?: Answer } {
  const again = state.answered.find((answer) => answer.id === request.id);
  if (again) return { state, again };
  const known = [...state.publish, ...state.withdraw].some((waiting) => waiting.id === request.id);
  if (known) return { state };
  if (kind === 'publish') return { state: { ...state, publish: [...state.publish, request as P] } };
  return { state: { ...state, withdraw: [...state.withdraw, request as W] } };
}

/** The requests of the next generation. `alone` isolates the first one, after a group was refused. */
export function nextGroup<P extends Identified, W extends Identified>(
  state: PublicationState<P, W>,
  alone: boolean,
): { readonly publish: readonly P[]; readonly withdraw: readonly W[] } | undefined {
  if (state.publish.length + state.withdraw.length === 0) return undefined;
  if (!alone) return { publish: state.publish.slice(0, GROUP), withdraw: state.withdraw.slice(0, GROUP) };
  return state.publish.length > 0
    ? { publish: state.publish.slice(0, 1), withdraw: [] }
    : { publish: [], withdraw: state.withdraw.slice(0, 1) };
}

/** Takes answered requests out. */
export function answered<P extends Identified, W extends Identified>(
  state: PublicationState<P, W>,
  answers: readonly Answer[],
): PublicationState<P, W> {
  const done = new Set(answers.map((answer) => answer.id));
  const generation = Math.max(state.generation, ...answers.map((answer) => answer.generation ?? 0));
  return {
    publish: state.publish.filter((request) => !done.has(request.id)),
    withdraw: state.withdraw.filter((request) => !done.has(request.id)),
    working: [],
    answered: [...state.answered, ...answers].slice(-ANSWERS),
    generation,
  };
}
