import { fromVector } from 'ae-cvss-calculator';

/** How bad a vulnerability is, by the qualitative scale of CVSS 3.1 (section 5) and 4.0 (section 6). */
export interface Severity {
  readonly rating: 'critical' | 'high' | 'medium' | 'low' | 'none';
  /** 0.0 to 10.0. */
  readonly score: number;
}

/** The worst of the CVSS vectors of a record, each read by the version that it names. Undefined where there is none that is whole. */
export function severityOf(vectors: readonly { readonly score: string }[]): Severity | undefined {
  const scores = vectors.flatMap(({ score }) => baseScore(score) ?? []);
  if (scores.length === 0) return undefined;
  const score = Math.max(...scores);
  return { score, rating: score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'none' };
}

function baseScore(vector: string): number | undefined {
  try {
    const read = fromVector(vector) as { calculateScores(): { readonly base?: number } } | null;
    return read?.calculateScores().base;
  } catch {
    // A record of others: what is no vector tells nothing.
    return undefined;
  }
}
