import fc from 'fast-check';
import { announcedSteps, bare, classifyFailure, isTriedAgain, testedPackage } from '../../../src/domain/build/failure';
import type { FailedRun } from '../../../src/domain/build/failure';

const info = (text: string) => `2026/11/24 22:10:16 INFO ${text}`;
const warn = (text: string) => `2026/11/24 22:10:16 WARN ${text}`;
const ended = (status: number) =>
  `2026/11/24 22:10:16 ERRO failed to build package: unable to run package x pipeline: unable to run pipeline: exit status ${status}`;
const step = (name: string) => info(`running step "${name}"`);

const run = (lines: readonly string[], rest: Partial<FailedRun> = {}) =>
  classifyFailure({ lines, timedOut: false, timeoutSeconds: 60, kind: 'build', ...rest });

describe('whose turn it is', () => {
  test.each<[string, readonly string[], object]>([
    [
      'a full disk',
      [step('make'), warn('cc1: error: /tmp/x.s: No space left on device'), ended(2)],
      { class: 'infrastructure', summary: expect.stringContaining('disk is full') },
    ],
    ['a quota', [warn('write: Disk quota exceeded'), ended(1)], { class: 'infrastructure' }],
    [
      'the compiler killed for memory',
      [step('make'), warn('gcc: fatal error: Killed signal terminated program cc1'), ended(2)],
      { class: 'infrastructure' },
    ],
    ['a process killed', [step('make'), ended(137)], { class: 'infrastructure', summary: expect.stringContaining('memory') }],
    [
      'no user namespaces',
      ['bwrap: setting up uid map: Permission denied'],
      { class: 'infrastructure', summary: expect.stringContaining('sandbox') },
    ],
    [
      'a killed melange',
      [step('make'), info('gcc -c x.c')],
      { class: 'infrastructure', summary: expect.stringContaining('without saying why') },
    ],
    ['nothing at all', [], { class: 'infrastructure' }],
    [
      'an environment without shell',
      [warn('bwrap: execvp /bin/sh: No such file or directory'), ended(1)],
      { class: 'real', summary: expect.stringContaining('no shell') },
    ],
    [
      'a compile error',
      [step('make'), warn("x.c:3:1: error: expected ';' before '}' token"), warn('make: *** [Makefile:2: x.o] Error 1'), ended(2)],
      { class: 'real', step: 'make', summary: "step \"make\" ended with exit status 2: x.c:3:1: error: expected ';' before '}' token" },
    ],
    [
      'a failed test',
      [step('upstream tests'), info('FAIL: test-inflate'), info('1 of 40 tests failed'), ended(1)],
      { class: 'real', step: 'upstream tests', summary: expect.stringContaining('FAIL: test-inflate') },
    ],
    ['a test that ran out of its own time', [step('upstream tests'), info('test-net: timed out after 30 s'), ended(1)], { class: 'flaky' }],
    [
      'a compile step that mentions time',
      [step('make'), info('timeout.c compiled, timed out'), warn('x.c:1:1: error: no'), ended(1)],
      { class: 'real' },
    ],
    ['a port in use by tests', [step('make check'), warn('bind: Address already in use'), ended(1)], { class: 'flaky' }],
    [
      'a complaint that overtook what was written before it',
      [step('call'), warn("wget: can't connect"), info('inet 127.0.0.1'), ended(1)],
      { class: 'real', summary: expect.stringContaining("wget: can't connect") },
    ],
    [
      'the network',
      [step('make'), warn('curl: (6) Could not resolve host: example.org'), ended(6)],
      { class: 'real', summary: expect.stringContaining('name what it needs as a source') },
    ],
    [
      'a linter',
      ['2026/11/24 22:10:36 ERRO failed to build package: unable to lint package x: linter "tempdir" failed: x writes to a temp dir'],
      { class: 'real', summary: expect.stringContaining('"tempdir"') },
    ],
    [
      'an unresolved package',
      ['2026/11/24 22:10:36 ERRO failed to test package: unable to build guest: solving "so:libz.so.1" constraint: nothing provides it'],
      { class: 'real', summary: expect.stringContaining('so:libz.so.1') },
    ],
    [
      'a licence',
      ['2026/11/24 22:10:36 ERRO failed to build package: license check: no LICENSE'],
      { class: 'real', summary: 'license check: no LICENSE' },
    ],
  ])('%s', (_, lines, expected) => {
    expect(run(lines)).toMatchObject(expected);
  });

  test.each<[string, readonly string[], readonly boolean[]]>([
    ['a full disk, for ever', [step('make'), warn('cc1: No space left on device'), ended(2)], [true, true, true]],
    ['no sandbox, for ever', ['bwrap: setting up uid map: Permission denied'], [true, true, true]],
    ['a killed process, three times', [step('make'), ended(137)], [true, true, false]],
    ['want of memory, three times', [step('make'), warn('cc1: out of memory allocating 65536 bytes'), ended(1)], [true, true, false]],
    ['too many open files, three times', [step('make'), warn('ld: Too many open files'), ended(1)], [true, true, false]],
    ['a killed melange, three times', [step('make')], [true, true, false]],
    ['a compile error, not once', [step('make'), warn('x.c:1:1: error: no'), ended(1)], [false, false, false]],
  ])('is tried again without asking: %s', (_, lines, expected) => {
    expect([1, 3, 4].map((attempt) => isTriedAgain(run(lines), attempt))).toEqual(expected);
  });

  test('a disk that was full long ago is not the reason', () => {
    const before = [warn('df: No space left on device')];
    expect(run([...before, ...Array.from({ length: 80 }, () => info('ok')), warn('x.c:1:1: error: no'), ended(1)])).toMatchObject({
      class: 'real',
    });
  });

  test('a limit passed in a compile step is real, in tests luck', () => {
    expect(run([step('make')], { timedOut: true })).toMatchObject({
      class: 'real',
      summary: 'stopped after 60 s in step "make": its limit in millrace.yaml',
    });
    expect(run([step('upstream tests')], { timedOut: true })).toMatchObject({ class: 'flaky' });
    expect(run([], { timedOut: true, kind: 'test' })).toMatchObject({ class: 'flaky' });
  });

  test('one line of at most 300 characters, whatever the log', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 800 }), { maxLength: 12 }), fc.boolean(), (lines, timedOut) => {
        const { summary } = run(lines, { timedOut });
        expect(summary.length).toBeLessThanOrEqual(300);
        expect(summary).not.toMatch(/[\n\r]/);
        expect(summary).not.toBe('');
      }),
    );
  });
});

