import { packer, unpacker, type Packer, type Unpacker } from './packed';
import type { FloorJob, FloorPast, FloorState } from './state';

/**
 * A state as it travels: through continue-as-new and into the journal, where it must stay below 1 MiB. Most jobs share their causes, their times and who asked for them: each is told once, and by number from then on.
 */
export interface CarriedFloor extends Omit<FloorState, 'jobs' | 'past' | 'beyond'> {
  readonly texts: readonly string[];
  readonly times: readonly number[];
  /** Lists of causes, by place in `causes`: twice the length, and the differences; or twice the length and one, and as many bits as there are causes, eight a number. */
  readonly lists: string;
  /** By number in the plan. */
  readonly jobs: string;
  readonly past: string;
  readonly beyond: { readonly names: readonly string[]; readonly past: string };
}

const STATUSES = ['waiting', 'building', 'failed'] as const;
const [SINCE, ORDER, AGAIN, TEXT, WAITS, FRONT] = [4, 8, 16, 32, 64, 128] as const;

/** Loses nothing that decides anything: how often a package was built for causes that have ended is left out. */
export function carryFloor(state: FloorState): CarriedFloor {
  const { jobs, past, beyond, ...rest } = state;
  const [texts, times] = [poolOf<string>(), poolOf<number>()];
  const lists = listsOf(state);
  const names = Object.keys(beyond);
  const carried = { jobs: packJobs(jobs, texts, times, lists), past: packPast(past, lists) };
  const carriedBeyond = {
    names,
    past: packPast(
      names.map((name) => beyond[name]!),
      lists,
    ),
  };
  return { ...rest, texts: texts.all, times: times.all, lists: lists.text(), ...carried, beyond: carriedBeyond };
}

/** Throws on one that was cut on its way. */
export function uncarryFloor(carried: CarriedFloor): FloorState {
  const { texts, times, lists: packed, jobs, past, beyond, ...rest } = carried;
  const size = rest.plan?.names.length ?? 0;
  const lists = unpackLists(
    packed,
    rest.causes.map((cause) => cause.number),
  );
  const beyondPast = unpackPast(beyond.past, beyond.names.length, lists);
  return {
    ...rest,
    jobs: unpackJobs(jobs, size, texts, times, lists),
    past: unpackPast(past, size, lists),
    beyond: Object.fromEntries(beyond.names.map((name, place) => [name, beyondPast[place] as FloorPast])),
  };
}

const CUT = 'a carried state of the floor ends within its rows: it was cut on its way';

interface Pool<T> {
  readonly all: readonly T[];
  readonly place: (one: T) => number;
}

function poolOf<T>(): Pool<T> {
  const all: T[] = [];
  const places = new Map<T, number>();
  const place = (one: T): number => {
    let known = places.get(one);
    if (known === undefined) places.set(one, (known = all.push(one) - 1));
    return known;
  };
  return { all, place };
}

interface Lists {
  readonly isAlive: (root: number) => boolean;
  /** Number of a list of causes that are alive, ascending. */
  readonly place: (roots: readonly number[]) => number;
  readonly text: () => string;
}

function listsOf({ causes }: FloorState): Lists {
  const places = new Map(causes.map((cause, place) => [cause.number, place]));
  const known = new Map<readonly number[], number>();
  const same = new Map<string, number>();
  const { write, text } = packer();
  const placeAnew = (roots: readonly number[]): number => {
    const list = roots.map((root) => places.get(root)!);
    const key = list.join();
    const before = same.get(key);
    if (before !== undefined) return before;
    writeList(write, list, causes.length);
    same.set(key, same.size);
    return same.size - 1;
  };
  const place = (roots: readonly number[]): number => {
    let at = known.get(roots);
    if (at === undefined) known.set(roots, (at = placeAnew(roots)));
    return at;
  };
  return { isAlive: (root) => places.has(root), place, text };
}

function writeList(write: Packer['write'], list: readonly number[], count: number): void {
  const words = Math.ceil(count / 7);
  if (list.length <= words) {
    write(list.length * 2);
    list.forEach((place, index) => write(index === 0 ? place : place - list[index - 1]!));
    return;
  }
  write(list.length * 2 + 1);
  // Seven bits are one byte.
  const bits = new Array<number>(words).fill(0);
  for (const place of list) bits[Math.floor(place / 7)]! |= 1 << (place % 7);
  bits.forEach(write);
}

