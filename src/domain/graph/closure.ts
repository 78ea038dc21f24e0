import type { Adjacency } from './adjacency';
import type { Components } from './components';

/** What can be reached from the node by at least one edge, ascending; the node itself is left out, also where it is on a cycle. */
export function reachedFrom({ starts, targets }: Adjacency, from: number): readonly number[] {
  const seen = new Uint8Array(starts.length - 1);
  const queue = [from];
  seen[from] = 1;
  for (let head = 0; head < queue.length; head += 1) {
    const node = queue[head]!;
    for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) {
      const target = targets[edge]!;
      if (seen[target]) continue;
      seen[target] = 1;
      queue.push(target);
    }
  }
  return queue.slice(1).sort((a, b) => a - b);
}

/** For every node how many others lead to it: the size of the closure of its dependents, itself left out. `components` are those of the same edges. */
export function dependentCounts({ starts, targets }: Adjacency, components: Components): Int32Array {
  const words = (components.count + 31) >>> 5;
  const reaching = new Uint32Array(components.count * words);
  const counts = new Int32Array(components.count);
  // Descending: what leads to a component has a greater number and is complete before it.
  for (let component = components.count - 1; component >= 0; component -= 1) {
    const own = component * words;
    reaching[own + (component >>> 5)]! |= 1 << (component & 31);
    counts[component] = sizeOf(reaching, own, words, components);
    for (const node of components.members[component]!) {
      for (let edge = starts[node]!; edge < starts[node + 1]!; edge += 1) {
        const other = components.of[targets[edge]!]!;
        if (other === component) continue;
        const row = other * words;
        for (let word = 0; word < words; word += 1) reaching[row + word]! |= reaching[own + word]!;
      }
    }
  }
  return components.of.map((component) => counts[component]! - 1);
}

function sizeOf(reaching: Uint32Array, row: number, words: number, components: Components): number {
  let size = 0;
  for (let word = 0; word < words; word += 1) {
    for (let bits = reaching[row + word]!; bits !== 0; bits = (bits & (bits - 1)) >>> 0) {
      size += components.members[word * 32 + 31 - Math.clz32(bits & -bits)]!.length;
    }
  }
  return size;
}
