import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatProblem } from '../../../src/domain/result';
import { readSpec } from '../../../src/domain/spec/read';
import { specFrom, specText } from './reading';

const FIXTURES = join(__dirname, 'fixtures', 'before');
const fixtures = readdirSync(FIXTURES).map((name) => [name, readFileSync(join(FIXTURES, name), 'utf8')] as const);

function problemsOf(text: string): readonly string[] {
  const read = readSpec(text, 'a.yaml');
  return read.ok ? [] : read.error.map(formatProblem);
}

test.each(fixtures)('%s, of a real distribution, is read without a problem', (name, text) => {
  expect(specFrom(text, name).name.value).toBe(name.replace('.yaml', ''));
});

test('every part of a spec is there, numbers as they are written and places where they are written', () => {
  const text = `package:
  name: example
  version: 1.10
  epoch: 0 # why
  description: An example
  url: https://example.org
  target-architecture: [x86_64]
  copyright:
    - license: MIT
    - license: Zlib
      paths: ["*"]
  dependencies:
    runtime:
      - so:libz.so.1
    provides: [example-compat=1.10]
environment:
  contents:
    packages:
      - busybox
vars:
  major: 00303
  empty:
var-transforms:
  - from: \${{package.version}}
    match: \\.
    replace: _
    to: underscored
data:
  - name: things
    items:
      "1": one
pipeline:
  - uses: fetch
    with:
      uri: https://example.org/e-\${{package.version}}.tar.gz
  - name: Upstream tests
    if: \${{build.arch}} == 'x86_64'
    runs: make check
  - pipeline:
      - runs: echo
subpackages:
  - range: things
    name: example-\${{range.key}}
    description: \${{range.value}}
    pipeline:
      - uses: split/dev
    test:
      pipeline:
        - runs: echo sub
update:
  enabled: True
  ignore-regex-patterns: ["-rc"]
  version-transform:
    - match: _
      replace: .
  github:
    identifier: a/b
    strip-prefix: v
    use-tag: true
test:
  environment:
    contents:
      packages: [bash]
  pipeline:
    - runs: echo test
`;
  const spec = specFrom(text);
  expect(spec.version).toEqual({
    value: '1.10',
    at: { file: 'example.yaml', line: 3, column: 12 },
    offset: text.indexOf('1.10'),
    end: text.indexOf('1.10') + 4,
  });
  expect(spec.epoch).toMatchObject({ value: 0, end: text.indexOf(' # why') });
  expect(spec).toMatchObject({
    description: 'An example',
    url: 'https://example.org',
    targetArchitectures: ['x86_64'],
    dependencies: { runtime: [{ value: 'so:libz.so.1' }], provides: [{ value: 'example-compat=1.10' }], replaces: [] },
    buildPackages: [{ value: 'busybox' }],
    vars: { major: { value: '00303' }, empty: { value: '' } },
    varTransforms: [{ from: '${{package.version}}', match: '\\.', replace: '_', to: 'underscored', at: { line: 24, column: 5 } }],
    data: { things: { '1': { value: 'one' } } },
    subpackages: [
      {
        range: { value: 'things' },
        name: { value: 'example-${{range.key}}' },
        description: '${{range.value}}',
        test: { pipeline: [{ runs: { value: 'echo sub' } }] },
      },
    ],
    update: {
      enabled: true,
      manual: false,
      ignoreRegexPatterns: ['-rc'],
      versionTransform: [{ match: '_', replace: '.' }],
      github: { identifier: 'a/b', stripPrefix: 'v', useTag: true },
    },
    test: { packages: [{ value: 'bash' }], pipeline: [{ runs: { value: 'echo test' } }] },
  });
  expect(spec.licenses.map((license) => license.value)).toEqual(['MIT', 'Zlib']);
  expect(spec.pipeline[0]!.with['uri']!.at).toEqual({ file: 'example.yaml', line: 35, column: 12 });
  expect(spec.pipeline[1]).toMatchObject({ name: { value: 'Upstream tests' }, if: { value: "${{build.arch}} == 'x86_64'" } });
  expect(spec.pipeline[2]!.pipeline[0]!.runs!.value).toBe('echo');
});

