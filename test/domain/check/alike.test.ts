import { alikeFailures, lastGood, wordsOf } from '../../../src/domain/check/alike';
import type { Verdict } from '../../../src/domain/check/verdict';
import type { Decision, ReleaseRecord } from '../../../src/domain/release/release';

const record = (name: string, version: string, more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  id: `release:${name}-${version}-r0`,
  input: {
    distribution: 'd',
    package: name,
    version,
    epoch: 0,
    change: 'bump',
    causes: [],
    architectures: ['x86_64'],
    reminders: { everySeconds: 1, escalateAfterSeconds: 2 },
    floor: { slots: 4, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 5, share: 0.5 } },
  },
  outcome: 'published',
  reason: 'all passed',
  builds: [],
  verdicts: [],
  waivers: [],
  decisions: [],
  attempts: 1,
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T01:00:00Z',
  seconds: {},
  ...more,
});
const answered = (line: string, decision: Decision) => ({ decisions: [{ decision, at: '2026-01-01T00:30:00Z', answered: [line] }] });
const verdict = (check: string, summary: string): Verdict => ({ check, outcome: 'failed', summary, details: [], seconds: 1 });
const retry: Decision = { kind: 'retry', by: 'ada', reason: 'a full disk' };
const patch: Decision = { kind: 'patch', by: 'bob', commit: 'c'.repeat(40) };

test.each([
  ['zlib 1.3.1-r0 of aarch64: libz.so.1 is gone', 'zlib', 'of is gone'],
  [
    'step "autoconf/make" ended with exit status 2: src/a/b.c:12:3: error: ‘x’ undeclared',
    'zlib',
    'step ended with exit status error x undeclared',
  ],
  ['expected sha256:00ff, got 5d1c4f0aaa from https://example.org/a?b=c', 'zlib', 'expected got from'],
  ['zlib-dev is no zlibc, and not my-zlib', 'zlib', 'dev is no zlibc and not my'],
  ['libstdc++ is not there', 'libstdc++', 'is not there'],
  ['', 'zlib', ''],
])('the words of %j in %s are %j', (summary, name, words) => expect(wordsOf(summary, name)).toBe(words));

test.each<[string, [string, string], [string, ReturnType<typeof answered>], boolean]>([
  ['the same words', ['abi', 'libz.so.2 breaks pigz'], ['lz4', answered('abi: libz.so.1 breaks pigz', retry)], true],
  ['other words of the same package', ['abi', 'libz.so.2 is gone'], ['zlib', answered('abi: libz.so.1 breaks pigz', retry)], true],
  ['other words of another package', ['abi', 'libz.so.2 is gone'], ['lz4', answered('abi: libz.so.1 breaks pigz', retry)], false],
  ['another check', ['abi', 'x'], ['zlib', answered('sbom: x', retry)], false],
  ['a check with a longer name', ['abi', 'x'], ['zlib', answered('abi-2: x', retry)], false],
  ['the build of another architecture', ['build-x86_64', 'cc: no'], ['lz4', answered('build-aarch64: cc: no', retry)], true],
  [
    'the same step, other words',
    ['build-x86_64', 'step "make" ended: a'],
    ['zlib', answered('build-x86_64: step "make" ended: b', retry)],
    true,
  ],
  ['another step', ['build-x86_64', 'step "make" ended: a'], ['zlib', answered('build-x86_64: step "test" ended: a', retry)], false],
  [
    'a waiver of another check',
    ['abi', 'x'],
    ['zlib', answered('abi: x', { kind: 'waive', by: 'ada', check: 'sbom', reason: 'r' })],
    false,
  ],
])('%s: alike or not', (_, [check, summary], [name, more], alike) => {
  const found = alikeFailures({ check, summary }, 'zlib', [record(name, '1', more)]);
  expect(found.map(({ release }) => release)).toEqual(alike ? [`release:${name}-1-r0`] : []);
});

test('each tells what it said and its answer: those of the same package first, the same words first, the newest first, five at most', () => {
  const records = [
    record('zlib', '1', answered('abi: libz.so.0 breaks pigz', { kind: 'waive', by: 'ada', check: 'abi', reason: 'nobody uses it' })),
    record('lz4', '1', answered('abi: liblz4.so.0 breaks pigz', retry)),
    record('zlib', '2', answered('sbom: x', retry)),
    record('zlib', '3', answered('abi: libz.so.1 is gone', patch)),
    record('png', '1', {
      ...answered('abi: libpng.so.0 breaks pigz', { kind: 'reject', by: 'eve', reason: 'too old' }),
      outcome: 'rejected',
    }),
    record('xml', '1', { outcome: 'superseded', reason: 'replaced by 2', verdicts: [verdict('abi', 'libxml2.so.2 breaks pigz')] }),
    record('curl', '1'),
  ];
  const failed = { check: 'abi', summary: 'libz.so.2 breaks pigz' };
  expect(alikeFailures(failed, 'zlib', records)).toEqual([
    {
      release: 'release:zlib-1-r0',
      check: 'abi',
      summary: 'libz.so.0 breaks pigz',
      answer: 'waived by ada: nobody uses it (then published)',
    },
    {
      release: 'release:zlib-3-r0',
      check: 'abi',
      summary: 'libz.so.1 is gone',
      answer: `patched with ${'c'.repeat(12)} by bob (then published)`,
    },
    {
      release: 'release:xml-1-r0',
      check: 'abi',
      summary: 'libxml2.so.2 breaks pigz',
      answer: 'superseded without an answer: replaced by 2',
    },
    { release: 'release:png-1-r0', check: 'abi', summary: 'libpng.so.0 breaks pigz', answer: 'rejected by eve: too old' },
    {
      release: 'release:lz4-1-r0',
      check: 'abi',
      summary: 'liblz4.so.0 breaks pigz',
      answer: 'retried by ada: a full disk (then published)',
    },
  ]);
  expect(alikeFailures(failed, 'zlib', [...records, ...records])).toHaveLength(5);
});

test('of several answers in one release the nearest counts, then the last', () => {
  const at = '2026-01-01T00:30:00Z';
  const decisions = [
    { decision: retry, at, answered: ['abi: a breaks b'] },
    { decision: patch, at, answered: ['abi: a breaks b', 'sbom: x'] },
    { decision: retry, at, answered: ['abi: a is gone'] },
  ];
  const [found] = alikeFailures({ check: 'abi', summary: 'a breaks b' }, 'zlib', [record('zlib', '1', { decisions })]);
  expect(found?.answer).toContain('patched');
});

test('the last good release is the newest published one of the package', () => {
  const records = [record('zlib', '1'), record('zlib', '2'), record('zlib', '3', { outcome: 'rejected' }), record('lz4', '9')];
  expect(lastGood('zlib', records)?.input.version).toBe('2');
  expect(lastGood('curl', records)).toBeUndefined();
});
