import { policyOf } from '../../../src/domain/floor/policy';

test.each([
  ['go', 'static'],
  ['go-1.27', 'static'],
  ['go-licenses', 'abi'],
  ['rust', 'static'],
  ['rust-1.90', 'static'],
  ['rustls', 'abi'],
  ['ghc-9.8', 'static'],
  ['git', 'abi'],
  ['gcc', 'abi'],
  ['zlib', 'abi'],
])('without a rule %s is %s', (name, policy) => expect(policyOf(name, [])).toBe(policy));

test('the first rule that matches decides, a star stands for any characters, and nothing else is special', () => {
  const rules = [
    { package: 'lib*xx', policy: 'content' },
    { package: 'lib*', policy: 'static' },
    { package: 'c++', policy: 'none' },
    { package: 'go*', policy: 'abi' },
  ] as const;
  const found = ['libfoxx', 'libfo', 'c++', 'ccc', 'go', 'xlib'].map((name) => policyOf(name, rules));
  expect(found).toEqual(['content', 'static', 'none', 'abi', 'abi', 'abi']);
});
