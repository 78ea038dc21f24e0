import fc from 'fast-check';
import { chooseVersion } from '../../../src/domain/update/choose';
import { compareVersionTexts } from '../../../src/domain/version/version';
import { specFrom, specText } from '../spec/reading';

const updating = (rules: string, version = '1.2.3') => specFrom(specText(`update:\n  enabled: true\n${rules}`).replace('1.2.3', version));
const github = (rules = '') => `  github:\n    identifier: owner/example\n${rules}`;
const named = (...names: readonly string[]) => names.map((name) => ({ name }));

describe('what is chosen', () => {
  test.each([
    ['the newest in the order of apk', github('    strip-prefix: v\n'), ['v1.9.0', 'v1.10.0', 'v1.3'], '1.10.0'],
    ['nothing newer', github(), ['1.2.3', '1.2'], undefined],
    ['a post-release', github(), ['1.2.3_p1'], '1.2.3_p1'],
    ['a prefix of some names only', github('    strip-prefix: v\n'), ['1.4', 'v1.3'], '1.4'],
    ['tag-filter is a prefix', github('    tag-filter: v1\n    strip-prefix: v\n'), ['v2.0', 'v1.5', 'x-v1.9'], '1.5'],
    ['tag-filter-prefix', github('    tag-filter-prefix: v1.\n    strip-prefix: v\n'), ['v2.0', 'v1.5', 'v10.0'], '1.5'],
    ['tag-filter-contains', github('    tag-filter-contains: _RTM\n    strip-suffix: _RTM\n'), ['2.0', '1.5_RTM'], '1.5'],
    ['both strips', github('    strip-prefix: NSS_\n    strip-suffix: _RTM\n') + '  version-separator: _\n', ['NSS_3_127_RTM'], '3.127'],
    [
      'ignored ones after stripping',
      github('    strip-prefix: v\n') + '  ignore-regex-patterns: ["^2\\\\.", post]\n',
      ['v2.0', 'v1.4', 'v1.5.post1'],
      '1.4',
    ],
    ['pre-releases are left out', github('    strip-prefix: v\n'), ['v2.0-RC1', 'v2.0beta', 'v2.0_alpha1', 'v2.0-pre', 'v1.4'], '1.4'],
    [
      'pre-releases where they are enabled',
      github('    strip-prefix: v\n    tag-filter-contains: alpha\n') +
        '  enable-prerelease-tags: true\n  version-transform:\n    - {match: alpha, replace: _alpha}\n',
      ['v2.0alpha'],
      '2.0_alpha',
    ],
    [
      'a transform in Go syntax',
      github('    tag-filter-prefix: V_\n') + "  version-transform:\n    - {match: '^V_(\\d+)_(\\d+)_P(\\d+)$', replace: '$1.${2}_p$3'}\n",
      ['V_10_5_P1'],
      '10.5_p1',
    ],
    [
      'transforms one after the other',
      github('    strip-prefix: v\n') +
        "  version-transform:\n    - {match: p, replace: _p}\n    - {match: '(\\.\\d+)$', replace: '${1}_p0'}\n",
      ['v1.9.16', 'v1.9.17p2'],
      '1.9.17_p2',
    ],
    ['the git backend has the same rules', '  git:\n    strip-prefix: release-\n', ['release-1.4'], '1.4'],
    ['an empty git backend', '  git: {}\n', ['1.4'], '1.4'],
    ['no backend has only the common rules', '  version-separator: _\n', ['1_4'], '1.4'],
    ['one version by two names', github('    strip-prefix: v\n'), ['v01.4', '1.4'], '1.4'],
    ['one version by two names, the other way round', github('    strip-prefix: v\n'), ['1.4', 'v01.4'], '1.4'],
    ['no revision of upstream', github(), ['1.3-r1', '1.2.4'], '1.2.4'],
  ])('%s', (_name, rules, names, chosen) => {
    expect(chooseVersion(updating(rules), named(...names)).chosen?.version).toBe(chosen);
  });

  test('variables are replaced in filters', () => {
    const spec = specFrom(
      specText(
        'vars:\n  major: "15"\nupdate:\n  enabled: true\n  git:\n    tag-filter-prefix: releases/gcc-${{vars.major}}.\n    strip-prefix: releases/gcc-\n',
      ),
    );
    expect(chooseVersion(spec, named('releases/gcc-16.1.0', 'releases/gcc-15.4.0')).chosen?.version).toBe('15.4.0');
  });

  test('the candidate comes with the version', () => {
    const candidate = { name: 'v1.3', commit: 'c'.repeat(40), link: 'https://example.org' };
    expect(chooseVersion(updating(github('    strip-prefix: v\n')), [candidate])).toMatchObject({
      chosen: { version: '1.3', candidate },
      reason: '1.3 is newer than 1.2.3 (1.3 > 1.2.3: number 3 against number 2)',
    });
  });

  test('no candidate is newer than the chosen one, whatever their order', () => {
    const name = fc.tuple(fc.nat(9), fc.nat(30), fc.constantFrom('', '', 'a', '_p1', '-rc1', 'x y')).map(([a, b, c]) => `${a}.${b}${c}`);
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const spec = updating(github());
        const { chosen, trace } = chooseVersion(spec, named(...names));
        const backwards = chooseVersion(spec, named(...[...names].reverse()));
        expect(backwards.chosen?.version).toBe(chosen?.version);
        expect(trace.map((one) => one.name)).toEqual(names);
        for (const one of trace) {
          if (one.version && chosen) expect(compareVersionTexts(one.version, chosen.version)).not.toEqual({ ok: true, value: 1 });
          if (one.version && !chosen) expect(compareVersionTexts(one.version, '1.2.3')).not.toEqual({ ok: true, value: 1 });
        }
      }),
    );
  });
});

