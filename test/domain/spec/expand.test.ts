import { formatProblem } from '../../../src/domain/result';
import { builtInPipelines } from '../../../src/domain/spec/builtin';
import { expandSpec, type ExpandedSpec, type Expansion } from '../../../src/domain/spec/expand';
import { layered, readPipeline, type PipelineDefinition } from '../../../src/domain/spec/pipeline';
import { showSpec } from '../../../src/domain/spec/show';
import { specFrom, specText } from './reading';

function pipelinesOf(files: Readonly<Record<string, string>>): Expansion['pipelines'] {
  const own = new Map<string, PipelineDefinition>();
  for (const [uses, text] of Object.entries(files)) {
    const read = readPipeline(text, `pipelines/${uses}.yaml`);
    if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
    own.set(uses, read.value);
  }
  return layered(own, builtInPipelines);
}

function expanded(more: string, files: Readonly<Record<string, string>> = {}, choice: Partial<Expansion> = {}): ExpandedSpec {
  const result = expandSpec(specFrom(specText(more)), { arch: 'x86_64', pipelines: pipelinesOf(files), ...choice });
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'));
  return result.value;
}

function problems(more: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  const result = expandSpec(specFrom(specText(more)), { arch: 'x86_64', pipelines: pipelinesOf(files) });
  return result.ok ? [] : result.error.map((problem) => `${problem.rule}: ${formatProblem(problem)}`);
}

const needs = ({ environment }: ExpandedSpec) => environment.map((need) => need.package);

test('a range makes a subpackage of each item, in the order of the keys, with variables of its own', () => {
  const spec = expanded(`vars: {base: lib}
data:
  - name: things
    items: {b: "2", a: "one-\${{build.arch}}"}
subpackages:
  - range: things
    name: \${{vars.base}}-\${{range.key}}
    dependencies: {provides: ["so:\${{range.key}}=\${{package.full-version}}"]}
    pipeline:
      - runs: echo \${{range.value}} \${{targets.subpkgdir}} \${{subpkg.name}} \${{targets.package.lib-b}}
`);
  expect(spec.subpackages.map(({ name }) => name)).toEqual(['lib-a', 'lib-b']);
  expect(spec.subpackages[0]!.dependencies.provides[0]!.value).toBe('so:a=1.2.3-r4');
  expect(spec.subpackages[0]!.pipeline[0]!.runs).toBe('echo one-x86_64 /home/build/melange-out/lib-a lib-a /home/build/melange-out/lib-b');
});

test('only what runs on the architecture is needed', () => {
  const text = `environment: {contents: {packages: [busybox]}}
pipeline:
  - if: \${{build.arch}} == 'x86_64'
    uses: one
  - if: \${{build.arch}} == 'aarch64'
    pipeline:
      - uses: two
`;
  const files = { one: 'needs: {packages: [nasm, busybox]}\nruns: a\n', two: 'needs: {packages: [qemu]}\nruns: b\n' };
  expect(needs(expanded(text, files))).toEqual(['busybox', 'nasm']);
  expect(needs(expanded(text, files, { arch: 'aarch64' }))).toEqual(['busybox', 'qemu']);
  expect(expanded(text, files).environment[1]).toEqual({
    package: 'nasm',
    at: { file: 'pipelines/one.yaml', line: 1, column: 20 },
    via: 'one',
  });
});

test('inputs: given ones, defaults that name others, those of the pipeline around, in needs and commands', () => {
  const files = {
    outer:
      'inputs:\n  dir: {default: src}\n  version: {required: true}\npipeline:\n  - uses: inner\n    with: {dir: "${{inputs.dir}}/x"}\n  - runs: cd ${{inputs.dir}}\n',
    inner:
      'inputs:\n  dir: {default: .}\n  full: {default: "${{inputs.dir}}-${{package.name}}"}\nneeds: {packages: ["tool-${{inputs.version}}"]}\nruns: make -C ${{inputs.full}}\n',
  };
  const spec = expanded('pipeline:\n  - uses: outer\n    with: {version: "7"}\n', files);
  expect(needs(spec)).toEqual(['tool-7']);
  const [inner, second] = spec.pipeline[0]!.pipeline;
  expect([inner!.runs, second!.runs]).toEqual(['make -C src/x-example', 'cd src']);
  expect(spec.pipeline[0]!.with).toEqual({ version: '7' });
});

test('options change variables and the build environment', () => {
  const text = `environment: {contents: {packages: [a, b]}}
vars: {flavour: plain}
options:
  rich: {vars: {flavour: rich}, environment: {contents: {packages: {add: [c], remove: [b]}}}}
pipeline:
  - runs: \${{vars.flavour}} \${{options.rich.enabled}}
`;
  expect([needs(expanded(text)), expanded(text).pipeline[0]!.runs]).toEqual([['a', 'b'], 'plain false']);
  const rich = expanded(text, {}, { options: ['rich'] });
  expect([needs(rich), rich.pipeline[0]!.runs]).toEqual([['a', 'c'], 'rich true']);
});

