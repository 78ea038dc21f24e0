import { vulnerabilitiesOf } from '../../src/views/image-vulnerabilities';
import type { Vulnerability } from '../../src/views/vulnerabilities';

const known = (more: Partial<Vulnerability>): Vulnerability => ({
  ...{ package: 'zlib', id: 'MLR-1', aliases: [], state: 'fixed', since: '2026-01-01T00:00:00Z', why: 'said' },
  ...more,
});

it.each<[string, Partial<Vulnerability>, string, string, string]>([
  ['fixed in just this version', { fixedIn: '1.3.1-r0' }, '1.3.1-r0', 'fixed', 'said'],
  ['fixed in an earlier one', { fixedIn: '1.3-r5' }, '1.3.1-r0', 'fixed', 'said'],
  ['fixed in a later revision', { fixedIn: '1.3.1-r1' }, '1.3.1-r0', 'open', 'fixed in 1.3.1-r1, which is not in this image yet'],
  ['fixed in a version that is none', { fixedIn: 'soon' }, '1.3.1-r0', 'open', 'fixed in soon, which cannot be compared with 1.3.1-r0'],
  ['never there', { fixedIn: '0' }, '1.3.1-r0', 'not affected', 'no version was ever affected'],
  ['open', { state: 'open' }, '1.3.1-r0', 'open', 'said'],
  ['left as it is', { state: 'unresolved' }, '1.3.1-r0', 'unresolved', 'said'],
  ['not affected', { state: 'not affected' }, '1.3.1-r0', 'not affected', 'said'],
])('what is %s', (_what, more, has, state, why) => {
  expect(vulnerabilitiesOf([known(more)], new Map([['zlib', has]]))).toEqual([expect.objectContaining({ state, why, has })]);
});

it('leaves out packages that are not in the image, and puts first what is open in it', () => {
  const all = [known({ id: 'a' }), known({ id: 'b', package: 'xz', state: 'open' }), known({ id: 'c', fixedIn: '2-r0' })];
  expect(vulnerabilitiesOf(all, new Map([['zlib', '1-r0']])).map(({ id }) => id)).toEqual(['c', 'a']);
});
