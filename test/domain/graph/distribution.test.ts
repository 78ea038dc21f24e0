import type { IndexRecord } from '../../../src/domain/apk/apk';
import { edgesOf } from '../../../src/domain/graph/adjacency';
import { distributionOf, whyDepends } from '../../../src/domain/graph/distribution';
import { graphPackageOf, type GraphPackage } from '../../../src/domain/graph/package';
import type { SpecArchitecture } from '../../../src/domain/spec/architecture';
import { builtInPipelines } from '../../../src/domain/spec/builtin';
import { expandSpec } from '../../../src/domain/spec/expand';
import { readSpec } from '../../../src/domain/spec/read';

/** A spec of that name and version with the rest of its text, as the graph sees it. */
function spec(
  name: string,
  rest = '',
  {
    version = '1.0',
    dependencies = '',
    arch = 'x86_64',
  }: { readonly version?: string; readonly dependencies?: string; readonly arch?: SpecArchitecture } = {},
): GraphPackage {
  const text = `package:\n  name: ${name}\n  version: "${version}"\n  epoch: 0\n${dependencies}${rest}`;
  const read = readSpec(text, `${name}.yaml`);
  if (!read.ok) throw new Error(read.error[0]!.message);
  const expanded = expandSpec(read.value, { arch, pipelines: builtInPipelines });
  if (!expanded.ok) throw new Error(expanded.error[0]!.message);
  return graphPackageOf(expanded.value);
}
const builds = (...packages: readonly string[]) =>
  `environment:\n  contents:\n    packages: [${packages.map((one) => `"${one}"`).join(', ')}]\n`;
const runs = (...packages: readonly string[]) => `  dependencies:\n    runtime: [${packages.map((one) => `"${one}"`).join(', ')}]\n`;
const provides = (...names: readonly string[]) => `  dependencies:\n    provides: [${names.map((one) => `"${one}"`).join(', ')}]\n`;
const edges = (packages: readonly GraphPackage[], kind: 'build' | 'build+runtime' = 'build', index: readonly IndexRecord[] = []) =>
  edgesOf(distributionOf(packages, kind, index).graph).map((edge) => edge.join(' > '));
const record = (name: string, version: string, more: Partial<IndexRecord> = {}): IndexRecord => ({
  ...{
    name,
    version,
    origin: name,
    architecture: 'x86_64',
    installedSize: 1,
    description: '',
    url: '',
    commit: '',
    buildDate: 1,
    license: '',
  },
  ...{ depends: [], provides: [], replaces: [], checksum: 'Q1', size: 1 },
  ...more,
});

describe('what makes an edge', () => {
  test('the environment, and the needs of pipelines of the package and its subpackages', () => {
    const a = spec(
      'a',
      `${builds('b')}pipeline:\n  - uses: strip\nsubpackages:\n  - name: a-doc\n    pipeline:\n      - uses: split/manpages\n`,
    );
    const others = ['b', 'binutils', 'scanelf', 'busybox'].map((name) => spec(name));
    expect(edges([a, ...others])).toEqual(['a > b', 'a > binutils', 'a > busybox', 'a > scanelf']);
  });

  test('steps whose condition does not hold count, subpackages whose condition does not hold provide nothing', () => {
    const text = `pipeline:\n  - if: \${{build.arch}} == 'aarch64'\n    uses: strip\nsubpackages:\n  - name: a-arm\n    if: \${{build.arch}} == 'aarch64'\n`;
    const wanting = spec('w', builds('a-arm'));
    expect(edges([spec('a', text), spec('binutils'), wanting])).toEqual(['a > binutils']);
    expect(edges([spec('a', text, { arch: 'aarch64' }), spec('binutils'), wanting])).toEqual(['a > binutils', 'w > a']);
  });

  test('a test counts for nothing', () => {
    expect(edges([spec('a', 'test:\n  environment:\n    contents:\n      packages: [b]\n'), spec('b')])).toEqual([]);
  });

  test('what runs is an edge only where run time is asked for; a conflict is none', () => {
    const packages = [spec('a', '', { dependencies: runs('b', '!c') }), spec('b'), spec('c')];
    expect(edges(packages)).toEqual([]);
    expect(edges(packages, 'build+runtime')).toEqual(['a > b']);
  });
});

