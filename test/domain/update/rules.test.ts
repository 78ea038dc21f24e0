import { chooseVersion } from '../../../src/domain/update/choose';
import { upstreamOf } from '../../../src/domain/update/upstream';
import { specFrom, specText } from '../spec/reading';

const updating = (rules: string) => specFrom(specText(`update:\n  enabled: true\n${rules}`));
const named = (...names: readonly string[]) => names.map((name) => ({ name }));
const at = (text: string) => Date.parse(text);

describe('schedule', () => {
  const scheduled = (period: string) => updating(`  schedule:\n    period: ${period}\n    reason: it tags every commit\n`);

  test.each([
    ['daily', '2026-08-01T00:00:00Z', '2026-08-01T23:59:59Z', false],
    ['daily', '2026-08-01T00:00:00Z', '2026-08-02T00:00:00Z', true],
    ['weekly', '2026-08-01T00:00:00Z', '2026-08-07T23:59:59Z', false],
    ['weekly', '2026-08-01T00:00:00Z', '2026-08-08T00:00:00Z', true],
    ['monthly', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z', false],
    ['monthly', '2026-02-01T00:00:00Z', '2026-03-03T00:00:00Z', true],
  ])('%s: after an update at %s a new version at %s: %s', (period, lastUpdate, now, taken) => {
    const decision = chooseVersion(scheduled(period), named('1.3', '1.4'), { now: at(now), lastUpdate: at(lastUpdate) });
    expect(decision.chosen?.version).toBe(taken ? '1.4' : undefined);
  });

  test('the one that waits says until when and why; the others keep their reasons', () => {
    const timing = { now: at('2026-08-02T00:00:00Z'), lastUpdate: at('2026-08-01T12:00:00Z') };
    const { reason, trace } = chooseVersion(scheduled('weekly'), named('1.4', '1.3', '1.0'), timing);
    const wait = 'schedule: weekly, not before 2026-08-08T12:00:00.000Z (it tags every commit)';
    expect(reason).toBe(`1.4 waits: ${wait}`);
    expect(trace).toEqual([
      { name: '1.4', version: '1.4', kept: false, rule: wait },
      { name: '1.3', version: '1.3', kept: false, rule: '1.4 is newer' },
      { name: '1.0', version: '1.0', kept: false, rule: 'older than 1.2.3' },
    ]);
  });

  test('holds nothing back after no update, and where nobody tells the time', () => {
    expect(chooseVersion(scheduled('monthly'), named('1.4'), { now: 0 }).chosen?.version).toBe('1.4');
    expect(chooseVersion(scheduled('monthly'), named('1.4')).chosen?.version).toBe('1.4');
  });

  test('a period that is none is an error with its place', () => {
    expect(chooseVersion(scheduled('fortnightly'), named('1.4'), { now: 0 })).toEqual({
      reason: 'example.yaml:6:3: update.schedule.period "fortnightly" is no period (write daily, weekly, monthly)',
      trace: [],
    });
  });
});

describe('require-sequential', () => {
  const sequential = updating('  require-sequential: true\n');

  test('the next version instead of the newest', () => {
    const { chosen, trace } = chooseVersion(sequential, named('1.5', '1.3.1', '1.3', '1.0', 'rc'));
    expect(chosen?.version).toBe('1.3');
    expect(trace).toEqual([
      { name: '1.5', version: '1.5', kept: false, rule: 'require-sequential: 1.3 comes first' },
      { name: '1.3.1', version: '1.3.1', kept: false, rule: 'require-sequential: 1.3 comes first' },
      { name: '1.3', version: '1.3', kept: true, rule: 'require-sequential: the next' },
      { name: '1.0', version: '1.0', kept: false, rule: 'older than 1.2.3' },
      { name: 'rc', kept: false, rule: 'pre-release: contains "rc"' },
    ]);
  });

  test('nothing newer is told as without it', () => {
    expect(chooseVersion(sequential, named('1.0', '1.1')).reason).toBe('nothing newer than 1.2.3: the newest that the rules keep is 1.1');
  });
});

test('shared: an update tells that dependents must be built again, and only then', () => {
  expect(chooseVersion(updating('  shared: true\n'), named('1.3')).rebuildsDependents).toBe(true);
  expect(chooseVersion(updating('  shared: true\n'), named('1.0'))).not.toHaveProperty('rebuildsDependents');
  expect(chooseVersion(updating(''), named('1.3'))).not.toHaveProperty('rebuildsDependents');
});

test("upstream's own word on drafts and pre-releases", () => {
  const offered = [
    { name: '1.6', draft: true },
    { name: '1.5', prerelease: true },
    { name: '1.4', prerelease: false },
  ];
  const { chosen, trace } = chooseVersion(updating(''), offered);
  expect(chosen?.version).toBe('1.4');
  expect(trace.map(({ rule }) => rule)).toEqual([
    'draft: upstream has not published it',
    'pre-release: upstream calls it one',
    'the newest',
  ]);
  expect(chooseVersion(updating('  enable-prerelease-tags: true\n'), offered).chosen?.version).toBe('1.5');
});

test.each([
  [
    'release-monitor',
    '  release-monitor:\n    identifier: 1\n    strip-prefix: r\n    version-filter-prefix: r\n    version-filter-contains: x\n',
  ],
  [
    'oci',
    '  oci:\n    identifier: registry.example/x\n    strip-prefix: r\n    tag-filter-prefix: r\n    tag-filter-contains: x\n    strip-suffix: -x\n',
  ],
])('candidates of %s go through its filters', (backend, rules) => {
  const suffix = backend === 'oci' ? [] : ['  version-transform:\n    - {match: -x, replace: ""}\n'];
  const spec = updating(`${rules}${suffix.join('')}`);
  const { chosen, trace } = chooseVersion(spec, named('r1.4-x', 'r1.5', '1.6-x'));
  expect(chosen?.version).toBe('1.4');
  expect(trace.map(({ rule }) => rule)).toEqual([
    'the newest',
    'tag-filter-contains: does not contain "x"',
    'tag-filter-prefix: does not start with "r"',
  ]);
  expect(upstreamOf(spec)).toMatchObject({ ok: false, error: { message: `update.${backend} is a backend that is not read` } });
});

describe('version_data', () => {
  const data = (more = '', format = '${{cuda.version}}_p${{driver.version}}') =>
    updating(
      `  version_data:\n    version_format: ${format}\n    sources:\n      - {name: cuda, stream: "12.6", ignore: ["12.6.9"]${more}}\n      - {name: driver, stream: "5"}\n`,
    );
  const offered = [
    { name: 'v12.6.3', source: 'cuda', commit: 'a' },
    { name: '12.60', source: 'cuda' },
    { name: '12.6.9', source: 'cuda' },
    { name: '12.6.1', source: 'cuda' },
    { name: '5', source: 'driver', commit: 'b' },
    { name: '6', source: 'driver' },
    { name: '1', source: 'other' },
    { name: '2' },
  ];

  test('composes the newest of each stream, with the commit of the source that is named', () => {
    const { chosen, trace } = chooseVersion(data(', commit_source: driver'), offered);
    expect(chosen).toEqual({ version: '12.6.3_p5', candidate: { name: '12.6.3_p5', commit: 'b' } });
    expect(trace.map(({ rule }) => rule)).toEqual([
      'the newest of cuda',
      'stream of cuda: not of 12.6',
      'ignore of cuda: matches "12.6.9"',
      '12.6.3 of cuda is newer',
      'the newest of driver',
      'stream of driver: not of 5',
      'version_data: other is none of its sources (cuda, driver)',
      'version_data: the candidate names no source (cuda, driver)',
      'the newest',
    ]);
    expect(chooseVersion(data(), offered).chosen?.candidate).toEqual({ name: '12.6.3_p5' });
  });

  test('a source without a version, and a format that names what is not there', () => {
    expect(chooseVersion(data(), offered.slice(0, 4)).reason).toBe('version_data: the source driver offers no version of its stream 5');
    expect(chooseVersion(data('', '${{gpu.version}}'), offered).reason).toBe(
      'update.version_data.version_format names ${{gpu.version}}; it may name ${{cuda.version}}, ${{driver.version}}',
    );
  });
});
