import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runMillrace as millrace } from './run-millrace';

let folder: string;
const at = (name: string) => join(folder, name);

const spec = (name: string, packages: string, more = '') =>
  `package:\n  name: ${name}\n  version: "1.0"\n  epoch: 0\nenvironment:\n  contents:\n    packages: [${packages}]\n${more}`;
const event = (more: object) =>
  JSON.stringify({ time: '2026-04-01T10:00:00Z', package: 'go', kind: 'version', to_version: '2', commit: 'c', ...more });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-simulate-'));
  mkdirSync(at('specs'));
  mkdirSync(at('empty'));
  writeFileSync(at('specs/go.yaml'), spec('go', ''));
  writeFileSync(at('specs/zlib.yaml'), spec('zlib', '', 'subpackages:\n  - name: zlib-dev\n'));
  writeFileSync(at('specs/tool.yaml'), spec('tool', 'go, zlib-dev'));
  writeFileSync(at('specs/user.yaml'), spec('user', 'tool'));
  writeFileSync(at('season.jsonl'), `${event({})}\n\n${event({ package: 'nobody' })}\n`);
  writeFileSync(at('season.jsonl.gz'), gzipSync(`${event({})}\n`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const simulate = (events: string, ...more: readonly string[]) =>
  millrace('simulate', '--specs', at('specs'), '--events', at(events), '--slots', '2', ...more);
const plan = (changed: string, ...more: readonly string[]) => millrace('plan', '--specs', at('specs'), '--changed', changed, ...more);

test('a season is played under every policy, plain or gzipped, and the page needs nothing else', async () => {
  const { out, code } = await simulate('season.jsonl', '--json', '--report', at('report.html'));
  const told = JSON.parse(out);
  expect(code).toBe(0);
  expect(told.season.counts.release).toEqual({ taken: 1, mass: 0, unknown: 1 });
  expect(
    told.policies.map((one: { policy: string; rebuildBuilds: number; left: string[] }) => [one.policy, one.rebuildBuilds, one.left]),
  ).toEqual([
    ['static', expect.any(Number), []],
    ['content', expect.any(Number), []],
    ['abi', 0, []],
    ['default', 1, []],
  ]);
  const page = readFileSync(at('report.html'), 'utf8');
  expect(page.match(/<svg/g)).toHaveLength(12);
  expect(page).not.toMatch(/<script|https?:/);
  expect((await simulate('season.jsonl.gz', '--policy', 'default')).out).toMatch(/of rebuilds alone +1\n/);
});

test.each<[string, string, string]>([
  ['a line that is no JSON', `${event({})}\n{"time":`, ':2:1: no JSON'],
  ['a field that is missing', event({ commit: undefined }), ':1:1: commit must be a text'],
  ['a version that is missing', event({ to_version: undefined }), ':1:1: to_version must be the version after the event'],
  ['a time that is none', event({ time: 'yesterday' }), ':1:1: time must be a time such as 2026-04-01T14:38:55Z'],
  ['a kind that is none', event({ kind: 'rename' }), ':1:1: kind must be version, epoch, new or removed'],
  ['nothing', '\n', 'has no events'],
  ['a gzip file that is cut off', gzipSync(event({})).subarray(0, 20).toString('latin1'), 'is cut off or no gzip file'],
  ['events of another distribution', event({ package: 'nobody' }), 'no event concerns a spec of'],
])('a season of %s is refused', async (_name, text, message) => {
  writeFileSync(at('bad.jsonl'), text, 'latin1');
  const { err, out, code } = await simulate('bad.jsonl');
  expect([err.includes(message) ? message : err, out, code]).toEqual([message, '', 1]);
});

test('of many lines at fault the first ten are told, and how many more there are', async () => {
  writeFileSync(at('bad.jsonl'), `${event({})}\n`.concat('x\n'.repeat(25)));
  const { err } = await simulate('bad.jsonl');
  expect([err.match(/no JSON/g)!.length, err]).toEqual([10, expect.stringContaining('15 more lines')]);
});

test('events out of order are put in order, and that is said', async () => {
  writeFileSync(at('late.jsonl'), `${event({})}\n${event({ time: '2026-03-01T10:00:00+02:00', to_version: '1' })}\n`);
  const { err, code } = await simulate('late.jsonl', '--policy', 'abi');
  expect([err, code]).toEqual([expect.stringContaining('1 events stand after a later one'), 0]);
});

test.each<[string, () => ReturnType<typeof millrace>, number, RegExp]>([
  ['no slots', () => simulate('season.jsonl', '--slots', '0'), 2, /whole number above 0/],
  ['a policy that is none', () => simulate('season.jsonl', '--policy', 'often'), 2, /Allowed choices are static, content, abi, default/],
  ['a season that is not there', () => simulate('nowhere'), 1, /ENOENT.*--events names a file/],
  [
    'a page that cannot be written',
    () => simulate('season.jsonl', '--policy', 'abi', '--report', at('season.jsonl/page')),
    1,
    /cannot be written/,
  ],
  ['a folder without specs', () => millrace('plan', '--specs', at('empty'), '--changed', 'go'), 1, /has no specs/],
  ['a folder that is not there', () => millrace('plan', '--specs', at('none'), '--changed', 'go'), 1, /no such file or folder/],
  ['a name that is unknown', () => plan('zlip'), 1, /has no package zlip \(did you mean zlib\?\)/],
  ['an empty name', () => plan('go,,zlib'), 2, /names of specs with commas between them/],
])('%s is told', async (_name, run, code, message) => {
  const result = await run();
  expect([result.code, result.err]).toEqual([code, expect.stringMatching(message)]);
});

test('plan tells what is rebuilt for sure, what may follow, and because of what', async () => {
  const { out, code } = await plan('go,zlib-dev', '--json', '--slots', '4');
  const told = JSON.parse(out);
  expect([code, told.changed]).toEqual([
    0,
    [
      { package: 'go', policy: 'static' },
      { package: 'zlib', policy: 'abi' },
    ],
  ]);
  expect(told).toMatchObject({
    slots: 4,
    rebuilds: [{ package: 'tool', certain: true, because: ['go'], wave: 1, seconds: 27 }],
    untouched: 1,
    waves: [['tool']],
    criticalPath: [{ package: 'tool', seconds: 27 }],
    cut: [],
  });
  const all = JSON.parse((await plan('go', '--policy', 'static', '--json')).out);
  expect(
    all.rebuilds.map((one: { package: string; certain: boolean; because: string[]; wave: number }) => [
      one.package,
      one.certain,
      one.because,
      one.wave,
    ]),
  ).toEqual([
    ['tool', true, ['go'], 1],
    ['user', false, ['go', 'tool'], 2],
  ]);
});

test('plan draws its waves, and says so when nothing follows', async () => {
  await plan('go', '--policy', 'static', '--svg', at('plan.svg'));
  expect(readFileSync(at('plan.svg'), 'utf8')).toMatch(/^<svg xmlns[^]*wave 2: 1[^]*user[^]*<\/svg>\n$/);
  expect((await plan('user')).out).toBe('user (abi): nothing is rebuilt; 0 packages that depend on it stay as they are\n');
});
