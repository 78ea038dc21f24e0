/** Part of a long list. */
export interface PageOf<T> {
  readonly total: number;
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  readonly items: readonly T[];
}

/** The part of a list that a page shows; a page that is not there is the nearest one. */
export function pageOf<T>(all: readonly T[], page: number, most: number): PageOf<T> {
  const pages = Math.max(1, Math.ceil(all.length / most));
  const at = Math.min(Math.max(1, page), pages);
  return { total: all.length, page: at, pages, items: all.slice((at - 1) * most, at * most) };
}
