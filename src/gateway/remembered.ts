/** Remembers what never changes, by `key`: the last `most` answers that were asked for. A failure is not kept. */
export function remembered<Asked, T>(
  work: (asked: Asked) => Promise<T>,
  key: (asked: Asked) => string,
  most: number,
): (asked: Asked) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (asked) => {
    const name = key(asked);
    const known = kept.get(name);
    const answer = known ?? work(asked);
    // A map is in the order of insertion: what was asked for last is put at its end.
    kept.delete(name);
    kept.set(name, answer);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    if (!known)
      answer.catch(() => {
        if (kept.get(name) === answer) kept.delete(name);
      });
    return answer;
  };
}