test.each([
  ['pipeline:\n  - uses: fetsh\n', 'unknown-pipeline: example.yaml:6:11: there is no pipeline fetsh (did you mean fetch?)'],
  ['pipeline:\n  - uses: ../x\n', 'unknown-pipeline: example.yaml:6:11: "../x" is no name of a pipeline (no absolute path and no ..)'],
  [
    'pipeline:\n  - uses: fetch\n',
    'missing-input: example.yaml:6:11: the pipeline fetch needs the input `uri` (write `uri:` under `with:`)',
  ],
  [
    'pipeline:\n  - uses: fetch\n    with: {uri: a, expected-sha: b}\n',
    'unknown-input: example.yaml:7:34: the pipeline fetch has no input `expected-sha` (did you mean `expected-sha256`?)',
  ],
  [
    'pipeline:\n  - uses: fetch\n    with: {uri: a, expected-sha256: abc}\n',
    'digest: example.yaml:7:37: expected-sha256 is "abc", not 64 hexadecimal digits',
  ],
  ['pipeline:\n  - runs: echo ${{vars.x}}\n', 'undefined-variable: example.yaml:6:11: undefined variable ${{vars.x}}'],
  ['pipeline:\n  - runs: echo ${{build.arhc}}\n', 'did you mean ${{build.arch}}?'],
  ['pipeline:\n  - if: ${{build.arch}} = "a"\n    runs: a\n', 'condition: example.yaml:6:9: no condition: "= \\"a\\"" at position 10'],
  ['pipeline:\n  - uses: fetch\n    runs: a\n    with: {uri: a}\n', 'step: example.yaml:7:11: a step has `uses` or `runs`, not both'],
  ['pipeline:\n  - with: {uri: a}\n', 'step: example.yaml:6:5: a step has `with` but no `uses`'],
  ['subpackages:\n  - range: x\n    name: a\n', 'unknown-range: example.yaml:6:12: there is no data of the name "x"'],
  ['subpackages:\n  - name: example\n', 'duplicate-package: example.yaml:6:11: two packages of this spec are called example'],
  ['subpackages:\n  - name: a b\n', 'name: example.yaml:6:11: "a b" is no package name'],
  [
    'environment: {contents: {packages: ["a-${{build.arch}}"]}}\n',
    'undefined-variable: example.yaml:5:37: undefined variable ${{build.arch}}',
  ],
])('%j: an error with its rule and place', (more, problem) => {
  const found = problems(more);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(problem);
});

test('a circle of pipelines, and a defect of a pipeline, show where the spec uses it', () => {
  const files = { a: 'pipeline:\n  - uses: b\n', b: 'pipeline:\n  - uses: a\n', c: 'runs: ${{targets.subpkgdir}}\n' };
  expect(problems('pipeline:\n  - uses: a\n  - uses: c\n', files)).toEqual([
    'pipeline-cycle: example.yaml:6:11: the pipelines use each other in a circle: a -> b -> a (in the pipeline a -> b at pipelines/b.yaml:2:11) (remove one of the `uses`)',
    expect.stringContaining(
      'undefined-variable: example.yaml:7:11: undefined variable ${{targets.subpkgdir}} (in the pipeline c at pipelines/c.yaml:1:7)',
    ),
  ]);
});

test('all errors come at once', () => {
  expect(problems('pipeline:\n  - uses: nothing\n  - runs: ${{a}} ${{b}}\nsubpackages:\n  - range: x\n    name: a\n')).toHaveLength(4);
});

test('the expanded spec keeps types and texts, and installs what a test needs', () => {
  const text = specText(`  description: for \${{package.name}}
pipeline:
  - runs: make
    working-directory: src
    pipeline:
      - runs: make \${{package.version}}
test:
  environment: {contents: {packages: [bash]}}
  pipeline:
    - runs: "true"
`);
  expect(showSpec(text, 'example.yaml', { arch: 'x86_64', pipelines: builtInPipelines })).toEqual({
    ok: true,
    value: {
      package: { name: 'example', version: '1.2.3', epoch: 4, description: 'for example' },
      environment: { contents: { packages: [] } },
      pipeline: [{ runs: 'make', 'working-directory': 'src', pipeline: [{ runs: 'make 1.2.3', 'working-directory': 'src' }] }],
      test: { environment: { contents: { packages: ['bash', 'example'] } }, pipeline: [{ runs: 'true' }] },
    },
  });
});

test('every pipeline that is built into melange can be read', () => {
  const names = builtInPipelines.names();
  expect(names).toHaveLength(51);
  for (const name of names) expect(builtInPipelines.get(name)).toMatchObject({ file: `melange/pipelines/${name}.yaml` });
  expect(builtInPipelines.get('go/bump')).toMatchObject({ inputs: { deps: { required: true }, modroot: { default: { value: '.' } } } });
  expect(builtInPipelines.get('constructor')).toBeUndefined();
});
