import { documentOf } from '../../../src/gateway/page/document';
import { imagePage } from '../../../src/gateway/page/image';
import { imagesPage, type ImageList } from '../../../src/gateway/page/images';
import { imageDiffPage } from '../../../src/gateway/page/image-diff';
import type { ListedImage } from '../../../src/views/image-index';
import type { ImageProfile, ShownImage } from '../../../src/views/image-profile';
import { lockOf } from '../../workflows/image-stage';

const EVIL = '<script>alert(1)</script>';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const around = { now: Date.parse('2026-01-02T05:00:00Z'), workflowUrl: (id: string) => `http://ui/${id}` };
const OLD = `sha256:${'cd'.repeat(32)}`;
const tag = { tag: 'latest', digest: DIGEST, version: '1.2.3-r0', generation: 3, since: '2026-01-02T03:00:00Z', reason: EVIL };
const vulnerability = { ...{ package: 'zlib', id: 'MLR-1', aliases: ['CVE-2026-1'], since: '2026-01-01T00:00:00Z' }, has: '1.3.2-r0' };
const shown: ShownImage = {
  ...tag,
  release: 'image-release:web-1',
  architectures: ['aarch64', 'x86_64'],
  packages: [
    { name: 'zlib', version: '1.3.2-r0', architectures: ['aarch64', 'x86_64'], origin: 'zlib', bytes: 54_321 },
    { name: 'outside', version: '1-r0', architectures: ['x86_64'] },
  ],
  vulnerabilities: {
    known: [
      { ...vulnerability, state: 'open', why: 'fixed in 1.3.3-r0, which is not in this image yet' },
      { ...vulnerability, id: 'MLR-2', aliases: [], state: 'not affected', why: 'the code is not built' },
    ],
    foreign: 1,
  },
};
const profile = (more: Partial<ImageProfile> = {}): ImageProfile => ({
  image: 'web',
  distribution: 'demo',
  package: 'web',
  summary: 'serves the web',
  pull: '127.0.0.1:8468/tools/web',
  insecure: true,
  key: '/keys/demo-images.pub',
  tags: [tag, { tag: '1', digest: OLD }],
  shown,
  sizes: [{ variant: '', points: [{ digest: DIGEST, version: '1.2.3-r0', generation: 3, bytes: 3_400_000, at: '2026-01-02T03:00:00Z' }] }],
  moves: {
    ...{ total: 120, page: 2, pages: 3 },
    items: [{ tag: 'latest', from: OLD, to: DIGEST, at: '2026-01-02T03:00:00Z', release: 'image-release:web-1', reason: EVIL }],
  },
  streams: [
    { name: 'main', versions: '*', tags: ['latest', 'X'], endOfLife: '2027-01-31', at: { file: 'image.yaml', line: 1, column: 1 } },
  ],
  untested: { aarch64: 'no such machine' },
  ends: [],
  suites: [],
  running: false,
  rejected: [],
  releases: [],
  ...more,
});
const pageOf = (more: Partial<ImageProfile> = {}) => documentOf(imagePage(profile(more), 'http://factory.example:8080', around));
const listed = (more: Partial<ListedImage> = {}): ListedImage => ({ image: 'web', tags: ['latest'], has: [], ...more });
const list = (items: readonly ListedImage[], more: Partial<ImageList> = {}) =>
  documentOf(
    imagesPage(
      {
        distribution: 'demo',
        find: '',
        known: items.length,
        images: { total: items.length, page: 1, pages: 1, items },
        didYouMean: [],
        ...more,
      },
      around.now,
    ),
  );

