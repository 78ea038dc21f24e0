import { formatProblem } from '../../../src/domain/result';
import { patchesOf } from '../../../src/domain/spec/patches';
import { sourcesOf } from '../../../src/domain/spec/sources';
import { upstreamTestStep } from '../../../src/domain/spec/upstream-tests';
import { specFrom, specText } from './reading';

function sources(text: string, choice = {}) {
  const found = sourcesOf(specFrom(text), choice);
  if (!found.ok) throw new Error(found.error.map(formatProblem).join('\n'));
  return found.value;
}

function sourceProblems(text: string): readonly string[] {
  const found = sourcesOf(specFrom(text));
  return found.ok ? [] : found.error.map(formatProblem);
}

test('a fetch names its uri and digests at the version of the spec, or at another', () => {
  const text = specText(`pipeline:
  - uses: fetch
    with:
      uri: https://example.org/\${{package.name}}-\${{ package.version }}.tar.gz
      expected-sha256: ${'a'.repeat(64)}
`);
  const wanted = { kind: 'fetch', sha256: 'a'.repeat(64), versioned: true, at: { file: 'example.yaml', line: 6, column: 5 } };
  expect(sources(text)).toEqual([{ ...wanted, uri: 'https://example.org/example-1.2.3.tar.gz' }]);
  expect(sources(text, { version: '1.3' })).toEqual([{ ...wanted, uri: 'https://example.org/example-1.3.tar.gz' }]);
});

test('a source depends on the version through any number of variables', () => {
  const text = specText(`vars:
  prefix: V_
  other: \${{vars.prefix}}x
var-transforms:
  - {from: "\${{package.version}}", match: '\\.', replace: _, to: underscored}
  - {from: "\${{vars.underscored}}", match: '^(\\d+)_(\\d+)', replace: '\${1}-$2', to: short}
  - {from: "\${{package.name}}", match: '^ex', replace: EX, to: upper}
pipeline:
  - uses: git-checkout
    with:
      repository: https://example.org/a.git
      tag: \${{vars.prefix}}\${{vars.short}}
      expected-commit: ${'b'.repeat(40)}
  - uses: git-checkout
    with:
      repository: https://example.org/\${{vars.upper}}.git
      branch: \${{vars.other}}
`);
  expect(sources(text)).toMatchObject([
    { kind: 'git-checkout', repository: 'https://example.org/a.git', tag: 'V_1-2_3', commit: 'b'.repeat(40), versioned: true },
    { kind: 'git-checkout', repository: 'https://example.org/EXample.git', branch: 'V_x', versioned: false },
  ]);
});

test.each<[string, object]>([
  ['depth: unset', {}],
  ['depth: 1', {}],
  ['depth: 50', { depth: 50 }],
  ['depth: -1', { depth: -1 }],
  ['cherry-picks: ""', {}],
  [
    `cherry-picks: |\n        # of the next release\n        stable/1.x/${'c'.repeat(40)}: fix: a crash\n        ${'d'.repeat(40)}: cloned anyway`,
    { picks: [{ branch: 'stable/1.x', commit: 'c'.repeat(40) }] },
  ],
])('a checkout with %s', (line, expected) => {
  const [source] = sources(specText(`pipeline:\n  - uses: git-checkout\n    with:\n      repository: r\n      ${line}\n`));
  const { depth, picks } = source as { readonly depth?: number; readonly picks?: unknown };
  expect({ ...(depth ? { depth } : {}), ...(picks ? { picks } : {}) }).toEqual(expected);
});

test('nested steps, subpackages and each item of a range have sources too', () => {
  const text = specText(`data:
  - name: fonts
    items: {b: two, a: one}
pipeline:
  - if: \${{build.arch}} == 'x86_64'
    pipeline:
      - uses: fetch
        with: {uri: "https://example.org/nested"}
subpackages:
  - range: fonts
    name: example-\${{range.key}}
    pipeline:
      - uses: fetch
        with: {uri: "https://example.org/\${{range.key}}/\${{range.value}}"}
  - name: example-more
    pipeline:
      - uses: fetch
        with: {uri: "https://example.org/more"}
`);
  expect(sources(text).map((source) => source.kind === 'fetch' && source.uri)).toEqual([
    'https://example.org/nested',
    'https://example.org/a/one',
    'https://example.org/b/two',
    'https://example.org/more',
  ]);
});

