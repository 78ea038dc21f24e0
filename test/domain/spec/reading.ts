import { formatProblem } from '../../../src/domain/result';
import { readSpec } from '../../../src/domain/spec/read';
import type { Spec } from '../../../src/domain/spec/spec';

/** The spec, or a test failure that shows why it cannot be read. */
export function specFrom(text: string, file = 'example.yaml'): Spec {
  const read = readSpec(text, file);
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
  return read.value;
}

/** A small valid spec with more lines. */
export function specText(more = ''): string {
  return `package:\n  name: example\n  version: "1.2.3"\n  epoch: 4\n${more}`;
}
