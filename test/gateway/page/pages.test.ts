import { advisoriesPage, advisoryList } from '../../../src/gateway/page/advisories';
import { documentOf, type Page } from '../../../src/gateway/page/document';
import { linePage, type LineStory } from '../../../src/gateway/page/line';
import { packagePage, type PackagePageStory } from '../../../src/gateway/page/package';
import { packageList, packagesPage } from '../../../src/gateway/page/packages';
import type { FloorView } from '../../../src/domain/floor/view';
import type { PublishedPackage } from '../../../src/views/catalogue';
import type { Vulnerability } from '../../../src/views/vulnerabilities';
import type { InFlight } from '../../../src/views/in-flight';
import { build, record, verdict, view } from '../../cli/records';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const around = { now: NOW, workflowUrl: (id: string) => `http://ui/${encodeURIComponent(id)}` };
const HOSTILE = `"><script>x</script><img src=x onerror=x>'`;

const published = (name: string, more: Partial<PublishedPackage> = {}): PublishedPackage => ({
  name,
  version: '1.3.1-r0',
  summary: `what ${name} does`,
  license: 'Zlib',
  url: 'https://example.org',
  parts: [name, `${name}-dev`],
  architectures: ['x86_64'],
  since: { generation: 3, time: '2026-01-01T10:01:05Z' },
  ...more,
});
const vulnerability = (more: Partial<Vulnerability> = {}): Vulnerability => ({
  package: 'zlib',
  id: 'MLR-2222-3333-4444',
  aliases: ['CVE-2023-45853'],
  state: 'open',
  since: '2026-01-01T10:00:00Z',
  why: 'found in zlib 1.2.13-r0, by millrace',
  severity: { rating: 'critical', score: 9.8 },
  summary: 'overflow in minizip',
  ...more,
});
const waiting: InFlight = { release: view.release, package: 'lz4', stage: view.stage, startedAt: '2026-01-01T08:00:00Z', view };
const { waitingFor: _waitingFor, ...moving } = view;
const story = (more: Partial<LineStory> & { readonly inFlight?: readonly InFlight[] | undefined } = {}): LineStory => ({
  overview: {
    distribution: 'my-linux',
    generation: 3,
    inFlight: 'inFlight' in more ? more.inFlight : [],
    published: [record],
    given: [],
    share: { ended: 3, withoutPerson: 2 },
  },
  catalogue: { generation: 3, packages: [published('zlib')], since: () => undefined },
  architectures: ['x86_64'],
  key: 'my-linux.rsa.pub',
  ...more,
});
const floor: FloorView = {
  distribution: 'my-linux',
  slots: 4,
  paused: { by: 'ada', reason: 'the disk is full', at: NOW },
  causes: [
    {
      ...{ id: 'libxml2@2.15.4-r0', text: 'libxml2 2.15.4-r0', urgency: 3, at: NOW, stage: 'running', eta: { p50: 240, p90: 900 } },
      ...{ waiting: 7, building: 1, failing: 1, published: 3, equal: 2, overBudget: 0, overBudgetNames: [] },
    },
  ],
  building: [{ package: 'libxslt', causes: ['libxml2@2.15.4-r0'], causeCount: 1, by: 'libxml2 2.15.4-r0', since: NOW - 120_000 }],
  waiting: [],
  waitingCount: 7,
  failed: [
    {
      package: 'perl',
      causes: [],
      causeCount: 0,
      by: 'libxml2 2.15.4-r0',
      since: NOW - 60_000,
      text: 'perl 5.42.0-r1 waits: it does not build',
    },
  ],
  failedCount: 1,
  held: [{ package: 'ruby', by: 'bob', reason: 'later', at: NOW }],
  eta: { p50: 240, p90: 900 },
  history: [],
};
/** The text of a page as a browser shows it, with one blank between words. */
const textOf = (page: Page) =>
  documentOf(page)
    .replace(/<style>[^]*<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ');
const told = (more: Partial<PackagePageStory> = {}): PackagePageStory => ({
  story: { package: 'zlib', published: ['1.2.13-r1', '1.3.1-r0'], releases: [record], spec: '1.3.1-r0' },
  published: published('zlib'),
  since: (version) => (version === '1.3.1-r0' ? { generation: 3, time: '2026-01-01T10:01:05Z' } : undefined),
  withdrawn: [],
  inFlight: [],
  parts: [
    {
      ...{ name: 'zlib-dev', summary: 'headers of zlib', architectures: ['x86_64'], bytes: 12_345, installedBytes: 67_890 },
      provides: ['pc:zlib=1.3.1'],
    },
  ],
  neededBy: { build: ['pigz'], runtime: ['libxml2'] },
  images: ['web'],
  ...more,
});

describe('the line', () => {
  it.each<[string, LineStory, readonly string[]]>([
    [
      'a release that waits: since when, why, and how to answer',
      story({ inFlight: [waiting] }),
      ['lz4-1.10.0-r0', 'Waits for a person for 3 h', 'package-tests: lz4 --version says something else', ...view.waitingFor!.answers],
    ],
    [
      'one that moves: stage, since, checks',
      story({ inFlight: [{ ...waiting, stage: 'builds', view: { ...moving, stage: 'builds' } }] }),
      ['builds', '4 h', '1 of 16, 1 failed', 'workflow'],
    ],
    [
      'one whose worker is silent',
      story({ inFlight: [{ release: 'release:a-1-r0', package: 'a', stage: 'starting', startedAt: view.waitingFor!.since }] }),
      ['its worker does not answer'],
    ],
    [
      'what the floor rebuilds',
      story({ floor }),
      [
        'The floor is paused, by ada: the disk is full. millrace floor resume',
        '1 of 4 slots build, 7 wait, 1 failed, 1 on hold; done in 4 min, in nine of ten cases within 15 min.',
        'libxml2 2.15.4-r0 running 1 7 1 3 2 4 min',
        'libxslt 2 min libxml2 2.15.4-r0',
        'perl 60 s libxml2 2.15.4-r0 perl 5.42.0-r1 waits: it does not build',
      ],
    ],
    ['nothing in flight', story(), ['Nothing is in flight.', 'in flight 0']],
    ['no server', story({ inFlight: undefined }), ['No Temporal server answers', 'in flight ?']],
    ['the last ended, and the share', story(), ['zlib-1.3.1-r0 published 2 h ago 60 s 3', 'of 3 releases needed no person 66 %']],
    ['what is published', story(), ['zlib 1.3.1-r0 2 h ago 3', 'The one package', 'my-linux.rsa.pub']],
    ['nothing published', story({ catalogue: { generation: 0, packages: [], since: () => undefined } }), ['Nothing is published yet.']],
    ['the clock', story({ refresh: 5 }), ['As of 12:00:00 UTC, loaded anew each 5 s. Stop that']],
    ['the stopped clock', story(), ['As of 12:00:00 UTC. Refresh by itself']],
  ])('shows %s', (_what, given, lines) => {
    const text = textOf(linePage(given, around));
    for (const line of lines) expect(text).toContain(line);
  });

  it('counts who waits in its title, and refreshes only where it shall', () => {
    expect(linePage(story({ inFlight: [waiting], refresh: 5 }), around)).toMatchObject({ title: '(1) my-linux: the line now', refresh: 5 });
    expect(documentOf(linePage(story({ refresh: 5 }), around))).toContain('<meta http-equiv="refresh" content="5"');
    expect(documentOf(linePage(story(), around))).not.toContain('http-equiv');
  });

  it('is silent of a floor that rests', () => {
    const { paused: _paused, eta: _eta, ...some } = floor;
    const resting = { ...some, causes: [], building: [], waitingCount: 0, failed: [], failedCount: 0, held: [] };
    expect(textOf(linePage(story({ floor: resting }), around))).not.toContain('Rebuilds');
  });

  it('is small with as much as may be in flight', () => {
    const many = Array.from({ length: 200 }, (_, index) => ({
      ...waiting,
      release: `release:p${index}-1-r0`,
      view: index % 2 ? moving : view,
    }));
    const packages = Array.from({ length: 3000 }, (_, index) => published(`package-${index}`));
    const page = documentOf(linePage(story({ inFlight: many, catalogue: { generation: 9, packages, since: () => undefined } }), around));
    expect(Buffer.byteLength(page)).toBeLessThan(100_000);
    expect(page).toContain('80 more wait');
    expect(page).toContain('50 more are in flight');
  });
});

describe('the list of packages', () => {
  const catalogue = { generation: 3, packages: Array.from({ length: 450 }, (_, index) => published(`p${index}`)), since: () => undefined };
  it.each([
    [{ find: '', page: 1 }, '450 of 450', 'Page 1 of 3', 'p0 '],
    [{ find: '', page: 3 }, '450 of 450', 'Page 3 of 3', 'p449 '],
    [{ find: '', page: 99 }, '450 of 450', 'Page 3 of 3', 'p400 '],
    [{ find: '', page: -1 }, '450 of 450', 'Page 1 of 3', 'p0 '],
    [{ find: 'P44', page: 1 }, '11 of 450', 'p44 ', 'p449 '],
    [{ find: 'what p7 ', page: 1 }, '1 of 450', 'p7 ', 'what p7 does'],
    [{ find: 'p8-dev', page: 1 }, '1 of 450', 'p8 ', 'what p8 does'],
    [{ find: HOSTILE, page: 1 }, 'None of 450 packages', 'Show all', 'Find'],
  ])('%j', (asked, ...lines) => {
    const page = packagesPage(packageList('my-linux', catalogue, asked), NOW);
    for (const line of lines) expect(textOf(page)).toContain(line);
    expect(documentOf(page)).not.toContain('<script');
  });
});

describe('a package', () => {
  it('shows its versions, verdicts, and the chain from cause to publication', () => {
    const text = textOf(packagePage('my-linux', told(), around));
    for (const line of [
      'published 1.3.1-r0',
      'main says 1.3.1-r0',
      '1.3.1-r0 is there for x86_64.',
      'zlib-dev 12.3 kB 67.9 kB pc:zlib=1.3.1 headers of zlib',
      'to be built pigz to be installed libxml2 images web',
      'zlib-1.3.1-r0 x86_64 built 2 h ago 28 s 1.0 kB',
      '1.3.1-r0 published 2 h ago 3',
      '2026-01-01 10:00 UTC: upstream release: zlib 1.3.1 was released',
      'which upstream offers as v1.3.1',
      'zlib/1.3.1 package update, commit cccccccccccc on millrace/zlib-1.3.1-r0',
      'merged as ffffffffffff , signed and published in generation 3',
      'abi skipped no dependents',
    ])
      expect(text).toContain(line);
  });

  it('shows what people decided, what was withdrawn, and what waits', () => {
    const waived = {
      ...record,
      verdicts: [{ ...verdict('abi', 'failed', 'lost gzopen64'), details: ['gzopen64', HOSTILE] }, verdict('linters', 'failed')],
      waivers: [{ check: 'abi', by: 'ann', reason: 'nobody links it', at: record.startedAt }],
      decisions: [
        {
          decision: { kind: 'waive' as const, by: 'ann', check: 'abi', reason: 'nobody links it' },
          at: record.startedAt,
          answered: ['abi: lost gzopen64'],
        },
      ],
    };
    const text = textOf(
      packagePage(
        'my-linux',
        told({
          story: { package: 'zlib', published: [], releases: [waived] },
          withdrawn: [{ package: 'zlib', version: '1.2-r0', by: 'ada', reason: 'it eats files', at: record.startedAt }],
          inFlight: [waiting],
        }),
        around,
      ),
    );
    for (const line of [
      'published nothing',
      'abi waived lost gzopen64 (waived by ann: nobody links it)',
      'ann decided: waive abi: nobody links it',
      'answered abi: lost gzopen64',
      '1.2-r0 withdrawn 2 h ago ada: it eats files',
      'lz4-1.10.0-r0 is in flight',
      ...view.waitingFor!.answers,
    ])
      expect(text).toContain(line);
    expect(text.indexOf('linters failed')).toBeLessThan(text.indexOf('abi waived'));
  });
});

describe('vulnerabilities', () => {
  const known = [
    vulnerability(),
    vulnerability({ state: 'unresolved', why: 'fix not planned: old', aliases: [], id: 'MLR-3333-3333-3333' }),
    vulnerability({ state: 'fixed', why: 'in 1.2.13-r1', severity: { rating: 'low', score: 2 } }),
    vulnerability({ state: 'not affected', why: 'inline mitigations exist' }),
  ];

  it('of a package stand on its page, with state and reason', () => {
    const text = textOf(packagePage('d', told({ vulnerabilities: { known } }), around));
    for (const line of [
      'CVE-2023-45853 MLR-2222-3333-4444 open critical 9.8 2 h ago found in zlib 1.2.13-r0, by millrace overflow in minizip',
      'MLR-3333-3333-3333 unresolved critical 9.8 2 h ago fix not planned: old',
      'fixed low 2.0 2 h ago in 1.2.13-r1',
      'not affected critical 9.8 2 h ago inline mitigations exist',
    ])
      expect(text).toContain(line);
    expect(textOf(packagePage('d', told({ vulnerabilities: { known: [] } }), around))).toContain('Vulnerabilities None is known.');
    expect(textOf(packagePage('d', told({ vulnerabilities: { known: [], problem: 'a.yaml:1:1: no' } }), around))).toContain(
      'The advisories cannot be read. a.yaml:1:1: no',
    );
    expect(textOf(packagePage('d', told(), around))).not.toContain('Vulnerabilities');
  });

  it('that are open have a page, with the package of each', () => {
    const page = textOf(advisoriesPage(advisoryList('d', { known }, 1), NOW));
    for (const line of [
      'open 1 unresolved 1 fixed 1 not affected 1',
      'CVE-2023-45853 MLR-2222-3333-4444 zlib critical 9.8',
      'Left as it is for now',
    ])
      expect(page.replace(/(\w[\w ]*?) <\/dt>/g, '$1')).toContain(line);
    expect(page).not.toContain('in 1.2.13-r1');
    expect(textOf(advisoriesPage(advisoryList('d', { known: [] }, 1), NOW))).toContain('Nothing is open.');
    expect(textOf(advisoriesPage(advisoryList('d', { known: [], problem: 'a.yaml:1:1: no' }, 1), NOW))).toContain(
      'cannot be read. a.yaml:1:1: no',
    );
    expect(textOf(advisoriesPage(advisoryList('d', undefined, 1), NOW))).toContain('This factory keeps no advisories');
    expect(documentOf(advisoriesPage(advisoryList('d', { known }, 1), NOW))).toContain('<a href="/advisories" aria-current="page">');
  });

  it('are as many as a page can take', () => {
    const many = Array.from({ length: 20_000 }, () => vulnerability());
    const page = documentOf(advisoriesPage(advisoryList('d', { known: many }, 1), NOW));
    expect(Buffer.byteLength(page)).toBeLessThan(150_000);
    expect(page).toContain('200 of 20000');
    const own = documentOf(packagePage('d', told({ vulnerabilities: { known: many } }), around));
    expect(Buffer.byteLength(own)).toBeLessThan(150_000);
    expect(own).toContain('19900 more');
  });
});

/** Every text of a story replaced. */
function poisoned<T>(value: T, key = ''): T {
  const kept = ['outcome', 'kind', 'change', 'state', 'rating', 'at', 'time', 'since', 'startedAt', 'finishedAt'];
  if (typeof value === 'string') return (kept.includes(key) ? value : HOSTILE) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => poisoned(one)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, typeof one === 'function' ? one : poisoned(one, name)])) as T;
}