function unpackLists(text: string, numbers: readonly number[]): readonly (readonly number[])[] {
  const { read, done } = unpacker(text, CUT);
  const lists: number[][] = [];
  while (!done()) {
    const head = read();
    const list: number[] = [];
    if (head % 2 === 0) for (let left = head / 2, last = 0; left > 0; left -= 1) list.push(numbers[(last += read())]!);
    else {
      for (let word = 0; word < Math.ceil(numbers.length / 7); word += 1) {
        const bits = read();
        for (let bit = 0; bit < 7; bit += 1) if (bits & (1 << bit)) list.push(numbers[word * 7 + bit]!);
      }
    }
    lists.push(list);
  }
  return lists;
}

function packJobs(jobs: FloorState['jobs'], texts: Pool<string>, times: Pool<number>, lists: Lists): string {
  const { write, text } = packer();
  let last = -1;
  jobs.forEach((job, node) => {
    if (!job) return;
    const { since, order, again } = job;
    const flags =
      (since === undefined ? 0 : SINCE) +
      (order === undefined ? 0 : ORDER) +
      (again === undefined ? 0 : AGAIN) +
      (job.text === undefined ? 0 : TEXT) +
      (job.waits ? WAITS : 0) +
      (job.front ? FRONT : 0);
    write(node - last - 1);
    last = node;
    write(STATUSES.indexOf(job.status) + flags);
    for (const wish of again ? [job, again] : [job]) {
      write(lists.place(wish.roots));
      write(texts.place(wish.by));
      write(times.place(wish.wanted));
    }
    if (since !== undefined) write(times.place(since));
    if (order !== undefined) write(texts.place(order));
    if (job.text !== undefined) write(texts.place(job.text));
  });
  return text();
}

function unpackJobs(
  packed: string,
  size: number,
  texts: readonly string[],
  times: readonly number[],
  lists: readonly (readonly number[])[],
): readonly (FloorJob | 0)[] {
  const { read, done } = unpacker(packed, CUT);
  const jobs = new Array<FloorJob | 0>(size).fill(0);
  for (let node = -1; !done();) {
    node += read() + 1;
    const flags = read();
    const wish = () => ({ roots: lists[read()]!, by: texts[read()]!, wanted: times[read()]! });
    jobs[node] = {
      status: STATUSES[flags % 4]!,
      ...wish(),
      ...(flags & AGAIN ? { again: wish() } : {}),
      ...(flags & SINCE ? { since: times[read()]! } : {}),
      ...(flags & ORDER ? { order: texts[read()]! } : {}),
      ...(flags & TEXT ? { text: texts[read()]! } : {}),
      ...(flags & WAITS ? { waits: true as const } : {}),
      ...(flags & FRONT ? { front: true as const } : {}),
    };
  }
  return jobs;
}

/** Each with its step, and the causes by how often it was built for them: nearly always once. */
function packPast(past: FloorState['past'], lists: Lists): string {
  const { write, text } = packer();
  let last = -1;
  past.forEach((entry, node) => {
    if (!entry) return;
    write(node - last - 1);
    last = node;
    write(entry.step + 1);
    const byCount = new Map<number, number[]>();
    for (let at = 0; at < entry.built.length; at += 2) {
      const [root, count] = [entry.built[at]!, entry.built[at + 1]!];
      if (!lists.isAlive(root)) continue;
      const roots = byCount.get(count);
      if (roots) roots.push(root);
      else byCount.set(count, [root]);
    }
    write(byCount.size);
    for (const [count, roots] of [...byCount].sort(([a], [b]) => a - b)) {
      write(count);
      write(lists.place(roots.sort((a, b) => a - b)));
    }
  });
  return text();
}

function unpackPast(packed: string, size: number, lists: readonly (readonly number[])[]): readonly (FloorPast | 0)[] {
  const { read, done }: Unpacker = unpacker(packed, CUT);
  const past = new Array<FloorPast | 0>(size).fill(0);
  for (let node = -1; !done();) {
    node += read() + 1;
    const step = read() - 1;
    const built: number[] = [];
    for (let groups = read(); groups > 0; groups -= 1) {
      const count = read();
      for (const root of lists[read()]!) built.push(root, count);
    }
    past[node] = { step, built };
  }
  return past;
}
