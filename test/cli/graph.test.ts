import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMillrace as millrace } from './run-millrace';

let folder: string;

const spec = (name: string, packages: string, more = '') =>
  `package:\n  name: ${name}\n  version: "1.0"\n  epoch: 0\n${more}environment:\n  contents:\n    packages: [${packages}]\n`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-graph-'));
  mkdirSync(join(folder, 'pipelines/own'), { recursive: true });
  writeFileSync(join(folder, 'pipelines/own/make.yaml'), 'needs:\n  packages: [make]\npipeline:\n  - runs: make\n');
  writeFileSync(join(folder, 'a.yaml'), `${spec('a', 'b-dev, nobody')}pipeline:\n  - uses: own/make\n`);
  writeFileSync(join(folder, 'b.yaml'), `${spec('b', 'make')}subpackages:\n  - name: b-dev\n`);
  writeFileSync(join(folder, 'make.yaml'), spec('make', 'b', '  dependencies:\n    runtime: ["so:libc.so.6", b=0.9-r0]\n'));
  writeFileSync(join(folder, 'libc.yaml'), spec('libc', ''));
  writeFileSync(
    join(folder, 'APKINDEX'),
    'C:Q1a=\nP:libc-libs\nV:1.0-r0\nT:\no:libc\np:so:libc.so.6=6\n\nC:Q1b=\nP:b\nV:0.9-r0\nT:\no:b\n\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('graph --json tells nodes, edges, what is unresolved, cycles, dependents and the cut', async () => {
  const { out, err, code } = await millrace('graph', folder, '--arch', 'x86_64', '--edges', 'build', '--json');
  expect([err, code]).toEqual(['', 0]);
  expect(JSON.parse(out)).toEqual({
    nodes: ['a', 'b', 'libc', 'make'],
    edges: [
      ['a', 'b'],
      ['a', 'make'],
      ['b', 'make'],
      ['make', 'b'],
    ],
    unresolved: ['nobody'],
    outOfBounds: [],
    components: [['b', 'make']],
    dependents: { a: 0, b: 2, libc: 0, make: 2 },
    longestPath: 2,
    cut: [
      {
        from: 'b',
        to: 'make',
        because: { from: 'b', to: 'make', dependency: 'make', within: 'environment', file: join(folder, 'b.yaml'), line: 7, column: 16 },
        cycle: ['make', 'b'],
      },
    ],
  });
});

test('run time and a published index take part where they are asked for', async () => {
  const runtime = JSON.parse((await millrace('graph', folder, '--edges', 'build+runtime', '--json')).out);
  expect([runtime.unresolved, runtime.outOfBounds]).toEqual([['nobody', 'so:libc.so.6'], ['b=0.9-r0']]);
  const index = JSON.parse(
    (await millrace('graph', folder, '--edges', 'build+runtime', '--index', join(folder, 'APKINDEX'), '--json')).out,
  );
  expect([index.unresolved, index.outOfBounds]).toEqual([['nobody'], []]);
  expect(index.edges).toContainEqual(['make', 'libc']);
});

test('graph for people', async () => {
  const { out, code } = await millrace('graph', '--dir', folder);
  expect(code).toBe(0);
  expect(out).toContain('4 packages, 4 edges, at most 2 one after the other');
  expect(out).toContain('a cycle of 2: b make');
  expect(out).toContain('nothing provides: nobody');
});

test('why and dependents take the name of anything that a spec provides', async () => {
  const why = await millrace('graph', 'why', 'a', 'b-dev', '--dir', folder);
  expect(why).toEqual({ code: 0, err: '', out: `${join(folder, 'a.yaml')}:7:16: a needs b (b-dev, environment)\n` });
  const json = JSON.parse((await millrace('graph', 'why', 'a', 'make', '--dir', folder, '--json')).out);
  expect(json.chain).toMatchObject([
    { from: 'a', to: 'make', within: 'pipeline own/make', file: join(folder, 'pipelines/own/make.yaml'), line: 2 },
  ]);
  expect((await millrace('graph', 'dependents', 'make', '--dir', folder)).out).toBe('a\nb\n');
  expect((await millrace('graph', 'dependents', 'b-dev', '--direct', '--dir', folder)).out).toBe('a\nmake\n');
  expect(JSON.parse((await millrace('graph', 'dependents', 'a', '--dir', folder, '--json')).out)).toEqual({
    package: 'a',
    direct: false,
    dependents: [],
  });
});

