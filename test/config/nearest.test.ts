import { didYouMean, nearest } from '../../src/config/nearest';

it.each([
  ['zlb', ['zlib', 'lz4', 'pigz'], ['zlib']],
  ['gatway', ['gateway', 'watch'], ['gateway']],
  ['lib', ['zlib', 'libpng', 'libxml2', 'lz4'], ['zlib', 'libpng', 'libxml2']],
  ['pgiz', ['pigz'], ['pigz']],
  ['curl', ['zlib'], []],
])('nearest(%s)', (name, candidates, expected) => expect(nearest(name, candidates)).toEqual(expected));

it('asks', () => {
  expect(didYouMean('lib', ['zlib', 'libpng', 'libxml2'])).toBe('did you mean zlib, libpng or libxml2?');
  expect(didYouMean('curl', ['zlib'])).toBeUndefined();
});