it('tells tags with digests, when and why they moved, how to pull and verify, and what is in it', () => {
  const page = pageOf();
  for (const text of [
    'serves the web',
    '2 h',
    'podman pull --tls-verify=false 127.0.0.1:8468/tools/web:latest',
    `podman pull --tls-verify=false 127.0.0.1:8468/tools/web@${DIGEST}`,
    'curl -fsSO http://factory.example:8080/keys/demo-images.pub',
    `cosign verify --key demo-images.pub --insecure-ignore-tlog=true --allow-http-registry 127.0.0.1:8468/tools/web@${DIGEST}`,
    '1.3.2-r0',
    '54.3 kB',
    'href="/packages/zlib"',
    'fixed in 1.3.3-r0, which is not in this image yet',
    'the code is not built',
    'come',
    '3.4 MB',
    '2027-01-31',
    'Not tested on aarch64: no such machine',
    `/images/web/diff?from=${encodeURIComponent(OLD)}&amp;to=${encodeURIComponent(DIGEST)}`,
    'Page 2 of 3',
    'href="/images/web?tag=latest&amp;moves=3#moves"',
  ])
    expect(page).toContain(text);
});

it('says that it is on hold, which tags reach their end of life, and what was rolled back', () => {
  const move = { tag: 'latest', from: DIGEST, to: OLD, at: '2026-01-02T03:00:00Z', release: 'r', reason: 'it eats files' };
  const page = pageOf({
    hold: { by: 'ada', reason: 'wait for the fix', at: '2026-01-02T03:00:00Z' },
    ends: [{ stream: 'old', endOfLife: '2026-01-01', past: true, tags: ['1'], text: 'the stream old reached its end of life' }],
    moves: { total: 1, page: 1, pages: 1, items: [{ ...move, rollback: { id: 'r1', by: 'bob' } }] },
  });
  for (const text of [
    'On hold by ada',
    'wait for the fix',
    'The stream old reached its end of life.',
    'rolled back</span> by bob: it eats files',
  ])
    expect(page).toContain(text);
});

it('shows the suites that run: tests, time left, what they said last, and how a kept sandbox is looked into', () => {
  const test = { architecture: 'x86_64', since: '2026-01-02T04:00:00Z' };
  const ended = { ...{ architecture: 'x86_64', seconds: 7, output: [], log: 'l' }, wrong: [] as string[] };
  const view = {
    ...{ image: 'web', suite: 'serves', variant: 'dev', digest: DIGEST, attempt: 0, waiting: 1, impossible: [], untested: [] },
    running: [
      { ...test, test: 'three hours', until: '2026-01-02T07:00:00Z' },
      { ...test, test: 'kept', until: '2026-01-02T05:30:00Z', paused: { look: 'kubectl -n suite-1 get pods', passed: false } },
    ],
    outcomes: [
      { ...ended, test: 'starts', passed: true, tries: 2 },
      { ...ended, test: 'kept', passed: false, tries: 1, wrong: [EVIL] },
    ],
  };
  const at = { workflow: 'image-test:web:1:serves:0', startedAt: '2026-01-02T04:00:00Z' };
  const page = pageOf({
    suites: [
      { ...at, view, progress: [{ line: `step 3 ${EVIL}`, log: 'l' }] },
      { ...at, workflow: 'silent', progress: [] },
    ],
  });
  for (const text of [
    'serves on dev',
    'paused for a person',
    '<progress value="2" max="5"',
    '>2 h<',
    'on try 2, flaky',
    'step 3 &lt;script&gt;',
    'kubectl -n suite-1 get pods',
    'millrace image test web --end-pause serves',
    'its worker does not answer',
  ])
    expect(page).toContain(text);
  expect(page).not.toContain('<script>');
});

it('says that nothing is open, and what the advisories do not speak of', () => {
  const page = pageOf({ shown: { ...shown, vulnerabilities: { known: [], foreign: 2 } } });
  expect(page).toContain('None is open in latest.');
  expect(page).toContain('2 packages that come from other repositories');
  const broken = pageOf({ shown: { ...shown, vulnerabilities: { known: [], foreign: 0, problem: 'a.yaml:1:1: no' } } });
  expect(broken).toContain('a.yaml:1:1: no');
  expect(broken).not.toContain('None is open');
});

