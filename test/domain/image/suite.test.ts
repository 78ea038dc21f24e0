import { readSuite, suiteName } from '../../../src/domain/image/suite';
import { formatProblem } from '../../../src/domain/result';

const FILE = 'images/pigz/starts.test.yaml';
const test = (more: string) => `tests:\n  - name: version\n    kind: container\n${more}`;

it('reads a suite, with its defaults', () => {
  const text = `tests:
  - name: version
    kind: container
    command: [--version]
    expect:
      stdout:
        contains: [pigz 2]
        matches: ^pigz [0-9.]+
  - name: help
    kind: container
    network: true
    timeout: 5m
    retries: 2
    expect: {exit: 1, stderr: {contains: [usage]}}
`;
  expect(readSuite(text, FILE)).toEqual({
    ok: true,
    value: {
      name: 'starts',
      tests: [
        {
          ...{ name: 'version', kind: 'container', command: ['--version'], network: false, timeoutSeconds: 60, retries: 0 },
          expect: { exit: 0, stdout: { contains: ['pigz 2'], matches: '^pigz [0-9.]+' } },
        },
        {
          ...{ name: 'help', kind: 'container', command: [], network: true, timeoutSeconds: 300, retries: 2 },
          expect: { exit: 1, stderr: { contains: ['usage'] } },
        },
      ],
    },
  });
});

describe('names what is wrong, where, and the remedy', () => {
  it.each([
    ['tests: []\n', ':1:1: the suite has no tests'],
    ['test: []\n', 'unknown key `test` (did you mean `tests`?)'],
    [test('    comand: [x]\n'), ':4:5: unknown key `comand` in tests[0] (did you mean `command`?)'],
    [test('').replace('container', 'job'), ':3:11: the test "version" is of the kind "job", which Millrace does not run'],
    [test('    command: run\n'), 'tests[0].command is a scalar, not a list'],
    [test('    timeout: 3h\n'), ':4:14: the timeout "3h" is no duration up to 2h (write it as 30s, 5m or 1h)'],
    [test('    timeout: 0s\n'), 'the timeout "0s" is no duration'],
    [test('    retries: 6\n'), ':4:14: 6 retries are too many'],
    [test('    expect: {exit: 256}\n'), 'no program exits with 256'],
    [test('    expect: {stdout: {matches: "("}}\n'), 'is no regular expression of Go'],
    [`${test('')}  - name: version\n    kind: container\n`, ':4:5: the test "version" is there twice'],
  ])('%#', (text, problem) => {
    const read = readSuite(text, FILE);
    expect(read.ok ? '' : read.error.map(formatProblem).join('\n')).toContain(problem);
  });
});

it.each([
  ['a.test.yaml', 'a'],
  ['deep/er/a-b2.test.yaml', 'a-b2'],
  ['a.yaml', undefined],
  ['.test.yaml', undefined],
  ['A.test.yaml', undefined],
])('the suite in %s is called %s', (file, name) => expect(suiteName(file)).toBe(name));
