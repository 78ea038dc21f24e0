import fc from 'fast-check';
import { unmetDependencies } from '../../../src/domain/apk/unmet';

const item = (full: string, depends: readonly string[] = [], provides: readonly string[] = []) => {
  const [, name = '', version = ''] = /^(.*)-(\d.*-r\d+)$/.exec(full)!;
  return { name, version, depends, provides };
};
const OLD = item('libxml2-2.9.14-r0', [], ['so:libxml2.so.2=2']);
const NEW = item('libxml2-2.15.4-r0', [], ['so:libxml2.so.16=16']);

it.each<[string, Parameters<typeof unmetDependencies>[0], readonly string[]]>([
  ['a soname', [OLD, item('a-1-r0', ['so:libxml2.so.2'])], []],
  ['a soname that a newer library took away', [NEW, item('a-1-r0', ['so:libxml2.so.2'])], ['a-1-r0 needs so:libxml2.so.2']],
  [
    'one half of a pair',
    [NEW, item('a-1-r0', ['so:libxml2.so.2']), item('b-1-r1', ['so:libxml2.so.16'])],
    ['a-1-r0 needs so:libxml2.so.2'],
  ],
  ['a name', [OLD, item('a-1-r0', ['libxml2'])], []],
  ['a name that is not there', [item('a-1-r0', ['libxml2', 'b'])], ['a-1-r0 needs libxml2', 'a-1-r0 needs b']],
  ['a version', [OLD, item('libxml2-dev-2.9.14-r0', ['libxml2=2.9.14-r0'])], []],
  ['another version', [NEW, item('libxml2-dev-2.9.14-r0', ['libxml2=2.9.14-r0'])], ['libxml2-dev-2.9.14-r0 needs libxml2=2.9.14-r0']],
  ['bounds', [OLD, item('a-1-r0', ['libxml2>2.9', 'libxml2<3', 'libxml2~2.9'])], []],
  [
    'bounds that are crossed',
    [OLD, item('a-1-r0', ['libxml2>=2.10', 'libxml2~2.1'])],
    ['a-1-r0 needs libxml2>=2.10', 'a-1-r0 needs libxml2~2.1'],
  ],
  ['a provided version', [item('b-1-r0', [], ['virtual=2']), item('a-1-r0', ['virtual>1'])], []],
  [
    'what is provided without a version, by a version',
    [item('b-1-r0', [], ['virtual']), item('a-1-r0', ['virtual>1'])],
    ['a-1-r0 needs virtual>1'],
  ],
  ['a conflict', [OLD, item('a-1-r0', ['!libxml2'])], ['a-1-r0 conflicts with libxml2']],
  ['a conflict with another version', [OLD, item('a-1-r0', ['!libxml2>2.10'])], []],
  ['a conflict with what it provides itself', [item('a-1-r0', ['!virtual'], ['virtual'])], []],
  ['itself', [item('a-1-r0', ['a', 'cmd:a'], ['cmd:a=1-r0'])], []],
])('%s', (_what, installed, unmet) => {
  expect(unmetDependencies(installed)).toEqual(unmet);
});

it('one package more meets no less', () => {
  const names = fc.constantFrom('a', 'b', 'so:c', 'd');
  const any = fc.record({
    name: names,
    version: fc.constantFrom('1-r0', '2-r0', '2-r1'),
    depends: fc.array(fc.tuple(names, fc.constantFrom('', '>1', '=2-r0', '~2')).map((parts) => parts.join(''))),
    provides: fc.array(fc.tuple(names, fc.constantFrom('', '=1', '=2-r0')).map((parts) => parts.join(''))),
  });
  fc.assert(
    fc.property(fc.array(any), any, (installed, more) => {
      const before = unmetDependencies(installed);
      const after = unmetDependencies([...installed, { ...more, depends: [] }]);
      expect(before).toEqual(expect.arrayContaining([...after]));
    }),
  );
});
