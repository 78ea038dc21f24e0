import type { Position, Problem } from '../result';

/** What a defect of a spec is about; `millrace spec lint` shows it. */
export type SpecRule =
  | 'yaml'
  | 'unknown-key'
  | 'duplicate-key'
  | 'missing-key'
  | 'type'
  | 'alias'
  | 'name'
  | 'version'
  | 'regexp'
  | 'undefined-variable'
  | 'variable-cycle'
  | 'too-long'
  | 'unknown-range'
  | 'unknown-pipeline'
  | 'pipeline-cycle'
  | 'missing-input'
  | 'unknown-input'
  | 'digest'
  | 'step'
  | 'condition'
  | 'duplicate-package';

/** A defect of a spec or of a pipeline's file. */
export interface SpecProblem extends Problem {
  readonly rule: SpecRule;
  readonly at: Position;
}
