import fc from 'fast-check';
import { apkoHazard, compareInApko } from '../../../src/domain/version/apko-order';
import { compareVersions, parseVersion, type Version } from '../../../src/domain/version/version';

function parsed(text: string): Version {
  const result = parseVersion(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

test.each([
  ['1.05', '1.5', 0],
  ['1.05', '1.1', 1],
  ['1.10', '1.9', 1],
  ['1.0', '1.0.0', -1],
  ['1.0a', '1.0_p1', 1],
  ['1.0_rc1', '1.0', -1],
  ['1.0_rc2', '1.0_rc10', -1],
  ['1.0_rc1_git5', '1.0_rc1', 1],
  ['1.0_p1', '1.0', 1],
  ['1.0-r2', '1.0-r10', -1],
  ['1.0~ab', '1.0', undefined],
  ['1.0_p1_p2', '1.0', undefined],
  ['1.0', '99999999999999999999', undefined],
])("apko's solver on %s and %s: %s", (a, b, order) => expect(compareInApko(parsed(a), parsed(b))).toBe(order));

test.each([
  ['1.05', '1.4'],
  ['2026.08.19', '2026.7.19'],
  ['3.000', '3.0'],
  ['1.007.5', '1.6.5'],
  ['0.11_alpha', '0.11_alpha0'],
])('%s is ordered differently against %s', (text, other) => {
  expect(apkoHazard(parsed(text))).toMatchObject({ other });
  const [one, two] = [parsed(text), parsed(other)];
  expect(compareInApko(one, two)).not.toBe(compareVersions(one, two));
});

test('what apko cannot read has no other', () => {
  expect(apkoHazard(parsed('1.0~ab'))).toEqual({ reason: "apko's solver cannot read ~hash" });
  expect(apkoHazard(parsed('1.0_p1_p2'))?.other).toBeUndefined();
});

const component = fc.oneof(fc.constantFrom('0', '1', '05', '00', '10', '007'), fc.nat(99).map(String));
const version = fc
  .tuple(
    component,
    fc.array(component, { maxLength: 3 }),
    fc.constantFrom('', '', 'a', 'b'),
    fc.constantFrom('', '', '_alpha1', '_rc1', '_rc2', '_rc', '_beta'),
    fc.constantFrom('', '', '_git1', '_p1', '_p2', '_p'),
    fc.constantFrom('', '', '~ab'),
    fc.constantFrom('', '-r0', '-r1', '-r10'),
  )
  .map(([first, more, ...rest]) => parsed([first, ...more].join('.') + rest.join('')));

test('versions without a hazard are ordered alike by apk and apko', () => {
  const safe = version.filter((each) => apkoHazard(each) === undefined);
  // -r0 and no revision are one to apko; published packages always have one.
  const revision = (each: Version) => each.text.includes('-r');
  fc.assert(
    fc.property(safe, safe, (a, b) => {
      if (revision(a) === revision(b)) expect(compareInApko(a, b)).toBe(compareVersions(a, b));
    }),
    { numRuns: 5000 },
  );
});

test('a hazard with another version names one that the two really order differently', () => {
  fc.assert(
    fc.property(version, (each) => {
      const other = apkoHazard(each)?.other;
      if (other !== undefined) expect(compareInApko(each, parsed(other))).not.toBe(compareVersions(each, parsed(other)));
    }),
    { numRuns: 2000 },
  );
});
