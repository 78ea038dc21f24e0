import type { SpecGraph } from '../../src/activities/floor/spec-graph';
import type { IndexRecord } from '../../src/domain/apk/apk';
import { graphOf } from '../../src/domain/graph/adjacency';
import { createDependents } from '../../src/views/dependents';

const record = (name: string, origin: string, version: string, depends: readonly string[] = [], provides: readonly string[] = []) =>
  ({ name, origin, version, depends, provides }) as unknown as IndexRecord;

const index = [
  record('libz', 'zlib', '1.3-r0', [], ['so:libz.so.1=1.3']),
  record('other', 'other', '1-r0', ['!zlib-dev', 'nothing-has-this']),
  record('pigz', 'pigz', '2.7-r0', ['libz', 'xz']),
  record('pigz', 'pigz', '2.8-r0', ['so:libz.so.1']),
  record('xz', 'xz', '5-r0'),
  record('zlib-dev', 'zlib', '1.3-r0', ['libz=1.3-r0']),
];
const specs = async () => ({ graph: graphOf(['a', 'b', 'zlib'], [['a', 'zlib']]) }) as unknown as SpecGraph;

it.each([
  ['zlib', ['a'], ['pigz']],
  ['xz', [], []],
  ['b', [], []],
])('%s is needed by others, as their newest packages say', async (name, build, runtime) => {
  expect(await createDependents({ specs, index: async () => index })(name)).toEqual({ build, runtime });
});

it('nobody waits for specs that cannot be read, or not yet', async () => {
  const broken = () => Promise.reject(new Error('no repository'));
  expect(await createDependents({ specs: broken, index: async () => index })('zlib')).toEqual({ runtime: ['pigz'] });
  const slow = () => new Promise<SpecGraph>(() => {});
  expect(await createDependents({ specs: slow, index: async () => index })('zlib')).toEqual({ runtime: ['pigz'] });
});