describe('who is taken', () => {
  test.each<[string, string, readonly GraphPackage[], string]>([
    [
      'a subpackage of a range',
      'lib-two',
      [spec('lib', 'data:\n  - name: d\n    items: {one: "1", two: "2"}\nsubpackages:\n  - range: d\n    name: lib-${{range.key}}\n')],
      'lib',
    ],
    ['a provided name with its kind', 'cmd:tool', [spec('tools', '', { dependencies: provides('cmd:tool=1.0-r0') })], 'tools'],
    [
      'the greatest version',
      'x',
      [
        spec('x-1', '', { version: '1.9', dependencies: provides('x=1.9') }),
        spec('x-2', '', { version: '1.10', dependencies: provides('x=1.10') }),
      ],
      'x-2',
    ],
    [
      'a name without a version at that of its apk',
      'x',
      [spec('x-1', '', { version: '3', dependencies: provides('x') }), spec('x-2', '', { version: '2', dependencies: provides('x') })],
      'x-1',
    ],
    [
      'the highest priority of one version',
      'x',
      [
        spec('x-1', '', { dependencies: provides('x=1') }),
        spec('x-2', '', { dependencies: `${provides('x=1')}    provider-priority: 5\n` }),
      ],
      'x-2',
    ],
    ['the apk of that name before a provider', 'x', [spec('a', '', { dependencies: provides('x=1.0-r0') }), spec('x')], 'x'],
    ['a constraint', 'x<2', [spec('x', '', { version: '2.1' }), spec('x-1', '', { dependencies: provides('x=1.8-r0') })], 'x-1'],
    ['a fuzzy constraint', 'x~1', [spec('x', '', { version: '10.1' }), spec('x-1', '', { dependencies: provides('x=1.8-r0') })], 'x-1'],
    ['the whole version', 'x=1.0-r0', [spec('x')], 'x'],
  ])('%s', (_name, wanted, packages, taken) => {
    expect(edges([spec('w', builds(wanted)), ...packages])).toEqual([`w > ${taken}`]);
  });

  test('another one for what builds itself; its own is as good at run time', () => {
    const packages = [
      spec('x', builds('x'), { version: '2', dependencies: runs('x') }),
      spec('x-bootstrap', '', { dependencies: provides('x=1.0-r0') }),
      spec('y', builds('y'), { dependencies: runs('y') }),
    ];
    expect(edges(packages, 'build+runtime')).toEqual(['x > x-bootstrap']);
  });

  test('a name that nothing provides, and a version that is not there, are told apart', () => {
    const { unresolved, outOfBounds } = distributionOf([spec('a', builds('nobody>1', 'b=1.0', 'b<1')), spec('b')], 'build');
    expect(unresolved).toEqual(['nobody']);
    expect(outOfBounds).toEqual(['b<1', 'b=1.0']);
  });
});

describe('with a published index', () => {
  const a = spec('a', builds('b=0.9-r0', 'so:libc.so.1', 'gone'));

  test('it resolves old versions, generated names, and packages that have no spec any more', () => {
    const index = [record('b', '0.9-r0'), record('c-libs', '1-r0', { origin: 'c', provides: ['so:libc.so.1=1'] }), record('gone', '1-r0')];
    const packages = [a, spec('b'), spec('c')];
    expect(distributionOf(packages, 'build', index)).toMatchObject({ unresolved: [], outOfBounds: [] });
    expect(edges(packages, 'build', index)).toEqual(['a > b', 'a > c']);
    expect(edges(packages)).toEqual([]);
  });

  test('what the newest apk of each name depends on is a runtime edge', () => {
    const index = [
      record('b', '1-r0', { depends: ['so:libc.so.1'] }),
      record('b', '0-r0', { depends: ['so:libd.so.1'] }),
      record('c', '1-r0', { provides: ['so:libc.so.1=1'] }),
      record('d', '1-r0', { provides: ['so:libd.so.1=1'] }),
    ];
    const packages = [spec('b'), spec('c'), spec('d')];
    expect(edges(packages, 'build', index)).toEqual([]);
    expect(edges(packages, 'build+runtime', index)).toEqual(['b > c']);
    expect(whyDepends(distributionOf(packages, 'build+runtime', index), 'b', 'c')).toEqual([
      { from: 'b', to: 'c', atom: 'so:libc.so.1', within: 'published b-1-r0' },
    ]);
  });
});

test('why names each link with the place where it is written', () => {
  const distribution = distributionOf(
    [spec('a', builds('b-dev')), spec('b', `${builds('c')}subpackages:\n  - name: b-dev\n`), spec('c')],
    'build',
  );
  expect(whyDepends(distribution, 'a', 'c')).toEqual([
    { from: 'a', to: 'b', atom: 'b-dev', within: 'environment', at: { file: 'a.yaml', line: 7, column: 16 } },
    { from: 'b', to: 'c', atom: 'c', within: 'environment', at: { file: 'b.yaml', line: 7, column: 16 } },
  ]);
  expect(whyDepends(distribution, 'c', 'a')).toBeUndefined();
  expect(whyDepends(distribution, 'a', 'nobody')).toBeUndefined();
});
