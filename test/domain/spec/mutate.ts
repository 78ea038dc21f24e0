import { lintSpec } from '../../../src/domain/spec/lint';
import type { Pipelines } from '../../../src/domain/spec/pipeline';
import { expandSpec } from '../../../src/domain/spec/expand';
import { readSpec } from '../../../src/domain/spec/read';
import { bumpSpec } from '../../../src/domain/spec/bump';

/** Numbers below `below`, always the same for one seed. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SNIPPETS = [
  '${{',
  '}}',
  '${{vars.x}}',
  '${{inputs.a}}',
  '&a ',
  '*a',
  '!!int ',
  '<<: ',
  '- ',
  ': ',
  '  ',
  '\n',
  '\t',
  '"',
  "'",
  '|',
  '>',
  '{',
  '}',
  '[',
  ']',
  '#',
  '%',
  '@',
  '\u0000',
  '\ud800',
  '\u2028',
  '---\n',
  '...\n',
  '? ',
  '__proto__: 1\n',
  'constructor',
  'if: (((',
  'range: x\n',
  'uses: fetch\n',
  'uses: ../x\n',
  '99999999999999999999',
];

/** A text with one to four random edits: cut, doubled, swapped or foreign pieces, of characters or of lines. */
export function mutate(text: string, random: (below: number) => number): string {
  let mutated = text;
  for (let edits = 1 + random(4); edits > 0; edits--) {
    const at = random(mutated.length + 1);
    const length = random(40);
    const lines = mutated.split('\n');
    const line = random(lines.length);
    const edit = random(7);
    if (edit === 0) mutated = mutated.slice(0, at) + mutated.slice(at + length);
    else if (edit === 1) mutated = mutated.slice(0, at) + SNIPPETS[random(SNIPPETS.length)]! + mutated.slice(at);
    else if (edit === 2) mutated = mutated.slice(0, at) + mutated.slice(at, at + length).repeat(2) + mutated.slice(at + length);
    else if (edit === 3) mutated = lines.toSpliced(line, 1).join('\n');
    else if (edit === 4) mutated = lines.toSpliced(line, 0, lines[random(lines.length)]!).join('\n');
    else if (edit === 5) mutated = lines.with(line, ' '.repeat(random(5)) + lines[line]!.trimStart()).join('\n');
    else mutated = mutated.slice(0, at);
  }
  return mutated;
}

/**
 * What a mutated spec does: findings each with a place in the text, and no exception from reading, expanding, or bumping it. Throws where that does not hold.
 * Gives the number of errors and the milliseconds.
 */
export function survive(text: string, file: string, pipelines: Pipelines): { readonly errors: number; readonly milliseconds: number } {
  const started = performance.now();
  const findings = lintSpec(text, file, pipelines);
  const read = readSpec(text, file);
  const expanded = read.ok ? expandSpec(read.value, { arch: 'aarch64', pipelines }) : read;
  const bumped = bumpSpec(text, file, { to: '99.9', commits: ['a'.repeat(40)], sha256: [], sha512: [] });
  const milliseconds = performance.now() - started;
  const problems = [...findings, ...(expanded.ok ? [] : expanded.error)];
  const last = text.split(/\r\n|\r|\n/).length;
  for (const { at, message } of problems) {
    if (!(at.file && at.line >= 1 && at.line <= last + 1 && at.column >= 1))
      throw new Error(`${message} has no place: ${JSON.stringify(at)}`);
  }
  for (const { at, message } of bumped.ok ? [] : bumped.error) if (!at) throw new Error(`${message} has no place`);
  if (!read.ok && read.error.length === 0) throw new Error('refused without an error');
  return { errors: problems.length, milliseconds };
}
