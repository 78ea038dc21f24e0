import { readImageSpec } from '../../../src/domain/image/spec';
import { formatProblem } from '../../../src/domain/result';

const FILE = 'images/pigz/image.yaml';
const image = (more = '', streams = 'streams:\n  - name: all\n    versions: "*"\n') =>
  `name: pigz\npackage: pigz\nvariants:\n  - config: apko.yaml\n${streams}${more}`;

const problemsOf = (text: string): readonly string[] => {
  const read = readImageSpec(text, FILE);
  return read.ok ? [] : read.error.map(formatProblem);
};

it('reads everything that can be said', () => {
  const text = `name: pigz
package: pigz
repository: tools/pigz
variants:
  - config: apko.yaml
  - name: dev
    config: dev/apko.yaml
    structure:
      shell: true
streams:
  - name: two
    versions: "2"
    tags: [X.Y, X]
    end-of-life: 2028-02-29
suites: [starts.test.yaml]
structure:
  user: "65532"
  entrypoint: [/usr/bin/pigz]
  shell: false
  files: [/usr/bin/pigz]
untested:
  aarch64: no such machine
`;
  const read = readImageSpec(text, FILE);
  expect(read).toMatchObject({
    ok: true,
    value: {
      repository: 'tools/pigz',
      variants: [
        {
          name: '',
          config: 'apko.yaml',
          structure: { user: '65532', entrypoint: ['/usr/bin/pigz'], shell: false, files: ['/usr/bin/pigz'] },
        },
        { name: 'dev', config: 'dev/apko.yaml', structure: { user: '65532', shell: true }, at: { line: 6, column: 5 } },
      ],
      streams: [{ name: 'two', versions: '2', tags: ['X', 'X.Y'], endOfLife: '2028-02-29' }],
      suites: [{ name: 'starts', file: 'starts.test.yaml' }],
      untested: { aarch64: 'no such machine' },
    },
  });
});

it('needs little', () => {
  expect(readImageSpec(image(), FILE)).toMatchObject({
    ok: true,
    value: {
      ...{ repository: 'pigz', suites: [], untested: {} },
      variants: [{ name: '', structure: {} }],
      streams: [{ tags: ['latest', 'X', 'X.Y', 'X.Y.Z'] }],
    },
  });
});

describe('names what is wrong, where, and the remedy', () => {
  it.each([
    ['', 'images/pigz/image.yaml:1:1: an image is a mapping (it starts with `name:`)'],
    [image('sutes: []\n'), ':8:1: unknown key `sutes` (did you mean `suites`?)'],
    [image().replace('package: pigz\n', ''), 'package is missing'],
    [image().replace('name: pigz\n', 'name: Pigz\n'), ':1:7: name "Pigz" is no name of an image'],
    [image('repository: Tools/pigz\n'), ':8:13: repository "Tools/pigz" is no path in a registry'],
    [image().replace('variants:\n  - config: apko.yaml', 'variants: []'), 'variants is empty'],
    [image().replace('- config: apko.yaml', '- config: ../apko.yaml'), ':4:13: "../apko.yaml" is no path inside the folder of the image'],
    [image().replace('- config: apko.yaml', '- config: /apko.yaml'), '"/apko.yaml" is no path inside'],
    [image().replace('- config: apko.yaml', '- config: apko.yaml\n  - config: b.yaml'), ':5:5: the variant (plain) is there twice'],
    [image('suites: [starts.yaml]\n'), ':8:10: "starts.yaml" is not called like a suite (call the file <name>.test.yaml)'],
    [image('suites: [a.test.yaml, b/a.test.yaml]\n'), ':8:23: the suite "b/a.test.yaml" is there twice'],
    [image('structure:\n  files: [usr/bin/pigz]\n'), ':9:11: the file "usr/bin/pigz" has no absolute path (write it as /usr/bin/pigz)'],
    [image('structure:\n  shell: no\n'), 'structure.shell is "no", not true or false'],
    [image('untested:\n  arm64: none\n'), 'untested names "arm64", which is no architecture (x86_64 or aarch64)'],
    [image('untested:\n  aarch64:\n'), 'untested aarch64 has no reason'],
    [
      image('', 'streams:\n  - name: a\n    versions: "*"\n    tags: [lates]\n'),
      ':8:12: "lates" is no rule for tags (did you mean `latest`?)',
    ],
  ])('%#', (text, problem) => expect(problemsOf(text).join('\n')).toContain(problem));
});
