import { compileGoRegexp, goMatches, goReplaceAll } from '../../../src/domain/spec/go-regexp';

function replaced(pattern: string, text: string, template: string): string {
  const compiled = compileGoRegexp(pattern);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return goReplaceAll(compiled.value, text, template);
}

// Each line was checked against `regexp.MustCompile(pattern).ReplaceAllString(text, template)`.
test.each([
  ['^(\\d+)\\.(\\d+)_p(\\d+)$', '10.5_p1', 'V_${1}_${2}_P$3', 'V_10_5_P1'],
  ['(\\d+)\\.(\\d+)', '1.2', '$1_x', ''],
  ['(\\d+)\\.(\\d+)', '1.2', '$1x', ''],
  ['(\\d+)\\.(\\d+)', '1.2', '$1-$2', '1-2'],
  ['(\\d+)', '7', '$$1', '$1'],
  ['(\\d+)', '7', '$', '$'],
  ['(\\d+)', '7', '${1', '${1'],
  ['(\\d+)', '7', '$2', ''],
  ['(\\d+)', '7', '$01', ''],
  ['(?P<major>\\d+)\\.', '1.2', '$major-', '1-2'],
  ['(?P<major>\\d+)\\.', '1.2', '$major_', '2'],
  ['(?P<major>\\d+)\\.', '1.2', '${major}-', '1-2'],
  ['.*', 'abc', 'x', 'x'],
  ['x*', 'abc', '-', '-a-b-c-'],
  ['b*', 'abc', '-', '-a-c-'],
  ['\\.', '1.2.3', '_', '1_2_3'],
  ['(?i)REL', 'rel-1', '', '-1'],
  ['\\-', '1-2', '.', '1.2'],
])('%s on %s with %s gives %s', (pattern, text, template, expected) => {
  expect(replaced(pattern, text, template)).toBe(expected);
});

test('a pattern may match anywhere, and a bad one is an error with its text', () => {
  const compiled = compileGoRegexp('-rc');
  expect(compiled.ok && goMatches(compiled.value, '1.0-rc1')).toBe(true);
  expect(compileGoRegexp('(')).toMatchObject({ ok: false, error: { message: expect.stringContaining('"("') } });
});
