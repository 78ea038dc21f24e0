import fc from 'fast-check';
import { EVENT_TYPES, FALSE_POSITIVE_TYPES, NOTED_TYPES, type AdvisoryEvent } from '../../../src/domain/advisory/advisory';
import { addAdvisory, appendEvent, newDocument } from '../../../src/domain/advisory/edit';
import { formatProblem } from '../../../src/domain/result';
import { documentFrom, filesOf, unpacked, withPack, ZLIB } from './documents';

const FILE = 'zlib.advisories.yaml';
const FIXED: AdvisoryEvent = { timestamp: '2024-02-01T00:00:00Z', type: 'fixed', fixedVersion: '1.3.1-r0' };

function edited(result: ReturnType<typeof appendEvent>): string {
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'));
  return result.value;
}
const refusal = (result: ReturnType<typeof appendEvent>) => (result.ok ? 'done' : result.error.map(formatProblem).join('\n'));

test('an event is four lines after the last one of its advisory', () => {
  expect(edited(appendEvent(ZLIB, FILE, 'CGA-phgv-wf69-p9vc', FIXED))).toBe(
    ZLIB.replace(
      'fixed-version: 1.2.13-r1 # by a patch\n',
      `fixed-version: 1.2.13-r1 # by a patch
      - timestamp: 2024-02-01T00:00:00Z
        type: fixed
        data:
          fixed-version: 1.3.1-r0
`,
    ),
  );
});

test('an advisory is added at the end, after a blank line', () => {
  expect(edited(addAdvisory(ZLIB, FILE, { id: 'MLR-2222-3333-4444', aliases: ['CVE-2026-1111'], events: [FIXED] }))).toBe(`${ZLIB}
  - id: MLR-2222-3333-4444
    aliases:
      - CVE-2026-1111
    events:
      - timestamp: 2024-02-01T00:00:00Z
        type: fixed
        data:
          fixed-version: 1.3.1-r0
`);
});

test('the last line needs no end, other indents are kept, and comments after it stay where they are', () => {
  const written = `schema-version: "2"\npackage: {name: a}\nadvisories:\n- id: CGA-2222-3333-4444\n  events:\n  -   timestamp: 2024-01-01T00:00:00Z\n      type: detection\n      data: {type: manual}`;
  expect(edited(appendEvent(written, FILE, 'CGA-2222-3333-4444', FIXED))).toBe(
    `${written}\n  -   timestamp: 2024-02-01T00:00:00Z\n      type: fixed\n      data:\n        fixed-version: 1.3.1-r0\n`,
  );
  expect(edited(appendEvent(`${ZLIB}\n# the end\n`, FILE, 'CGA-jq67-276v-crw8', FIXED))).toMatch(/fixed-version: 1.3.1-r0\n\n# the end\n$/);
});

test.each([
  [
    'an advisory that is not there',
    refusal(appendEvent(ZLIB, FILE, 'CGA-2222-3333-4444', FIXED)),
    `${FILE}:4:3: zlib has no advisory CGA-2222-3333-4444`,
  ],
  [
    'an advisory that is there',
    refusal(addAdvisory(ZLIB, FILE, { id: 'CGA-phgv-wf69-p9vc', aliases: [], events: [FIXED] })),
    `${FILE}:4:3: zlib has an advisory CGA-phgv-wf69-p9vc already`,
  ],
  [
    'events in one line',
    refusal(
      appendEvent(
        `schema-version: "2"\npackage:\n  name: a\nadvisories:\n  - id: CGA-2222-3333-4444\n    events: [{timestamp: 2024-01-01T00:00:00Z, type: detection, data: {type: manual}}]\n`,
        FILE,
        'CGA-2222-3333-4444',
        FIXED,
      ),
    ),
    `${FILE}:3:3: the list is written in one line, so nothing was changed (edit it by hand)`,
  ],
  [
    'what could not be read back',
    refusal(addAdvisory(ZLIB, FILE, { id: 'none', aliases: [], events: [FIXED] })),
    `${FILE}:4:3: the edited document would not say what was asked for, so nothing was changed (edit it by hand)`,
  ],
])('%s is refused', (_, told, wanted) => {
  expect(told).toBe(wanted);
});

const text = fc.oneof(
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc.constantFrom('true', '1.10', 'null', '~', 'a: b', 'a #b', '- x', ' x ', '%', '@a', 'x\ny'),
);
const event: fc.Arbitrary<AdvisoryEvent> = fc
  .tuple(
    fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
    fc.constantFrom(...EVENT_TYPES),
    text,
    fc.constantFrom(...FALSE_POSITIVE_TYPES),
    fc.boolean(),
  )
  .map(([date, type, words, reason, more]): AdvisoryEvent => {
    const timestamp = `${date.toISOString().slice(0, 19)}Z`;
    switch (type) {
      case 'detection':
        return {
          timestamp,
          type,
          detection: more ? { type: 'manual' } : { type: 'nvdapi', data: { cpeSearched: words, cpeFound: words } },
        };
      case 'fixed':
        return { timestamp, type, fixedVersion: '1.10-r0' };
      case 'true-positive-determination':
        return { timestamp, type, ...(more ? { note: words } : {}) };
      case 'false-positive-determination':
        return { timestamp, type, reason, ...(more ? { note: words } : {}) };
      default:
        return { timestamp, type: NOTED_TYPES.find((each) => each === type)!, note: words };
    }
  });

test('whatever an event says, it is read back as it was, and all that was there stays', () => {
  fc.assert(
    fc.property(event, fc.constantFrom('CGA-phgv-wf69-p9vc', 'CGA-jq67-276v-crw8'), (added, id) => {
      const after = edited(appendEvent(ZLIB, FILE, id, added));
      const [was, is] = [documentFrom(ZLIB), documentFrom(after)];
      expect(is.advisories).toEqual(was.advisories.map((each) => (each.id === id ? { ...each, events: [...each.events, added] } : each)));
      const lines = after.split('\n');
      for (const line of ZLIB.split('\n')) expect(lines.splice(0, lines.indexOf(line) + 1).at(-1)).toBe(line);
      expect(documentFrom(newDocument('a', { id, aliases: [], events: [added] }), 'a').advisories).toEqual([
        { id, aliases: [], events: [added] },
      ]);
    }),
  );
});

withPack('wolfi-advisories.tar.gz')('documents of a real distribution', () => {
  test('take an event and an advisory, each by lines added in one place', () => {
    unpacked('wolfi-advisories.tar.gz', (folder) => {
      const files = filesOf(folder, '.advisories.yaml').filter((_, index) => index % 20 === 0);
      expect(files.length).toBeGreaterThan(50);
      for (const [name, before] of files) {
        const { id } = documentFrom(before, name).advisories[0]!;
        for (const after of [
          edited(appendEvent(before, name, id, FIXED)),
          edited(addAdvisory(before, name, { id: 'MLR-2222-3333-4444', aliases: [], events: [FIXED] })),
        ]) {
          const at = before.split('').findIndex((letter, index) => letter !== after[index]);
          const end = at < 0 ? before.length : at;
          expect(before.slice(0, end) + after.slice(end + after.length - before.length)).toBe(before);
        }
      }
    });
  });
});