it('no text of a story gets to be markup, wherever it stands', () => {
  const line = story({ inFlight: [waiting, { ...waiting, view: moving }], floor });
  const vulnerabilities = { known: [vulnerability(), vulnerability({ state: 'unresolved' })] };
  const full = told({
    vulnerabilities,
    inFlight: [waiting],
    withdrawn: [{ package: 'zlib', version: '1', by: 'ada', reason: 'x', at: record.startedAt }],
  });
  const clean = [
    linePage(line, around),
    packagePage('d', full, around),
    packagesPage(packageList('d', line.catalogue, { find: '', page: 1 }), NOW),
    advisoriesPage(advisoryList('d', vulnerabilities, 1), NOW),
  ];
  const dirty = [
    linePage(poisoned(line), around),
    packagePage(HOSTILE, poisoned(full), around),
    packagesPage(packageList(HOSTILE, poisoned(line.catalogue), { find: '', page: 1 }), NOW),
    advisoriesPage(advisoryList(HOSTILE, poisoned(vulnerabilities), 1), NOW),
  ];
  expect(build.outcome).toBe('built');
  for (const [index, page] of dirty.entries()) {
    const tags = (one: Page) => [...documentOf(one).matchAll(/<([a-z0-9]+)/g)].map((found) => found[1]).filter((tag) => tag !== 'a');
    expect(new Set(tags(page))).toEqual(new Set(tags(clean[index]!)));
    expect(documentOf(page)).toContain('&quot;&gt;&lt;script&gt;');
  }
});

it.each(['javascript:alert(1)', 'data:text/html,x', ' https://x', '//x', HOSTILE])('%s is no link', (link) => {
  const caused = { ...record, input: { ...record.input, causes: [{ ...record.input.causes[0]!, link }] } };
  const page = documentOf(packagePage('d', told({ story: { package: 'zlib', published: [], releases: [caused] } }), around));
  expect(
    [...page.matchAll(/href="([^"]*)"/g)]
      .map((found) => found[1])
      .filter((url) => !/^(\/|#|http:\/\/ui\/|https:\/\/example\.org$)/.test(url!)),
  ).toEqual([]);
});
