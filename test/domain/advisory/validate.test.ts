import type { AdvisoryDocument } from '../../../src/domain/advisory/advisory';
import { validateChange } from '../../../src/domain/advisory/validate';
import { formatProblem } from '../../../src/domain/result';
import { documentFrom, ZLIB } from './documents';

const FILE = 'zlib.advisories.yaml';
const documents = (...entries: readonly (readonly [string, string])[]): ReadonlyMap<string, AdvisoryDocument> =>
  new Map(entries.map(([file, text]) => [file, documentFrom(text, file)]));
const judge = (after: ReadonlyMap<string, AdvisoryDocument>, before = documents([FILE, ZLIB]), now = '2024-02-10T00:00:00Z') =>
  validateChange({ before, after, now, published: (name) => (name === 'zlib' ? ['1.2.13-r1', '1.3.1-r0'] : []) }).map(formatProblem);
const change = (edit: (text: string) => string) => judge(documents([FILE, edit(ZLIB)]));
const withEvent =
  (time: string, version = '1.3.1-r0') =>
  (text: string) =>
    `${text}      - timestamp: ${time}\n        type: fixed\n        data:\n          fixed-version: ${version}\n`;

test.each<[string, readonly string[]]>([
  ['nothing', change((text) => text)],
  ['an event of today', change(withEvent('2024-02-10T00:00:00Z'))],
  ['an event of thirty days ago', change(withEvent('2024-01-11T00:00:00Z'))],
  ['another order', change((text) => text.replace(/( {2}# found[^]*?\n)\n( {2}- id: CGA-jq67[^]*)/, '$2\n$1'))],
  ['another alias', change((text) => text.replace('- CVE-2018-25032', '- CVE-2018-25032\n      - CVE-2018-25033'))],
  ['a new document', judge(documents([FILE, ZLIB], ['a.advisories.yaml', withEventOf('a')]))],
])('%s may change', (_, problems) => {
  expect(problems).toEqual([]);
});

function withEventOf(name: string, id = 'MLR-2222-3333-4444'): string {
  return `schema-version: 2.0.2\npackage:\n  name: ${name}\nadvisories:\n  - id: ${id}\n    events:\n      - timestamp: 2024-02-09T00:00:00Z\n        type: detection\n        data:\n          type: manual\n`;
}

test.each<[string, readonly string[], string]>([
  ['a removed document', judge(documents()), `${FILE}:4:3: ${FILE} is removed (advisories are for ever: put it back)`],
  [
    'a removed advisory',
    change((text) => text.slice(0, text.indexOf('\n  - id: CGA-jq67') + 1)),
    `${FILE}:4:3: CGA-jq67-276v-crw8 is removed (advisories are for ever: put it back)`,
  ],
  [
    'an edited event',
    change((text) => text.replace('1.2.13-r1', '1.3.1-r0')),
    `${FILE}:8:5: the fixed event of 2022-10-11T11:16:06Z in CGA-phgv-wf69-p9vc is removed or edited (put it back as it was, and add another event)`,
  ],
  [
    'a removed alias',
    change((text) => text.replace('      - GHSA-jc36-42cf-vqwj\n', '')),
    `${FILE}:8:5: GHSA-jc36-42cf-vqwj is removed from CGA-phgv-wf69-p9vc (put it back)`,
  ],
  [
    'an event of tomorrow',
    change(withEvent('2024-02-10T00:00:01Z')),
    `${FILE}:26:9: the added fixed event is of 2024-02-10T00:00:01Z, which is to come (it is 2024-02-10T00:00:00Z)`,
  ],
  [
    'an event of long ago',
    change(withEvent('2024-01-10T23:59:59Z')),
    `${FILE}:26:9: the added fixed event is of 2024-01-10T23:59:59Z, more than 30 days ago (write when it was added)`,
  ],
  [
    'a fix that is not published',
    change(withEvent('2024-02-09T00:00:00Z', '1.4-r0')),
    `${FILE}:26:9: fixed-version 1.4-r0 of zlib is not in the index (published: 1.2.13-r1, 1.3.1-r0)`,
  ],
  [
    'a repeated alias',
    change((text) => text.replace('CVE-2023-45853', 'CVE-2018-25032').replace('- id: CGA-jq67-276v-crw8', '- id: MLR-2222-3333-4444')),
    `${FILE}:18:5: CVE-2018-25032 stands in CGA-phgv-wf69-p9vc and in MLR-2222-3333-4444 (one advisory for one vulnerability of a package)`,
  ],
  [
    'an id of two documents',
    judge(documents([FILE, ZLIB], ['a.advisories.yaml', withEventOf('a', 'CGA-phgv-wf69-p9vc')])),
    `a.advisories.yaml:5:5: CGA-phgv-wf69-p9vc is the id of two advisories (also ${FILE}:8) (give one of them its own)`,
  ],
  [
    'another name of the file',
    judge(documents([FILE, ZLIB], ['b.advisories.yaml', withEventOf('a')])),
    'b.advisories.yaml:3:3: the advisories of a are in b.advisories.yaml (name it a.advisories.yaml)',
  ],
])('%s is an error with its place', (_, problems, wanted) => {
  expect(problems).toContain(wanted);
});
