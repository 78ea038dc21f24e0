import { builtInPipelines } from '../../../src/domain/spec/builtin';
import { checkPipelines } from '../../../src/domain/spec/check-pipelines';
import { lintSpec } from '../../../src/domain/spec/lint';
import { layered, readPipeline, type PipelineDefinition } from '../../../src/domain/spec/pipeline';
import { specText } from './reading';

const found = (text: string, file = 'example.yaml') =>
  lintSpec(text, file, builtInPipelines).map(
    ({ severity, rule, at, message }) => `${at.line}:${at.column} ${severity} ${rule}: ${message}`,
  );

test.each([
  ['a good spec', specText(), []],
  [
    'errors of the form',
    specText('pipelines: []\nvars: {a: 1, a: 2}\n'),
    ['5:1 error unknown-key: unknown key `pipelines`', '6:14 error duplicate-key: vars.a is there twice'],
  ],
  ['what is no YAML', 'package: [\n', [expect.stringMatching(/^\d+:\d+ error yaml: not valid YAML: /)]],
  ['a type', specText().replace('epoch: 4', 'epoch: four'), ['4:10 error type: package.epoch is "four", not a whole number of 0 or more']],
  [
    'a version',
    specText().replace('1.2.3', '1.2-3'),
    ['3:12 error version: package.version: invalid version "1.2-3": unexpected "-" at position 4'],
  ],
  [
    'a version that apko orders otherwise',
    specText().replace('1.2.3', '1.05'),
    [
      "3:12 warning apko-order: apk compares 05 as text because of its leading zero, apko's solver as a number: the two order 1.05 and 1.4 differently",
    ],
  ],
  [
    'sources without a digest',
    specText('pipeline:\n  - uses: fetch\n    with: {uri: https://a}\n  - uses: git-checkout\n    with: {repository: https://b}\n'),
    [
      '6:5 warning unpinned-source: the fetch of https://a is not pinned',
      '8:5 warning unpinned-source: the git-checkout of https://b is not pinned',
    ],
  ],
  [
    'a repeated dependency',
    specText('environment: {contents: {packages: [a, b, a]}}\n'),
    ['5:43 warning repeated-dependency: a is in this list twice'],
  ],
  [
    'a transform for nothing',
    specText(
      'var-transforms:\n  - {from: "${{package.version}}", match: a, replace: b, to: used}\n  - {from: a, match: a, replace: b, to: idle}\npipeline:\n  - runs: ${{vars.used}}\n',
    ),
    ['7:5 warning unused-transform: nothing uses ${{vars.idle}}'],
  ],
  [
    'a spaced variable of a range',
    specText(
      'data: [{name: d, items: {a: b}}]\nsubpackages:\n  - range: d\n    name: x-${{range.key}}\n    pipeline:\n      - runs: ${{ range.key }}\n',
    ),
    ['10:15 warning spaced-variable: melange does not know ${{ range.key }} with spaces in it'],
  ],
  [
    '`uses` beside a pipeline',
    specText('pipeline:\n  - uses: fetch\n    pipeline:\n      - runs: a\n'),
    ['6:11 warning ignored-uses: `uses: fetch` is not read where the step has a `pipeline:` of its own'],
  ],
])('%s', (_name, text, findings) => expect(found(text)).toEqual(findings));

test('a file of another name', () =>
  expect(found(specText(), 'dir/other.yaml')).toEqual(['2:9 warning file-name: the package is called example, its file is not']));

test('pipelines that use what is not there, or each other in a circle, also where no spec uses them', () => {
  const files = { a: 'pipeline:\n  - uses: b\n', b: 'pipeline:\n  - uses: c\n  - uses: fetsh\n', c: 'uses: a\n', d: 'uses: fetch\n' };
  const own = new Map<string, PipelineDefinition>();
  for (const [uses, text] of Object.entries(files)) {
    const read = readPipeline(text, `${uses}.yaml`);
    if (read.ok) own.set(uses, read.value);
  }
  expect(
    checkPipelines([...own.keys()], layered(own, builtInPipelines)).map(({ message, at }) => `${at.file}:${at.line}: ${message}`),
  ).toEqual(['c.yaml:1: the pipelines use each other in a circle: a -> b -> c -> a', 'b.yaml:3: there is no pipeline fetsh']);
});

test('variables that double each other are refused with their place, not written out', () => {
  const doubled = Array.from({ length: 40 }, (_, number) => `  v${number + 1}: \${{vars.v${number}}}\${{vars.v${number}}}\n`).join('');
  const text = `package:\n  name: a\n  version: "1"\n  epoch: 0\nvars:\n  v0: x\n${doubled}`;
  expect(lintSpec(text, 'a.yaml', builtInPipelines)).toContainEqual(
    expect.objectContaining({ rule: 'too-long', at: { file: 'a.yaml', line: 24, column: 8 } }),
  );
});
