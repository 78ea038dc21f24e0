import { disabledLinters, REQUIRED_LINTERS } from '../../../src/domain/build/linters';

const spec = {
  package: { name: 'sudo', checks: { disabled: ['setuidgid'] } },
  subpackages: [
    { name: 'sudo-dev', checks: { disabled: ['dev', 3] } },
    { name: 'sudo-doc', checks: null },
  ],
};

test.each<[string, unknown, string, readonly string[]]>([
  ['the origin', spec, 'sudo', ['setuidgid']],
  ['a subpackage', spec, 'sudo-dev', ['dev']],
  ['one that disables none', spec, 'sudo-doc', []],
  ['one that is not in it', spec, 'other', []],
  ['no spec', undefined, 'sudo', []],
  ['a spec of another form', { package: 'sudo', subpackages: {} }, 'sudo', []],
])('what is disabled for %s', (_, resolved, name, expected) => {
  expect(disabledLinters(resolved, name)).toEqual(expected);
});

test('setuid files and world-writable files must not pass unseen', () => {
  expect(REQUIRED_LINTERS).toEqual(expect.arrayContaining(['setuidgid', 'worldwrite']));
});
