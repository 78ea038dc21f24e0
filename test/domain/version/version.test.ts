import fc from 'fast-check';
import {
  compareVersions,
  compareVersionTexts,
  explainOrder,
  fullVersion,
  parseVersion,
  printVersion,
  splitFullVersion,
  type Version,
} from '../../../src/domain/version/version';

function parsed(text: string): Version {
  const result = parseVersion(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const number = fc.oneof(fc.constantFrom('0', '1', '2', '05', '5', '10', '00', '20240101123456'), fc.nat(99).map(String));
const suffix = fc
  .tuple(fc.constantFrom('alpha', 'beta', 'pre', 'rc', 'cvs', 'svn', 'git', 'hg', 'p'), fc.option(number, { nil: '' }))
  .map(([name, digits]) => `_${name}${digits}`);
const versionText = fc
  .tuple(
    number,
    fc.array(
      number.map((digits) => `.${digits}`),
      { maxLength: 3 },
    ),
    fc.constantFrom('', '', '', 'a', 'b', 'z'),
    fc.array(suffix, { maxLength: 2 }),
    fc.constantFrom('', '', '', '~0a1b', '~ff'),
    fc.constantFrom('', '', '-r0', '-r1', '-r10'),
  )
  .map(([first, more, letter, suffixes, hash, revision]) => first + more.join('') + letter + suffixes.join('') + hash + revision);

describe('the order of versions', () => {
  test.each([
    ['1.0', '<', '1.0.1'],
    ['1.9', '<', '1.10'],
    ['1.05', '<', '1.5'],
    ['1.05', '<', '1.1'],
    ['1.0', '<', '1.00'],
    ['01.2', '=', '1.2'],
    ['1.0_rc1', '<', '1.0'],
    ['1.0_alpha', '<', '1.0_beta'],
    ['1.0_beta2', '<', '1.0_pre1'],
    ['1.0_pre9', '<', '1.0_rc1'],
    ['1.0', '<', '1.0-r1'],
    ['1.0-r1', '<', '1.0_p1'],
    ['1.0_p1', '<', '1.0a'],
    ['1.0a', '<', '1.0.1'],
    ['1.0', '<', '1.0_cvs'],
    ['1.0_cvs', '<', '1.0_svn'],
    ['1.0_git20240101', '<', '1.0_git20240102'],
    ['1.0_hg1', '<', '1.0_p0'],
    ['1.0_p', '<', '1.0_p0'],
    ['1.0_rc1_p1', '>', '1.0_rc1'],
    ['1.0_rc1-r5', '<', '1.0-r0'],
    ['1.0~aa', '>', '1.0'],
    ['1.0~aa', '<', '1.0~ab'],
    ['1.0_p1~aa', '>', '1.0~ff'],
    ['1.2.13-r1', '<', '1.3.1-r0'],
    ['1.3.1-r9', '<', '1.3.1-r10'],
    ['10.5_p1', '>', '10.4_p9'],
    ['2026b', '<', '2026c'],
    ['0_git20250814', '<', '0.1'],
    ['20240101123456789012345', '>', '20240101123456789012344'],
    ['3.0.0_alpha20', '>', '3.0.0_alpha3'],
    ['7.4.052', '<', '7.4.1'],
  ])('%s %s %s', (a, operator, b) => {
    const order = operator === '<' ? -1 : operator === '=' ? 0 : 1;
    expect(compareVersionTexts(a, b)).toEqual({ ok: true, value: order });
    expect(compareVersionTexts(b, a)).toEqual({ ok: true, value: order === 0 ? 0 : -order });
  });

  test('is antisymmetric and total', () => {
    fc.assert(
      fc.property(versionText, versionText, (a, b) => {
        const there = compareVersions(parsed(a), parsed(b));
        expect(there + compareVersions(parsed(b), parsed(a))).toBe(0);
        expect(compareVersions(parsed(a), parsed(a))).toBe(0);
      }),
    );
  });

  test('is transitive, also through equal ones', () => {
    fc.assert(
      fc.property(versionText, versionText, versionText, (a, b, c) => {
        const sorted = [a, b, c].map(parsed).sort(compareVersions) as [Version, Version, Version];
        expect(compareVersions(sorted[0], sorted[2])).toBeLessThanOrEqual(0);
        if (compareVersions(sorted[0], sorted[1]) === 0 && compareVersions(sorted[1], sorted[2]) === 0) {
          expect(compareVersions(sorted[0], sorted[2])).toBe(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('an invalid version is not compared', () => {
    expect(compareVersionTexts('1.0', 'v1.0').ok).toBe(false);
    expect(compareVersionTexts('v1.0', '1.0').ok).toBe(false);
  });

  test('is explained by the part that decides', () => {
    expect(explainOrder(parsed('1.05'), parsed('1.5'))).toBe(
      '1.05 < 1.5: number 05 against number 5 (compared as text, because one starts with 0)',
    );
    expect(explainOrder(parsed('1.0_rc1'), parsed('1.0'))).toBe('1.0_rc1 < 1.0: suffix _rc marks a pre-release');
    expect(explainOrder(parsed('1.0a'), parsed('1.0-r3'))).toBe(
      '1.0a > 1.0-r3: letter a against revision -r3, and the first is of the greater kind',
    );
    expect(explainOrder(parsed('01'), parsed('1'))).toBe('01 = 1: every part is equal');
  });
});

describe('reading a version', () => {
  test.each([
    ['', 'it is empty'],
    ['v1.0', 'unexpected "v" at position 1'],
    ['1.', 'unexpected "." at position 2'],
    ['1..2', 'unexpected "." at position 2'],
    ['1.0-rc1', 'unexpected "-" at position 4'],
    ['1.0-1', 'unexpected "-" at position 4'],
    ['1.0ab', 'unexpected "b" at position 5'],
    ['1.0a1', 'unexpected "1" at position 5'],
    ['1.0_gamma', 'unexpected "_" at position 4'],
    ['1.0_', 'unexpected "_" at position 4'],
    ['1.0~', 'unexpected "~" at position 4'],
    ['1.0-r', 'unexpected "-" at position 4'],
    ['1.0-r1.2', 'unexpected "." at position 7'],
    ['1.0-r1-r2', 'unexpected "-" at position 7'],
    ['1.0 ', 'unexpected " " at position 4'],
    ['1.0+dfsg', 'unexpected "+" at position 4'],
    ['1.0~ab_p1', 'unexpected "_" at position 7'],
    ['1.0\n', 'unexpected "\\n" at position 4'],
  ])('%j: %s', (text, message) => {
    const result = parseVersion(text);
    expect(result.ok).toBe(false);
    if (!result.ok) {
      expect(result.error.message).toBe(`invalid version ${JSON.stringify(text)}: ${message}`);
      expect(result.error.remedy).toBeTruthy();
    }
  });

  test('prints what it read', () => {
    fc.assert(fc.property(versionText, (text) => expect(printVersion(parsed(text))).toBe(text)));
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(typeof parseVersion(text).ok).toBe('boolean')));
  });
});

describe('version and epoch', () => {
  test('are joined and split again', () => {
    fc.assert(
      fc.property(versionText, fc.nat(500), (text, epoch) => {
        const version = text.replace(/-r\d+$/, '');
        expect(splitFullVersion(fullVersion(version, epoch))).toEqual({ ok: true, value: { version, epoch } });
      }),
    );
  });

  test('a version without -rN is not a full one', () => {
    expect(splitFullVersion('1.0')).toMatchObject({ ok: false, error: { message: '"1.0" names no revision' } });
    expect(splitFullVersion('1.0-')).toMatchObject({ ok: false });
  });
});