test.each([
  ['unknown key', specText('pipelines: []\n'), 'a.yaml:5:1: unknown key `pipelines` (did you mean `pipeline`?)'],
  [
    'unknown key deep down',
    specText('pipeline:\n  - uses: fetch\n    wiht:\n      uri: a\n'),
    'a.yaml:7:5: unknown key `wiht` in pipeline[0] (did you mean `with`?)',
  ],
  [
    'unknown key like none',
    specText('capabilities:\n  qqqqqq: 1\n'),
    'a.yaml:6:3: unknown key `qqqqqq` in capabilities (known here: add, drop)',
  ],
  ['repeated key', specText('vars:\n  a: 1\n  a: 2\n'), 'a.yaml:7:3: vars.a is there twice (remove one)'],
  ['repeated top key', specText('test: {}\ntest: {}\n'), 'a.yaml:6:1: test is there twice (remove one)'],
  ['scalar for a list', specText('pipeline: make\n'), 'a.yaml:5:11: pipeline is a scalar, not a list'],
  ['list for a mapping', specText('vars: [a]\n'), 'a.yaml:5:7: vars is a list, not a mapping'],
  ['mapping for a scalar', specText('  description: {a: b}\n'), 'a.yaml:5:16: package.description is a mapping, not a scalar'],
  ['no boolean', specText('update:\n  enabled: ja\n'), 'a.yaml:6:12: update.enabled is "ja", not true or false'],
  [
    'no regular expression',
    specText('update:\n  ignore-regex-patterns: ["(?=a)"]\n'),
    'a.yaml:6:27: update.ignore-regex-patterns[0]: "(?=a)" is no regular expression of Go',
  ],
  [
    'alias',
    specText('vars:\n  a: &x 1\n  b: *x\n'),
    'a.yaml:7:6: vars.b is an alias (write the value out: an edit of an alias would change two places)',
  ],
  [
    'invalid version',
    'package:\n  name: a\n  version: v1\n  epoch: 0\n',
    'a.yaml:3:12: package.version: invalid version "v1": unexpected "v" at position 1 (a version starts with a digit)',
  ],
  [
    'version with revision',
    'package:\n  name: a\n  version: 1-r1\n  epoch: 0\n',
    'a.yaml:3:12: package.version "1-r1" contains a revision',
  ],
  [
    'epoch that is none',
    'package:\n  name: a\n  version: 1\n  epoch: -1\n',
    'a.yaml:4:10: package.epoch is "-1", not a whole number of 0 or more',
  ],
  ['name that is none', 'package:\n  name: a/b\n  version: 1\n  epoch: 0\n', 'a.yaml:2:9: package.name "a/b" is no package name'],
  ['no name', 'package:\n  version: 1\n  epoch: 0\n', 'a.yaml:2:3: package.name is missing (write `name:`)'],
  ['empty epoch', 'package:\n  name: a\n  version: 1\n  epoch:\n', 'a.yaml:2:3: package.epoch is missing'],
  ['no package', 'vars: {}\n', 'a.yaml:1:1: package is missing'],
  ['empty file', '', 'a.yaml:1:1: a spec is a mapping'],
  ['no YAML', 'package: [\n', 'a.yaml:2:1: not valid YAML'],
  ['tab', 'package:\n\tname: a\n', 'a.yaml:2:1: not valid YAML'],
])('%s', (_name, text, problem) => {
  const problems = problemsOf(text);
  expect(problems[0]).toContain(problem);
});

test('deep nesting is an error with a place', () => {
  expect(problemsOf(`a: ${'['.repeat(20_000)}`)[0]).toMatch(/^a\.yaml:\d+:\d+: not valid YAML: nested too deeply/);
});

test('all errors of a file come at once', () => {
  expect(problemsOf('package:\n  name: a b\n  verison: x\n  epoch: z\ntest: 1\nwhat: 1\n').length).toBe(6);
});

test('a mutated spec is read or refused with places, never with an exception', () => {
  const text = fixtures[0]![1];
  const mutation = fc.record({
    at: fc.nat(text.length),
    remove: fc.nat(30),
    insert: fc.constantFrom('', ' ', '\n', ':', '- ', '"', '{', ']', '\t', '|', '&a ', '*a', '#', '\u0000'),
  });
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
      const mutated = mutations.reduce((now, { at, remove, insert }) => now.slice(0, at) + insert + now.slice(at + remove), text);
      const read = readSpec(mutated, 'a.yaml');
      if (!read.ok) for (const problem of read.error) expect(problem.at).toMatchObject({ file: 'a.yaml', line: expect.any(Number) });
    }),
    { numRuns: 500 },
  );
});
