import { compileGoRegexp, goMatches } from '../spec/go-regexp';
import type { OutputExpectation } from './suite';

/** What a text lacks of what it must hold, a sentence each; `where` names the text. */
export function lacking({ contains, matches }: OutputExpectation, text: string, where: string): readonly string[] {
  return [
    ...contains.filter((part) => !text.includes(part)).map((part) => `${where} does not contain ${JSON.stringify(part)}`),
    ...(matches !== undefined && !found(matches, text) ? [`${where} does not match ${matches}`] : []),
  ];
}

function found(pattern: string, text: string): boolean {
  const compiled = compileGoRegexp(pattern);
  return compiled.ok && goMatches(compiled.value, text);
}
