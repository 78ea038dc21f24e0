import pc from 'picocolors';
import { imageText } from '../../../src/cli/view/image';
import { overviewText, shareText } from '../../../src/cli/view/overview';
import { packageText } from '../../../src/cli/view/package';
import { releaseText, verdictTable, type ReleaseStory } from '../../../src/cli/view/release';
import { duration } from '../../../src/domain/text/duration';
import { age, paint, table, type Style } from '../../../src/cli/view/style';
import { whyText } from '../../../src/cli/view/why';
import type { Overview } from '../../../src/views/overview';
import { build, change, input, record, verdict, view } from '../records';

const style: Style = { colours: pc.createColors(false), now: Date.parse('2026-01-01T10:05:05Z') };

it.each([
  [0, '0 s'],
  [99.4, '99 s'],
  [100, '2 min'],
  [5999, '100 min'],
  [6000, '2 h'],
  [172_800, '2 d'],
])('duration(%d) is %s', (seconds, expected) => expect(duration(seconds)).toBe(expected));

it('age is never negative', () => {
  expect(age(style, '2026-01-01T10:04:05Z')).toBe('60 s');
  expect(age(style, '2027-01-01T10:04:05Z')).toBe('0 s');
});

it('table aligns, and makes cells harmless', () => {
  const rows = [
    ['long\u001b[2J', 'x'],
    [paint('y\u0007', String), 'z'],
  ];
  expect(table(style, ['a', 'b'], rows)).toBe('a            b\nlong\\x1b[2J  x\ny\\x07        z');
});

const { waitingFor: _waitingFor, ...unblocked } = view;
const moving = { ...unblocked, stage: 'builds', verdicts: [verdict('spec-lint', 'passed')] };

const overview: Overview = {
  distribution: 'my-linux',
  generation: 3,
  inFlight: [
    { release: view.release, package: 'lz4', stage: view.stage, startedAt: '2026-01-01T08:00:00Z', view },
    { release: 'release:pigz-2.8-r0', package: 'pigz', stage: 'builds', startedAt: '2026-01-01T10:04:35Z', view: moving },
    { release: 'release:jq-1.8-r0', package: 'jq', stage: 'checks', startedAt: '2026-01-01T10:04:35Z' },
  ],
  published: [record],
  given: [{ ...record, id: 'release:xz-5.8-r0', outcome: 'rejected', reason: 'ann: not wanted', finishedAt: '2026-01-01T10:04:05Z' }],
  share: { ended: 3, withoutPerson: 2 },
};

it('status shows who is waited for with the commands, what moves, what ended, and the share', () => {
  const text = overviewText(style, overview);
  expect(text).toMatch(
    /^my-linux: generation 3\n\nWaiting for a person\nlz4-1\.10\.0-r0 for 65 min\n {2}package-tests: .*\n {2}> millrace decide lz4-1\.10\.0-r0 retry\n\nIn flight\n/,
  );
  expect(text).toMatch(/^pigz-2\.8-r0 .*30 s +1 of 16 passed, 15 missing$/m);
  expect(text).toMatch(/^jq-1\.8-r0 +checks \(its worker does not answer\) +30 s$/m);
  expect(text).toMatch(/^xz-5\.8-r0 +rejected +60 s .*ann: not wanted\nzlib-1\.3\.1-r0 +published +4 min +60 s +3$/m);
  expect(text.endsWith('\n\n2 of 3 releases needed no person (66 %)')).toBe(true);
});

it('status says that nothing is in flight only when nothing waits either', () => {
  const [waits] = overview.inFlight!;
  expect(overviewText(style, { ...overview, inFlight: [] })).toContain('\n\nNothing is in flight.\n\n');
  expect(overviewText(style, { ...overview, inFlight: [waits!] })).not.toMatch(/in flight/i);
});

it('status says so when nobody knows what is in flight', () => {
  const text = overviewText(style, {
    ...overview,
    inFlight: undefined,
    published: [],
    given: [],
    generation: 0,
    share: { ended: 0, withoutPerson: 0 },
  });
  expect(text).toBe(
    'my-linux: nothing published yet\n\nNo Temporal server answers: what is in flight is not known. Start the factory: millrace up\n\nNo release has ended yet.',
  );
});

it('a share is rounded down: 99.9 % is not 100 %', () =>
  expect(shareText({ share: { ended: 1000, withoutPerson: 999 } })).toContain('(99 %)'));

const story: ReleaseStory = { ...record, release: record.id, standing: 'published', refused: [], logs: {} };

