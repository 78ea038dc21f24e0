import type { Urgency } from '../floor/floor';
import type { Cause } from './release';

/** How urgent a release is by what set it off: the most urgent cause decides, and rebuilds alone come last. Also its priority in the queues of Temporal. */
export function urgencyOf(causes: readonly Cause[]): Urgency {
  if (causes.some((cause) => cause.kind === 'vulnerability')) return 1;
  return causes.length > 0 && causes.every((cause) => cause.kind === 'rebuild') ? 5 : 3;
}