test('every candidate has the rule that kept or dropped it, and one that is ignored ends nothing', () => {
  const spec = updating(github('    tag-filter-prefix: v\n    strip-prefix: v\n') + '  ignore-regex-patterns: [nightly]\n');
  const { trace, reason } = chooseVersion(spec, named('vnightly', 'x1', 'v1.3-rc1', 'v1.4+dfsg', 'v1.1', 'v1.2.3', 'v1.3', 'v1.4'));
  expect(trace).toEqual([
    { name: 'vnightly', kept: false, rule: 'ignore-regex-patterns: matches "nightly"' },
    { name: 'x1', kept: false, rule: 'tag-filter-prefix: does not start with "v"' },
    { name: 'v1.3-rc1', kept: false, rule: 'pre-release: contains "rc"' },
    { name: 'v1.4+dfsg', kept: false, rule: 'invalid version "1.4+dfsg": unexpected "+" at position 4' },
    { name: 'v1.1', version: '1.1', kept: false, rule: 'older than 1.2.3' },
    { name: 'v1.2.3', version: '1.2.3', kept: false, rule: 'the version that the spec has' },
    { name: 'v1.3', version: '1.3', kept: false, rule: '1.4 is newer' },
    { name: 'v1.4', version: '1.4', kept: true, rule: 'the newest' },
  ]);
  expect(reason).toContain('1.4 is newer than 1.2.3');
});

test.each([
  ['', 'the spec has no `update:` block'],
  ['update:\n  enabled: false\n', 'updates are not enabled'],
  ['update:\n  manual: true\n', 'updates are not enabled'],
  ['update:\n  enabled: true\n  manual: true\n', 'updates are made by hand (`manual: true`)'],
  ['update:\n  enabled: false\n  exclude-reason: end of life\n', 'updates are excluded: end of life'],
  [
    'update:\n  enabled: true\n  git:\n    tag-filter-prefix: ${{vars.x}}\n',
    'example.yaml:6:3: undefined variable ${{vars.x}} (known here: package.*)',
  ],
])('no choice: %s', (more, reason) => {
  expect(chooseVersion(specFrom(specText(more)), named('9.9'))).toEqual({ reason, trace: [] });
});

test('why there is nothing: no candidates, none kept, none newer', () => {
  expect(chooseVersion(updating(github()), []).reason).toBe('upstream offers no candidates');
  expect(chooseVersion(updating(github()), named('x', 'y')).reason).toBe('the rules keep none of the 2 candidates');
  expect(chooseVersion(updating(github()), named('1.0', '1.1')).reason).toBe(
    'nothing newer than 1.2.3: the newest that the rules keep is 1.1',
  );
});

describe('a tag that moved', () => {
  const was = 'a'.repeat(40);
  const is = 'b'.repeat(40);
  const spec = (repository: string) =>
    specFrom(
      specText(
        `pipeline:\n  - uses: git-checkout\n    with:\n      repository: ${repository}\n      tag: v\${{package.version}}\n      expected-commit: ${was}\nupdate:\n  enabled: true\n${github('    strip-prefix: v\n')}`,
      ),
    );
  const own = 'https://github.com/Owner/example';

  test('is told, beside the choice', () => {
    const decision = chooseVersion(spec(own), [
      { name: 'v1.2.3', commit: is },
      { name: 'v1.3', commit: was },
    ]);
    expect(decision.retagged).toEqual({ name: 'v1.2.3', was, is });
    expect(decision.chosen?.version).toBe('1.3');
  });

  test.each([
    ['the same commit', own, [{ name: 'v1.2.3', commit: was }]],
    ['no commit known', own, [{ name: 'v1.2.3' }]],
    ['another name of the version', own, [{ name: '1.2.3', commit: is }]],
    ['a checkout of another repository', 'https://github.com/other/data', [{ name: 'v1.2.3', commit: is }]],
  ])('not with %s', (_name, repository, candidates) => {
    expect(chooseVersion(spec(repository), candidates).retagged).toBeUndefined();
  });
});