it('show tells of a published release where it stands, why, what changed, verdicts and builds', () => {
  const text = releaseText(style, story);
  expect(text).toContain('zlib-1.3.1-r0 (before: 1.2.13-r1): published, generation 3\n');
  expect(text).toContain('Because\n  2026-01-01T10:00:00Z upstream-release: zlib 1.3.1 was released\n');
  expect(text).toContain(
    '  commit cccccccccccc on millrace/zlib-1.3.1-r0, merged as ffffffffffff\n  dropped patch CVE-2023-45853.patch: the new source contains it\n',
  );
  expect(text).toContain('Checks: 2 of 16 passed, 1 skipped, 13 missing\n');
  expect(text).toMatch(/^x86_64 +built +28 s +zlib +builds\/zlib-1\.3\.1-r0\/x86_64-1\.log$/m);
  expect(text).toContain('Time\n  change 2 s, build 28 s');
  expect(text).not.toContain('Failed');
});

it('show tells how what was built differs from what was published before, and who is linked with what is gone', () => {
  const comparison = {
    kind: 'break',
    breaks: ['curl'],
    removed: ['libz.so.1'],
    changes: ['libz.so.1 is gone, needed by curl-8-r0'],
  } as const;
  expect(releaseText(style, { ...story, comparison })).toContain(
    'Beside what was published before\n  ABI broken, libz.so.1 gone: curl to be rebuilt\n    libz.so.1 is gone, needed by curl-8-r0\n',
  );
});

it('show of a failed step gives its report and the end of its log, and what steps share once', () => {
  const failure = {
    class: 'real' as const,
    log: 'tests/lz4.log',
    differenceToLastGood: ['version 1.9-r0 → 1.10-r0', 'source is another'],
    alike: [{ release: 'release:lz4-1.9-r0', check: 'package-tests', summary: 'expected v1.9', answer: 'patched by ann (then published)' }],
  };
  const failed = { ...verdict('package-tests', 'failed'), details: ['expected v1.10.0', 'log: tests/lz4.log'], failure };
  const text = releaseText(style, {
    ...story,
    standing: 'waits for a decision',
    verdicts: [failed, { ...failed, check: 'sniff-tests', failure: { ...failure, class: 'flaky', alike: [] } }],
    refused: ['the check "sbom" does not block this release'],
    logs: { 'tests/lz4.log': ['+ lz4 --version', 'boom\u001b[2J'] },
  });
  expect(text).toContain(
    [
      'Failed: package-tests (real: a person must change something)',
      '  package-tests says so',
      '  expected v1.10.0',
      '  changed since the last good build:',
      '    version 1.9-r0 → 1.10-r0',
      '    source is another',
      '  earlier failures that look alike:',
      '    lz4-1.9-r0 package-tests: expected v1.9',
      '      patched by ann (then published)',
      '  last 2 lines of tests/lz4.log:',
      '  | + lz4 --version',
      '  | boom\\x1b[2J',
      '',
      'Failed: sniff-tests (flaky: a retry may pass)',
      '  package-tests says so',
      '  expected v1.10.0',
      '  changed since the last good build: as above',
      '  log tests/lz4.log: see above',
    ].join('\n'),
  );
  expect(text).toContain('Refused\n  the check "sbom" does not block this release');
});

it('show of a failed build gives its summary and log even where no verdict names it', () => {
  const failed = {
    ...build,
    outcome: 'failed' as const,
    packages: [],
    failure: { class: 'real' as const, summary: 'make: *** [all] Error 2' },
  };
  const text = releaseText(style, { ...story, verdicts: [], builds: [failed], logs: { [build.log]: ['cc: error'] } });
  expect(text).toContain(
    `Failed build for x86_64 (real: a person must change something)\n  make: *** [all] Error 2\n  last line of ${build.log}:\n  | cc: error`,
  );
});

it('verdicts: failures first, a waived one with the name and the reason', () => {
  const text = verdictTable(
    style,
    [verdict('abi', 'passed'), verdict('sbom', 'failed'), verdict('licence', 'skipped'), verdict('abi-2', 'failed')],
    [{ check: 'sbom', by: 'ann', reason: 'known', at: '2026-01-01T10:00:00Z' }],
  );
  expect(text.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['check', 'verdict', 'what it says'],
    ['abi-2', 'failed', 'abi-2 says so'],
    ['sbom', 'waived', 'sbom says so (waived by ann: known)'],
    ['licence', 'skipped', 'licence says so'],
    ['abi', 'passed', 'abi says so'],
  ]);
});