const fetching = (uri: string) => `pipeline:\n  - uses: fetch\n    with:\n      uri: ${uri}\n`;

test.each([
  [
    'undefined',
    fetching('a-${{package.verison}}'),
    'example.yaml:8:12: undefined variable ${{package.verison}} (did you mean ${{package.version}}?)',
  ],
  [
    'unknown here',
    fetching('a-${{targets.destdir}}'),
    'example.yaml:8:12: undefined variable ${{targets.destdir}} (known here: package.*)',
  ],
  ['malformed', fetching('a-${{package.version'), 'example.yaml:8:12: malformed reference after `${{` (write ${{name}})'],
  ['no uri', 'pipeline:\n  - uses: fetch\n', 'example.yaml:6:5: fetch names no uri (write `uri:` under `with:`)'],
  [
    'a variable that names itself',
    `vars:\n  a: \${{vars.b}}\n  b: \${{vars.a}}\n${fetching('a')}`,
    'example.yaml:6:6: vars.a names itself',
  ],
  ['package.* in vars', `vars:\n  a: \${{package.version}}\n`, 'example.yaml:6:6: undefined variable ${{package.version}}'],
  [
    'a transform of nothing',
    'var-transforms:\n  - {from: "${{vars.x}}", match: a, replace: b, to: c}\n',
    'example.yaml:6:5: undefined variable ${{vars.x}}',
  ],
])('%s: an error with its place', (_name, more, problem) => {
  expect(sourceProblems(specText(more))[0]).toContain(problem);
});

test('all undefined variables come at once', () => {
  expect(sourceProblems(specText(`${fetching('${{a}}/${{b}}')}  - uses: fetch\n    with:\n      uri: \${{c}}\n`))).toHaveLength(3);
});

test('patches are the words of `patches:`, or the series that replaces them', () => {
  const spec = specFrom(
    specText(`pipeline:
  - uses: patch
    with:
      patches: |
        one.patch
        # two.patch is upstream
        \${{package.srcdir}}/\${{ package.version }}.patch  four.patch
  - uses: patch
    with:
      series: series
      patches: unread.patch
  - uses: patch
    with:
      patches: five.patch
subpackages:
  - name: example-more
    pipeline:
      - pipeline:
          - uses: patch
            with: {patches: six.patch}
`),
  );
  expect(patchesOf(spec).map(({ kind, file, at }) => `${at.line} ${kind} ${file}`)).toEqual([
    '8 patch one.patch',
    // As melange: only a word that itself starts with # is skipped.
    '8 patch two.patch',
    '8 patch is',
    '8 patch upstream',
    '8 patch 1.2.3.patch',
    '8 patch four.patch',
    '14 series series',
    '18 patch five.patch',
    '24 patch six.patch',
  ]);
});

test.each([
  ['a name', 'pipeline:\n  - runs: make check\n  - name: Run upstream test suite\n    runs: ./t\n', 'Run upstream test suite'],
  ['a name in the plural', 'pipeline:\n  - name: Upstream Tests\n    runs: ./t\n', 'Upstream Tests'],
  ['a nested one', 'pipeline:\n  - pipeline:\n      - name: upstream tests\n        runs: ./t\n', 'upstream tests'],
  ['make check', 'pipeline:\n  - runs: |\n      make\n      make -j$(nproc) V=1 check\n', 'make -j$(nproc) V=1 check'],
  ['make test in a named step', 'pipeline:\n  - name: Check it\n    runs: make test\n', 'Check it'],
  ['ctest', 'pipeline:\n  - runs: cd build && ctest --output-on-failure\n', 'cd build && ctest --output-on-failure'],
  ['no test', 'pipeline:\n  - runs: |\n      make install\n      echo make check\n      makechecker\n', undefined],
  ['the test block is ours', 'test:\n  pipeline:\n    - runs: make check\n', undefined],
])('the step of the upstream tests: %s', (_name, more, step) => {
  expect(upstreamTestStep(specFrom(specText(more)))).toBe(step);
});
