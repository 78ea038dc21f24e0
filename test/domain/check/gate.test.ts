import fc from 'fast-check';
import { gate, requiredChecks, summaryLine, verdictTable, waivable } from '../../../src/domain/check/gate';
import { CHECK_NAMES } from '../../../src/domain/check/verdict';
import type { Verdict, Waiver } from '../../../src/domain/check/verdict';

const verdict = (check: string, outcome: Verdict['outcome'] = 'passed', summary = 'said so'): Verdict => ({
  check,
  outcome,
  summary,
  details: [],
  seconds: 1,
});
const waiver = (check: string, more: Partial<Waiver> = {}): Waiver => ({
  check,
  by: 'ada',
  reason: 'known',
  at: '2026-01-01T00:00:00Z',
  ...more,
});
const two = ['x86_64', 'aarch64'];
const all = (architectures = two) => requiredChecks(architectures).map((check) => verdict(check));
const without = (check: string) => all().filter((item) => item.check !== check);
const withOutcome = (check: string, outcome: Verdict['outcome'], summary?: string) => [...without(check), verdict(check, outcome, summary)];

test('build stands once for each architecture', () => {
  expect(requiredChecks(two)).toHaveLength(CHECK_NAMES.length + 1);
  expect(requiredChecks(two)).toEqual(expect.arrayContaining(['build-x86_64', 'build-aarch64']));
  expect(requiredChecks(two)).not.toContain('build');
});

test.each(requiredChecks(two))('without a verdict of %s it stays shut, even waived', (check) => {
  expect(gate(without(check), [], two)).toMatchObject({ open: false, missing: [check], failed: [] });
  expect(gate(without(check), [waiver(check)], two)).toMatchObject({ open: false, missing: [check] });
});

test.each(requiredChecks(two))('a failed %s opens only by an allowed waiver', (check) => {
  const verdicts = withOutcome(check, 'failed');
  expect(gate(verdicts, [], two)).toMatchObject({ open: false, failed: [check], passed: 16, total: 17 });
  expect(gate(verdicts, [waiver(check)], two)).toMatchObject({ open: waivable(check), waived: waivable(check) ? 1 : 0 });
});

test('what a waiver may not speak for', () => {
  const refused = requiredChecks(two).filter((check) => !waivable(check));
  expect(refused).toEqual(['sources-verified', 'secrets', 'build-x86_64', 'build-aarch64']);
});

test.each([
  ['nameless', { by: ' ' }],
  ['without a reason', { reason: '' }],
  ['for another check', { check: 'abi' }],
])('a waiver that is %s counts for nothing', (_, more) => {
  expect(gate(withOutcome('licence', 'failed'), [waiver('licence', more)], two)).toMatchObject({ open: false, failed: ['licence'] });
});

test('skipped counts with a reason only', () => {
  expect(gate(withOutcome('upstream-tests', 'skipped', 'there are none'), [], two)).toMatchObject({ open: true, skipped: 1, passed: 16 });
  expect(gate(withOutcome('upstream-tests', 'skipped', ' '), [], two)).toMatchObject({ open: false, missing: ['upstream-tests'] });
});

test('the later of two verdicts counts; a failed check beyond the list keeps it shut; no architecture opens nothing', () => {
  expect(gate([...withOutcome('abi', 'failed'), verdict('abi')], [], two).open).toBe(true);
  expect(gate([...all(), verdict('abi', 'failed')], [], two).open).toBe(false);
  expect(gate([...all(), verdict('of-tomorrow', 'failed')], [], two)).toMatchObject({ open: false, failed: ['of-tomorrow'] });
  expect(gate(all([]), [], []).open).toBe(false);
});

const outcomes = fc.constantFrom('passed', 'failed', 'skipped', 'missing', 'silent');

test('it is open exactly when every check is passed, skipped with a reason or waived', () => {
  const names = requiredChecks(two);
  fc.assert(
    fc.property(fc.array(outcomes, { minLength: names.length, maxLength: names.length }), fc.subarray([...names]), (states, waived) => {
      const verdicts = names.flatMap((check, index) => {
        const state = states[index];
        if (state === 'missing') return [];
        return [state === 'silent' ? verdict(check, 'skipped', '') : verdict(check, state)];
      });
      const state = gate(
        verdicts,
        waived.map((check) => waiver(check)),
        two,
      );
      const fulfilled = names.filter((check, index) => {
        const is = states[index];
        return is === 'passed' || is === 'skipped' || (is === 'failed' && waivable(check) && waived.includes(check));
      });
      expect(state.open).toBe(fulfilled.length === names.length);
      expect(state.passed + state.skipped + state.waived + state.failed.length + state.missing.length).toBe(state.total);
    }),
  );
});

test('one line says it', () => {
  expect(summaryLine(all(), [], two)).toBe('17 of 17 passed');
  const verdicts = [
    ...withOutcome('abi', 'failed').filter(({ check }) => check !== 'sbom' && check !== 'licence' && check !== 'linters'),
    verdict('licence', 'skipped'),
    verdict('linters', 'failed'),
  ];
  expect(summaryLine(verdicts, [waiver('linters')], two)).toBe('13 of 17 passed, 1 skipped, 1 waived, 1 failed, 1 missing');
});

describe('the table', () => {
  test('shows failures first, and who waived', () => {
    const table = verdictTable(
      [verdict('abi'), verdict('licence', 'failed', 'changes'), verdict('sbom', 'failed', 'broken')],
      [waiver('licence')],
    );
    expect(
      table
        .replace(/\u00a0+/g, ' ')
        .replace(/ +/g, ' ')
        .split('\n'),
    ).toEqual([
      '| Verdict | Check | What it says | Time |',
      '| :--- | :--- | :--- | ---: |',
      '| ✗ failed | **sbom** | broken | 1 s |',
      '| ! waived | licence | changes (waived by ada: known) | 1 s |',
      '| ✓ passed | abi | said so | 1 s |',
    ]);
  });

  test('nothing that is written into it breaks out of its cell', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('|', '\\', '\n', '`', '<', 'a', ' ', '*', '[') }), (summary) => {
        const rows = verdictTable([verdict('abi', 'failed', summary)], []).split('\n');
        expect(rows).toHaveLength(3);
        const bars = (rows[2] ?? '').replace(/\\[\\|]/g, '').match(/\|/g);
        expect(bars).toHaveLength(5);
      }),
    );
  });
});