describe('which step', () => {
  const steps = { x: ['fetch', undefined, 'make', 'upstream tests', undefined, 'strip'], 'x-dev': ['split/dev', undefined, 'strip'] };
  test.each<[string, readonly string[], string | undefined]>([
    ['the last announced', [step('fetch'), step('make'), ended(1)], 'make'],
    ['either, where an unnamed one follows', [step('fetch'), ended(1)], 'fetch or the unnamed one after it'],
    ['tests before the unnamed one after them', [step('fetch'), step('make'), step('upstream tests'), ended(1)], 'upstream tests'],
    [
      'of a subpackage',
      [
        step('fetch'),
        step('strip'),
        info('running pipeline for subpackage x-dev'),
        info('running step "split/dev" subpackage=x-dev'),
        info('running step "strip" subpackage=x-dev'),
        ended(1),
      ],
      'strip of x-dev',
    ],
    ['none, before the first', [ended(1)], undefined],
  ])('%s', (_, lines, expected) => {
    expect(run(lines, { steps }).step).toBe(expected);
  });

  test('are told with their package', () => {
    const lines = [step('fetch'), info('running pipeline for subpackage x-dev'), step('split/dev'), 'running step "said by the build"'];
    expect(announcedSteps(lines).slice(0, 2)).toEqual([
      { package: undefined, step: 'fetch' },
      { package: 'x-dev', step: 'split/dev' },
    ]);
  });

  test('the package whose tests ran last', () => {
    expect(testedPackage([info('running the main test pipeline')])).toBeUndefined();
    expect(testedPackage([info('running test pipeline for subpackage a'), info('running test pipeline for subpackage b')])).toBe('b');
  });

  test('lines are shown without time and level', () => {
    expect(bare(warn('x.c:1: error  '))).toBe('x.c:1: error');
    expect(bare(warn('oops subpackage=zlib-dev'))).toBe('oops');
    expect(bare('as it is')).toBe('as it is');
  });
});
