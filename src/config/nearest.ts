import { editDistance } from '../domain/text/edit-distance';

/** The candidates that a mistyped name may have meant, nearest first, at most three: within a third of its length by edit distance (transpositions count as one), or containing it. */
export function nearest(name: string, candidates: readonly string[]): readonly string[] {
  const wanted = name.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .map((entry) => ({ ...entry, contains: wanted.length >= 3 && entry.candidate.toLowerCase().includes(wanted) }))
    .filter((entry) => entry.distance <= limit || entry.contains)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map((entry) => entry.candidate);
}

/** "did you mean a, b or c?", or undefined where nothing is near. */
export function didYouMean(name: string, candidates: readonly string[]): string | undefined {
  const near = nearest(name, candidates);
  if (near.length === 0) return undefined;
  const last = near[near.length - 1];
  return `did you mean ${near.length === 1 ? last : `${near.slice(0, -1).join(', ')} or ${last}`}?`;
}
