import { formatProblem, type Problem } from '../../domain/result';

/** The class names are the failure types that workflows see: Temporal takes the type of a failure from the constructor's name. */

/** The advisory repository holds a document that cannot be read, or a change of it breaks a rule of advisories. */
export class AdvisoriesRefused extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'AdvisoriesRefused';
    this.problems = problems;
  }
}

/** Something that should be an OSV record is none. */
export class RecordRefused extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'RecordRefused';
    this.problems = problems;
  }
}
