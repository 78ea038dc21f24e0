import parse from 'spdx-expression-parse';
import { formatProblem } from '../domain/result';
import type { Check } from './check';
import { failed, fromProblems, passed } from './check';

const LICENCE_FILE = /(?:^|\/)(?:LICEN[CS]E|COPYING|COPYRIGHT|UNLICENSE|NOTICE)[^/]*$/i;

function problemOf(expression: string): string | undefined {
  try {
    parse(expression);
    return undefined;
  } catch (error) {
    return `${JSON.stringify(expression)} is no SPDX licence expression: ${(error as Error).message}`;
  }
}

/** Brackets and spaces make no other licence. */
function sameLicence(one: string, other: string): boolean {
  const meaning = (expression: string) => (problemOf(expression) === undefined ? JSON.stringify(parse(expression)) : expression);
  return meaning(one) === meaning(other);
}

/** The licence is an SPDX expression, and the one that is published: another one is a decision for a person. */
export const licenceCheck: Check = {
  name: 'licence',
  title: 'Licence',
  stage: 'change',
  revision: 1,
  reads: ['index'],
  async run(context) {
    const spec = await context.spec();
    if (!spec.ok) return fromProblems(spec.error.map(formatProblem), '');
    const { licenses, file, name } = spec.value;
    if (licenses.length === 0) return failed(`${file}: package.copyright names no license`);
    const malformed = licenses.flatMap(({ value, at }) => {
      const problem = problemOf(value);
      return problem ? [`${at.file}:${at.line}:${at.column}: ${problem}`] : [];
    });
    if (malformed.length > 0) return fromProblems(malformed, '');

    const found: string[] = [];
    for (const source of context.change.sources) {
      const names = await context.inspect(source);
      if (names.ok) found.push(...names.value.filter((path) => LICENCE_FILE.test(path)));
    }
    const inSource =
      found.length > 0 ? `licence files in the source: ${found.slice(0, 5).join(', ')}` : 'no licence file was found in the source';
    const now = licenses.map(({ value }) => value).join(' AND ');
    const published = await context.publishedLicence();
    if (published !== undefined && !sameLicence(published, now)) {
      return failed(`the licence of ${name.value} changes from ${published} to ${now}: a person must agree`, [inSource]);
    }
    return passed(published === undefined ? now : `${now}, as published`, [inSource]);
  },
};
