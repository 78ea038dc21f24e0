import { graphRowOf, graphRowReader, type GraphRow } from '../../src/cli/spec/graph-row';
import type { GraphPackage } from '../../src/domain/graph/package';

const at = { file: 'specs/a.yaml', line: 2, column: 9 };
const wanted = { name: 'b', bound: '>=', limit: '1', within: 'environment' } as const;

const made: GraphPackage = {
  name: 'a',
  version: '1.0-r0',
  provides: [
    { name: 'a', version: '1.0-r0', priority: 0, own: true },
    { name: 'cmd:a', version: '', priority: 5, own: false },
    { name: 'so:a', version: '7', priority: 5, own: false },
  ],
  build: [
    { ...wanted, atom: 'b>=1', at: { ...at, line: 7 } },
    { ...wanted, atom: ' b>=1\n', at: { file: 'specs/pipelines/x.yaml', line: 3, column: 1 }, within: 'pipeline x' },
  ],
  runtime: [{ ...wanted, atom: 'b>=1', at: { ...at, line: 9 }, within: 'runtime of a' }],
};

test('a package reads back from its row, also after JSON', () => {
  const row = JSON.parse(JSON.stringify(graphRowOf({ package: made, at }))) as GraphRow;
  const read = graphRowReader()(row);
  expect(JSON.parse(JSON.stringify(read))).toEqual({ package: made, at });
});
