import { editDistance } from '../text/edit-distance';

/** The known key nearest to a mistyped one by edit distance (swapped neighbours count once), if it is near at all: within a third of its length. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(key.length / 3));
  let best: { readonly key: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - key.length) > limit) continue;
    const distance = editDistance(key, candidate);
    if (distance <= limit && (!best || distance < best.distance)) best = { key: candidate, distance };
  }
  return best?.key;
}
