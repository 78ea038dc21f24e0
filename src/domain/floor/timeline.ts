/** What happens later, earliest first; at one moment in the order in which it was put in. */
export interface Timeline<T> {
  readonly put: (at: number, what: T) => void;
  readonly take: () => { readonly at: number; readonly what: T } | undefined;
}

interface Entry<T> {
  readonly at: number;
  readonly order: number;
  readonly what: T;
}

/** A binary heap. */
export function timelineOf<T>(): Timeline<T> {
  const heap: Entry<T>[] = [];
  let count = 0;
  const isBefore = (a: Entry<T>, b: Entry<T>) => a.at < b.at || (a.at === b.at && a.order < b.order);
  return {
    put: (at, what) => {
      const entry = { at, order: count++, what };
      let place = heap.push(entry) - 1;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isBefore(entry, heap[parent]!)) break;
        heap[place] = heap[parent]!;
        place = parent;
      }
      heap[place] = entry;
    },
    take: () => {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last || heap.length === 0) return first;
      let place = 0;
      for (let child = 1; child < heap.length; child = 2 * place + 1) {
        if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
        if (!isBefore(heap[child]!, last)) break;
        heap[place] = heap[child]!;
        place = child;
      }
      heap[place] = last;
      return first;
    },
  };
}
