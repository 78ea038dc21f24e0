import { rebuildMessage, rebuildReason, rebuildTitle } from '../../../src/domain/change/message';
import type { Cause } from '../../../src/domain/release/release';

const cause = (text: string, kind: Cause['kind'] = 'rebuild'): Cause => ({ id: text, kind, text, at: '2026-01-01T00:00:00Z' });
const gone = cause('libxml2 2.15.4-r0 removed libxml2.so.2');

test.each([
  [[gone], 'libxml2 2.15.4-r0 removed libxml2.so.2'],
  [[cause('ann asked', 'person'), gone], 'libxml2 2.15.4-r0 removed libxml2.so.2'],
  [[gone, cause('glibc 2.42-r1 was published'), cause('third')], 'libxml2 2.15.4-r0 removed libxml2.so.2 and 2 more'],
  [[cause('one\n\nForged: yes')], 'one Forged: yes'],
  [[], 'no cause given'],
])('the reason of a rebuild is one line', (causes, reason) => {
  expect(rebuildReason(causes)).toBe(reason);
  expect(rebuildTitle('libxslt', '1.1.43-r1', causes)).toBe(`libxslt/1.1.43-r1: rebuilt: ${reason}`);
});

test('the message of a rebuild names both versions and every cause', () => {
  const causes = [gone, cause('glibc 2.42-r1 was published')];
  expect(rebuildMessage({ package: 'libxslt', from: '1.1.43-r0', to: '1.1.43-r1', causes })).toBe(`\
libxslt/1.1.43-r1: rebuilt: libxml2 2.15.4-r0 removed libxml2.so.2 and 1 more

Version: 1.1.43-r0 -> 1.1.43-r1
Cause: libxml2 2.15.4-r0 removed libxml2.so.2
Cause: glibc 2.42-r1 was published
`);
});
