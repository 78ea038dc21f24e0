/** Whether these can be installed together; undefined where that can not be asked (any more). */
export type Fits<T> = (items: readonly T[]) => Promise<boolean | undefined>;

/** Items that do not fit together. */
export interface Conflict<T> {
  /** In their order. Empty: it is not the items that are at fault. */
  readonly items: readonly T[];
  /** Without any one of them the others fit; `false` where asking ended before that was known. */
  readonly smallest: boolean;
}

/**
 * The smallest conflict among items that do not fit together, found by deletion: first parts of them, each half as large as the one before, then one by one until none can be
 * left out, however the answers depend on each other. About `2k log2(n/k)` questions for a conflict of k among n.
 */
export async function smallestConflict<T>(items: readonly T[], fits: Fits<T>): Promise<Conflict<T>> {
  const nothing = await fits([]);
  if (nothing === undefined) return { items, smallest: false };
  if (!nothing) return { items: [], smallest: true };
  let current = items;
  for (let size = Math.floor(items.length / 2); size > 1; size = Math.floor(size / 2)) {
    const pass = await withoutParts(current, size, fits);
    current = pass.items;
    if (!pass.ended) return { items: current, smallest: false };
  }
  for (;;) {
    const pass = await withoutParts(current, 1, fits);
    if (!pass.ended) return { items: pass.items, smallest: false };
    if (pass.items.length === current.length) return { items: current, smallest: true };
    current = pass.items;
  }
}

/** Leaves out one part of this size after another, wherever the rest still does not fit. */
async function withoutParts<T>(
  items: readonly T[],
  size: number,
  fits: Fits<T>,
): Promise<{ readonly items: readonly T[]; readonly ended: boolean }> {
  let current = items;
  for (let start = 0; start < current.length;) {
    const rest = [...current.slice(0, start), ...current.slice(start + size)];
    const answer = rest.length === 0 || (await fits(rest));
    if (answer === undefined) return { items: current, ended: false };
    if (answer) start += size;
    else current = rest;
  }
  return { items: current, ended: true };
}

/** The newest of the generations, given newest first, that fits; and the oldest that was asked about, absent where none was. */
export async function newestFitting(
  generations: readonly number[],
  fits: (generation: number) => Promise<boolean | undefined>,
): Promise<{ readonly newest?: number; readonly asked?: number }> {
  let asked: number | undefined;
  for (const generation of generations) {
    const answer = await fits(generation);
    if (answer === undefined) break;
    if (answer) return { newest: generation, asked: generation };
    asked = generation;
  }
  return asked === undefined ? {} : { asked };
}
