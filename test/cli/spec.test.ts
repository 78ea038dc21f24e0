import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runMillrace } from './run-millrace';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const SPEC = `package:\n  name: hello\n  version: 1.0\n  epoch: 3 # old\npipeline:\n  - uses: git-checkout\n    with:\n      repository: https://example.org/a\n      tag: v\${{package.version}}\n      expected-commit: ${A}\n  - uses: own\n`;
const BUMPED = SPEC.replace('1.0', '"1.1"').replace('epoch: 3', 'epoch: 0').replace(A, B);

let folder: string;
let hello: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-spec-'));
  process.env['MILLRACE_CACHE'] = join(folder, 'cache');
  mkdirSync(join(folder, 'specs/pipelines'), { recursive: true });
  hello = join(folder, 'specs/hello.yaml');
  writeFileSync(hello, SPEC);
  writeFileSync(join(folder, 'specs/pipelines/own.yaml'), 'needs: {packages: [make]}\nruns: make\n');
});

afterEach(() => {
  delete process.env['MILLRACE_CACHE'];
  rmSync(folder, { recursive: true });
});

async function millrace(args: readonly string[], input = '') {
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  Object.defineProperty(process, 'stdin', { value: Readable.from([Buffer.from(input)]), configurable: true });
  try {
    return await runMillrace(...args);
  } finally {
    Object.defineProperty(process, 'stdin', stdin);
  }
}

describe('version compare', () => {
  test.each([
    ['1.05', '1.5', '<\n'],
    ['01', '1', '=\n'],
    ['1.0', '1.0_rc1', '>\n'],
  ])('%s and %s', async (a, b, out) => expect(await millrace(['version', 'compare', a, b])).toEqual({ code: 0, out, err: '' }));

  test('an invalid version is an error, wrong use another', async () => {
    expect(await millrace(['version', 'compare', '1.0', 'v1'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('invalid version "v1"'),
    });
    expect((await millrace(['version', 'compare', '1.0'])).code).toBe(2);
    expect((await millrace(['version', 'compare', '--stdin', '1.0', '1.1'])).code).toBe(2);
  });

  test('lines of two', async () => {
    const { code, out } = await millrace(['version', 'compare', '--stdin'], '1 2\n2\t2\n1 x\n1\n3 2\n');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '<',
      '=',
      expect.stringMatching(/^invalid: invalid version "x"/),
      'invalid: "1" is not two versions',
      '>',
      '',
    ]);
  });

  test('as JSON, with what apko says', async () => {
    expect(JSON.parse((await millrace(['version', 'compare', '1.05', '1.5', '--json'])).out)).toMatchObject({ operator: '<', apko: '=' });
  });
});

describe('spec lint', () => {
  test('a good folder; the second time from what is known', async () => {
    for (let run = 0; run < 2; run++) {
      expect(await millrace(['spec', 'lint', join(folder, 'specs')])).toEqual({ code: 0, out: '2 files: 0 errors, 0 warnings\n', err: '' });
    }
    writeFileSync(join(folder, 'specs/pipelines/own.yaml'), 'inputs: {a: {required: true}}\nruns: make\n');
    expect((await millrace(['spec', 'lint', hello])).out).toContain(
      `${hello}:11:11: missing-input: the pipeline own needs the input \`a\``,
    );
  });

  test('all errors of all files', async () => {
    const other = join(folder, 'specs/other.yaml');
    writeFileSync(other, 'package: {name: other, version: 1.05, epoch: x}\nfoo: 1\n');
    writeFileSync(join(folder, 'specs/pipelines/bad.yaml'), 'uses: nothing\n');
    const { code, out } = await millrace(['spec', 'lint', join(folder, 'specs')]);
    expect(code).toBe(1);
    expect(out.split('\n')).toEqual([
      expect.stringContaining('pipelines/bad.yaml:1:7: unknown-pipeline: there is no pipeline nothing'),
      expect.stringContaining(`${other}:1:46: type: package.epoch is "x"`),
      expect.stringContaining(`${other}:2:1: unknown-key: unknown key \`foo\``),
      '4 files: 3 errors, 0 warnings',
      '',
    ]);
    const json = JSON.parse((await millrace(['spec', 'lint', other, '--json'])).out) as { findings: object[] };
    expect(json).toMatchObject({
      errors: 3,
      findings: expect.arrayContaining([expect.objectContaining({ rule: 'type', file: other, line: 1, column: 46 })]),
    });
  });

  test('what is not there', async () => {
    expect(await millrace(['spec', 'lint', join(folder, 'no')])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('there is no such file or folder'),
    });
    expect((await millrace(['spec', 'lint'])).code).toBe(2);
  });
});

test('spec show', async () => {
  const { code, out } = await millrace(['spec', 'show', hello, '--arch', 'aarch64']);
  expect(code).toBe(0);
  expect(out).toContain('\n      - git\n      - make\n');
  expect(out).toContain('tag: v1.0');
  expect(JSON.parse((await millrace(['spec', 'show', hello, '--arch', 'x86_64', '--json'])).out)).toMatchObject({
    package: { version: '1.0', epoch: 3 },
  });
  expect((await millrace(['spec', 'show', hello])).code).toBe(2);
  expect((await millrace(['spec', 'show', hello, '--arch', 'mips'])).code).toBe(2);
});

describe('spec bump', () => {
  test('prints, or writes', async () => {
    const args = ['spec', 'bump', hello, '--to', '1.1', '--commit', B];
    expect(await millrace(args)).toEqual({ code: 0, out: BUMPED, err: '' });
    expect(readFileSync(hello, 'utf8')).toBe(SPEC);
    expect(await millrace([...args, '--write'])).toEqual({ code: 0, out: '', err: `wrote ${hello}\n` });
    expect(readFileSync(hello, 'utf8')).toBe(BUMPED);
  });

  test('an epoch wants a reason; usage', async () => {
    expect(await millrace(['spec', 'bump', hello, '--to', '1.0'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('nothing but the epoch'),
    });
    expect((await millrace(['spec', 'bump', hello, '--to', '1.0', '--epoch', '4', '--reason', 'go'])).out).toContain('  epoch: 4 # go\n');
    for (const args of [
      ['spec', 'bump', hello],
      ['spec', 'bump', '--to', '1'],
      ['spec', 'bump', hello, '--to', '1', '--epoch', 'x'],
    ]) {
      expect((await millrace(args)).code).toBe(2);
    }
  });

  test('lines of requests: each is answered, what is refused too', async () => {
    const out = join(folder, 'out.yaml');
    const lines = [
      { file: hello, to: '1.1', commit: B, out },
      { file: hello, to: '1.0' },
      { file: hello, to: '1.1', commit: [B] },
      { to: '1' },
      { file: '/none', to: '1' },
    ];
    const answer = await millrace(['spec', 'bump', '--stdin'], `${lines.map((line) => JSON.stringify(line)).join('\n')}\nnonsense\n`);
    expect(answer.code).toBe(1);
    expect(
      answer.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toEqual([
      { file: hello, ok: true, out },
      { file: hello, ok: false, problems: [expect.stringContaining('nothing but the epoch')] },
      { file: hello, ok: true, text: BUMPED },
      { file: null, ok: false, problems: [expect.stringContaining('line 4 is no request: file')] },
      { file: '/none', ok: false, problems: [expect.stringContaining('there is no such file or folder')] },
      { file: null, ok: false, problems: [expect.stringContaining('line 6 is no request')] },
    ]);
    expect(readFileSync(out, 'utf8')).toBe(BUMPED);
    expect(readFileSync(hello, 'utf8')).toBe(SPEC);
  });
});
