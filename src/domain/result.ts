/** A place in a text file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An error that a person can act on: what is wrong, where, and the remedy. */
export interface Problem {
  readonly message: string;
  readonly at?: Position;
  readonly remedy?: string;
}

/** What a domain function returns where failure is expected; unexpected failures throw. */
export type Result<T, E = Problem> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

/** `file:line:column: message (remedy)`, the one form in which a problem is shown. */
export function formatProblem(problem: Problem): string {
  const place = problem.at ? `${problem.at.file}:${problem.at.line}:${problem.at.column}: ` : '';
  return `${place}${problem.message}${problem.remedy ? ` (${problem.remedy})` : ''}`;
}
