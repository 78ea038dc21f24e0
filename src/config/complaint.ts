import { formatProblem, type Problem } from '../domain/result';

/** A failure that a person can act on: shown as its problems, without a stack. `exitCode` 2 means usage or configuration, 1 everything else. */
export class Complaint extends Error {
  readonly problems: readonly Problem[];
  constructor(
    problems: Problem | readonly Problem[],
    readonly exitCode: 1 | 2 = 1,
  ) {
    const list = 'message' in problems ? [problems] : problems;
    super(list.map(formatProblem).join('\n'));
    this.name = 'Complaint';
    this.problems = list;
  }
}