test('what is refused, and how', async () => {
  expect(await millrace('graph', folder, '--arch', 'riscv')).toMatchObject({ code: 2, err: expect.stringContaining('x86_64, aarch64') });
  expect(await millrace('graph', 'why', 'a')).toMatchObject({ code: 2 });
  expect(await millrace('graph', 'why', 'libc', 'a', '--dir', folder)).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('libc does not depend on a'),
  });
  expect(await millrace('graph', 'dependents', 'libd', '--dir', folder)).toMatchObject({
    code: 1,
    err: expect.stringContaining('did you mean libc?'),
  });
  expect(await millrace('graph', join(folder, 'none'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no such file or folder'),
  });
  expect(await millrace('graph', join(folder, 'pipelines'))).toMatchObject({ code: 1, err: expect.stringContaining('has no specs') });
  expect(await millrace('graph', folder, '--index', join(folder, 'none'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('APKINDEX'),
  });
});

test('a spec that cannot be read is told, and the others are related all the same', async () => {
  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, 'package:\n  name: broken\n');
  const { out, err, code } = await millrace('graph', folder, '--json');
  rmSync(broken);
  expect(code).toBe(1);
  expect(err).toContain(`${broken}:`);
  expect(JSON.parse(out).nodes).toEqual(['a', 'b', 'libc', 'make']);
});

describe('updates explain', () => {
  const file = () => join(folder, 'example.yaml');
  const explaining = async (candidates: unknown, ...args: readonly string[]) => {
    writeFileSync(
      file(),
      `${spec('example', '')}update:\n  enabled: true\n  shared: true\n  schedule:\n    period: weekly\n  github:\n    identifier: o/example\n    strip-prefix: v\n`,
    );
    writeFileSync(join(folder, 'candidates.json'), typeof candidates === 'string' ? candidates : JSON.stringify(candidates));
    const result = await millrace('updates', 'explain', file(), '--candidates', join(folder, 'candidates.json'), ...args);
    rmSync(file());
    return result;
  };

  test('a table of candidates with the rule that decided each', async () => {
    const { out, err, code } = await explaining(['v1.1', { name: 'v2.0-rc1' }, { name: 'v3', draft: true }]);
    expect([err, code]).toEqual(['', 0]);
    expect(out).toMatch(/v1\.1 +1\.1 +kept +the newest/);
    expect(out).toMatch(/v2\.0-rc1 +dropped +pre-release: contains "rc"/);
    expect(out).toMatch(/v3 +dropped +draft/);
    expect(out).toContain('1.1 is chosen: ');
    expect(out).toContain('must be built again (shared)');
  });

  test('--json, with the dates for a schedule', async () => {
    const dates = ['--last-update', '2026-08-01', '--now', '2026-08-02T00:00:00Z', '--json'];
    expect(JSON.parse((await explaining(['v1.1'], ...dates)).out)).toEqual({
      chosen: null,
      reason: '1.1 waits: schedule: weekly, not before 2026-08-08T00:00:00.000Z',
      rebuildsDependents: false,
      retagged: null,
      trace: [{ name: 'v1.1', version: '1.1', kept: false, rule: 'schedule: weekly, not before 2026-08-08T00:00:00.000Z' }],
    });
  });

  test('candidates of another form are refused with their place', async () => {
    expect(await explaining([{ tag: 'v1' }])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('candidates.json: [0]') });
    expect(await explaining('{')).toMatchObject({ code: 1, err: expect.stringContaining('is no JSON') });
    expect(await explaining([], '--now', 'soon')).toMatchObject({ code: 2 });
    expect(await millrace('updates', 'explain', 'x.yaml')).toMatchObject({ code: 2, err: expect.stringContaining('--candidates') });
  });
});
