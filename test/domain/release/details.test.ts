import { releaseDetails } from '../../../src/domain/release/details';
import type { ReleaseStory } from '../../../src/domain/release/details';
import type { Verdict } from '../../../src/domain/check/verdict';

const failed: Verdict = { check: 'package-tests', outcome: 'failed', summary: 'exit status 1', details: [], seconds: 2 };
const story: ReleaseStory = {
  release: 'release:lz4-1.10.0-r0',
  input: {
    distribution: 'demo',
    package: 'lz4',
    version: '1.10.0',
    epoch: 0,
    previous: '1.9.4-r0',
    change: 'bump',
    causes: [
      {
        id: 'upstream:lz4:1.10.0',
        kind: 'upstream-release',
        text: 'lz4 1.10.0 was released',
        at: '2026-01-31T14:05:59.123Z',
        link: 'https://lz4.org/lz4_1.10.0.tar.gz',
      },
      { id: 'person', kind: 'person', text: 'ann asked for lz4', at: '2026-01-31T14:06:00.000Z', by: 'ann' },
    ],
    architectures: ['x86_64'],
    reminders: { everySeconds: 60, escalateAfterSeconds: 600 },
    floor: { slots: 4, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 5, share: 0.5 } },
  },
  stage: 'waits for a decision',
  builds: [],
  verdicts: [failed],
  waivers: [],
  decisions: [
    {
      decision: { kind: 'patch', by: 'ann', commit: 'a'.repeat(40), reason: 'the *test* is wrong' },
      at: '2026-01-31T14:20:00.000Z',
      answered: [],
    },
  ],
  refused: ['"by" names the person who decides'],
  waitingFor: {
    since: '2026-01-31T14:10:00.000Z',
    because: ['package-tests: exit_status <1>'],
    answers: ['millrace decide lz4-1.10.0-r0 waive --check package-tests --reason "…"'],
    remindedTimes: 2,
  },
};

test('a release that waits says so first, with the exact answers in a block that can be copied', () => {
  const details = releaseDetails(story);
  expect(details.split('\n')[0]).toBe('### lz4 1.10.0-r0: waits for a decision');
  expect(details).toContain('**A person is waited for since 2026-01-31 14:10 UTC, reminded 2 times.** Published before it: 1.9.4-r0.');
  expect(details).toContain('- package-tests: exit_status \\<1\\>');
  const block = details.split('```')[1]!.trim().split('\n');
  expect(block).toEqual(['millrace show lz4-1.10.0-r0', '', ...story.waitingFor!.answers]);
  expect(details).toContain('Refused last: "by" names the person who decides');
  expect(details.indexOf('waited')).toBeLessThan(details.indexOf('| Verdict'));
});

test('it tells the chain from what set it off to the last decision, each cause once with who and where', () => {
  const chain = releaseDetails(story).split('### How it came to this\n\n')[1];
  expect(chain).toBe(
    [
      '- 2026-01-31 14:05 UTC: lz4 1.10.0 was released, `https://lz4.org/lz4_1.10.0.tar.gz`',
      '- 2026-01-31 14:06 UTC: ann asked for lz4',
      `- 2026-01-31 14:20 UTC: ann decided **patch** with commit ${'a'.repeat(12)}: the \\*test\\* is wrong`,
    ].join('\n'),
  );
});

test('one that does not wait has no answers', () => {
  const { waitingFor: _waitingFor, ...moving } = story;
  expect(releaseDetails({ ...moving, stage: 'builds' })).not.toMatch(/waited|```/);
});

test('it says in one line how what was built differs from what was published before', () => {
  const compared = (comparison: NonNullable<ReleaseStory['comparison']>) => releaseDetails({ ...story, comparison });
  const changes = ['libz.so.1 is gone, needed by curl-8-r0', 'zlib: gone provides so:libz.so.1=1'];
  expect(compared({ kind: 'break', breaks: ['curl'], removed: ['libz.so.1'], changes })).toContain(
    '- compared with what was published before: ABI broken, libz.so.1 gone: curl to be rebuilt, such as `libz.so.1 is gone, needed by curl-8-r0` (and 1 more)',
  );
  expect(compared({ kind: 'same', breaks: [], removed: [], changes: [] })).toMatch(/ABI: nothing linked with it is to be rebuilt$/m);
});