it('escapes what comes from outside', () => {
  for (const page of [
    pageOf(),
    pageOf({ problem: EVIL, image: EVIL, summary: EVIL, package: EVIL, untested: { [EVIL]: EVIL } }),
    list([listed({ image: EVIL, summary: EVIL, tags: [EVIL], problem: EVIL, has: [EVIL] })]),
    list([], { find: EVIL, known: 3, didYouMean: [EVIL] }),
    documentOf(
      imageDiffPage({ image: EVIL, distribution: EVIL, from: EVIL, to: EVIL, choices: [EVIL], problem: { message: EVIL, remedy: EVIL } }),
    ),
  ]) {
    expect(page).not.toContain('<script>');
    expect(page).toContain('&lt;script&gt;');
  }
});

it('shows a waiting image with the commands that answer it', () => {
  const input = {
    distribution: 'demo',
    lock: lockOf('a'),
    causes: [],
    architectures: ['x86_64'],
    reminders: { everySeconds: 1, escalateAfterSeconds: 1 },
  };
  const waitingFor = {
    since: '2026-01-02T03:00:00Z',
    because: ['suite-starts: 1 of 2 failed'],
    answers: ['millrace decide image:web retry'],
    remindedTimes: 2,
  };
  const release = 'image-release:web-1';
  const view = {
    release,
    input,
    stage: 'waits for a decision',
    built: [],
    verdicts: [],
    accepted: [],
    decisions: [],
    refused: [],
    attempt: 0,
    waitingFor,
  };
  const inFlight = { release, image: 'web', stage: 'waiting', startedAt: '2026-01-02T03:00:00Z', view };
  for (const text of ['suite-starts: 1 of 2 failed', 'millrace decide image:web retry', 'reminded 2 times'])
    expect(pageOf({ inFlight })).toContain(text);
});

it('lists images with what they are for, their state, and why they were found', () => {
  const page = list(
    [
      listed({
        summary: 'serves the web',
        version: '1.2.3-r0',
        tags: ['a', 'b', 'c', 'd', 'e', 'f'],
        waitingSince: '2026-01-02T03:00:00Z',
      }),
      listed({ image: 'other', problem: 'these do not fit\nand more', has: ['zlib'] }),
    ],
    { find: 'zlib', known: 7 },
  );
  for (const text of [
    'serves the web',
    'and 2 more',
    'waits for a person',
    'cannot be locked</span>: these do not fit',
    'has zlib',
    '2 of 7',
  ])
    expect(page).toContain(text);
  expect(list([], { find: 'wbe', known: 2, didYouMean: ['web'] })).toContain('Did you mean <a href="/images/web">web</a>?');
});

it('compares two tags: packages and vulnerabilities, with what is chosen in the form', () => {
  const change = { name: 'zlib', from: '1.3.1-r0', to: '1.3.2-r0', architectures: ['x86_64'], bytes: { x86_64: -1500 } };
  const page = documentOf(
    imageDiffPage({
      ...{ image: 'web', distribution: 'demo', from: OLD, to: 'latest', choices: ['latest', '1'] },
      diff: {
        a: { named: OLD, digest: OLD, generation: 1 },
        b: { named: 'latest', digest: DIGEST, generation: 3 },
        images: [
          {
            ...{ a: { image: '', variant: '' }, b: { image: '', variant: '' } },
            ...{ added: [], removed: [], changed: [change] },
            vulnerabilities: { fixed: [{ package: 'zlib', id: 'CVE-2026-1', fixedIn: '1.3.2-r0' }], back: [] },
          },
        ],
      },
    }),
  );
  for (const text of [
    '-1.5 kB on x86_64',
    'CVE-2026-1',
    'Vulnerabilities fixed by it',
    `<option value="${OLD}" selected>`,
    '<option value="latest" selected>',
  ])
    expect(page).toContain(text);
  expect(page).not.toContain('Added</h2>');
});