it('show of a package: published, main, its entity, its releases', () => {
  const text = packageText(style, {
    package: 'zlib',
    spec: '1.3.1-r0',
    published: ['1.2.13-r0', '1.2.13-r1', '1.3.1-r0'],
    entity: {
      package: 'zlib',
      inFlight: { release: 'release:zlib-1.3.2-r0', version: '1.3.2', epoch: 0, causes: [] },
      lastLook: { at: '2026-01-01T10:04:05Z', text: '1.3.2-r0 started' },
      rejected: [{ version: '1.3-r0', reason: 'ann: broken' }],
      history: [],
    },
    releases: [{ ...record, decisions: [{ decision: { kind: 'retry', by: 'ann' }, at: '2026-01-01T10:00:30Z', answered: [] }] }],
  });
  expect(text).toContain(
    'zlib: published 1.3.1-r0 (and 1.2.13-r0, 1.2.13-r1), main says 1.3.1-r0\nIn flight: zlib-1.3.2-r0\nLast look, 60 s ago: 1.3.2-r0 started\nNot released: 1.3-r0: ann: broken\n',
  );
  expect(text).toMatch(/^zlib-1\.3\.1-r0 +published +4 min +60 s +3 +retry$/m);
});

it('show of a package calls a release withdrawn that was published and is no more', () => {
  const text = packageText(style, { package: 'zlib', published: ['1.2.13-r0'], releases: [record] });
  expect(text).toMatch(/^zlib-1\.3\.1-r0 +withdrawn /m);
});

describe('why', () => {
  it('goes from the cause to the publication', () => {
    expect(whyText(style, story)).toBe(
      [
        'zlib-1.3.1-r0 published in generation 3',
        'because',
        '  2026-01-01T10:00:00Z upstream-release: zlib 1.3.1 was released',
        'so',
        '  the spec was to move to 1.3.1, which upstream offers as v1.3.1 (https://example.org/v1.3.1)',
        '  zlib/1.3.1 package update, commit cccccccccccc',
        'and it was merged as ffffffffffff, signed and published with generation 3 at 2026-01-01T10:01:05Z',
      ].join('\n'),
    );
  });

  it('says of a rebuild what for, how it differs, and that an equal one published nothing', () => {
    const equal: ReleaseStory = {
      ...story,
      standing: 'equal',
      outcome: 'equal',
      reason: 'equal to 1.3.1-r0 in content',
      input: { ...record.input, change: 'rebuild', epoch: 1 },
      comparison: { kind: 'same', breaks: [], removed: [], changes: [] },
    };
    expect(whyText(style, equal)).toMatch(/^ {2}it was to be built again as 1\.3\.1-r1/m);
    expect(whyText(style, equal)).toContain('  beside what was published before: the content is the same, and so is the ABI');
    expect(whyText(style, equal)).toContain('and it ended equal: equal to 1.3.1-r0 in content');
  });

  it('names decisions and how it ended otherwise', () => {
    const text = whyText(style, {
      ...story,
      standing: 'rejected',
      outcome: 'rejected',
      reason: 'ann: broken',
      verdicts: [verdict('abi', 'failed')],
      decisions: [
        { decision: { kind: 'reject', by: 'ann', reason: 'broken' }, at: '2026-01-01T10:00:30Z', answered: ['abi: breaks pigz'] },
      ],
    });
    expect(text).toContain(
      '  failed or waived on the way: abi\nand people decided\n  2026-01-01T10:00:30Z ann: reject: broken\n    answered abi: breaks pigz\nand it ended rejected: ann: broken',
    );
  });
});

it('what upstreams and people wrote cannot drive the terminal', () => {
  const evil = 'x\u001b]0;pwned\u0007';
  const text = releaseText(style, {
    ...story,
    input: { ...input, causes: [{ ...input.causes[0]!, text: evil, by: evil, link: evil }] },
    change: { ...change, summary: evil, droppedPatches: [evil] },
    verdicts: [{ ...verdict('abi', 'failed', evil), details: [evil] }],
    decisions: [{ decision: { kind: 'reject', by: evil, reason: evil }, at: '2026-01-01T10:00:30Z', answered: [evil] }],
  });
  expect(text).not.toContain('\u001b');
});

it('an image says how it is verified, once something is tagged', () => {
  const story = { image: 'web', contents: [], releases: [], made: [] };
  const made = { host: '127.0.0.1:8468', plain: true, key: '/keys/example-images.pub' };
  const tags = { image: 'web', repository: 'demo/web', tags: { '1': 'sha256:1', latest: 'sha256:1' }, moves: [] };
  expect(imageText(style, { ...story, tags }, made)).toContain(
    'How to verify\n# that this factory made it\n' +
      'cosign verify --key /keys/example-images.pub --insecure-ignore-tlog=true --allow-http-registry 127.0.0.1:8468/demo/web:latest\n',
  );
  expect(imageText(style, story, made)).not.toContain('cosign');
  expect(imageText(style, { ...story, tags: { ...tags, tags: {} } }, made)).not.toContain('cosign');
});
