import { packageDetails } from '../../../src/domain/package/details';
import { newPackage } from '../../../src/domain/package/package';
import type { PackageState } from '../../../src/domain/package/package';

const settled = (version: string, outcome: 'published' | 'rejected') => ({
  id: version,
  release: `release:zlib-${version}-r0`,
  version,
  epoch: 0,
  outcome,
  reason: outcome === 'published' ? 'generation 3' : 'ann: breaks <all>',
  buildSeconds: {},
});
const state: PackageState = {
  ...newPackage('zlib'),
  history: [settled('1.3', 'published'), settled('1.3.1', 'rejected')],
  rejected: [{ version: '1.3.1-r0', reason: 'ann: breaks <all>' }],
  lastLook: { at: Date.UTC(2026, 0, 31, 14, 5), text: '1.3.1-r0 was refused' },
};

test('a package says what it does, what is published, and what it does not release', () => {
  const details = packageDetails(state);
  expect(details).toContain('### zlib: nothing to do');
  expect(details).toContain('Last published: 1.3-r0');
  expect(details).toContain('Last look, 2026-01-31 14:05 UTC: 1.3.1-r0 was refused');
  expect(details).toContain('- 1.3.1-r0 **rejected**: ann: breaks \\<all\\>\n- 1.3-r0 **published**: generation 3');
  expect(details).toContain('`millrace release zlib --insist`');
});

test('one that was stopped says it first', () => {
  expect(packageDetails({ ...state, stopped: '1.3-r0 was started 4 times within a day' }).split('\n')[0]).toBe(
    '### zlib: stopped until a person says otherwise',
  );
});
