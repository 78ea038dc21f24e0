import type { Digest } from '../../../src/domain/digest';
import { fileChanges } from '../../../src/domain/image/file-changes';

const digest = (text: string): Digest => `sha256:${text}`;
const files = {
  spec: digest('a'),
  suites: [{ name: 'basic', file: digest('b') }],
  variants: [
    { variant: '', config: digest('c') },
    { variant: 'dev', config: digest('d') },
  ],
};

it.each([
  ['nothing', files, []],
  ['image.yaml', { ...files, spec: digest('x') }, ['image.yaml changed']],
  ['a suite', { ...files, suites: [{ name: 'basic', file: digest('x') }] }, ['the suite basic changed']],
  ['a suite less', { ...files, suites: [] }, ['the suite basic changed']],
  [
    'configurations',
    { ...files, variants: files.variants.map(({ variant }) => ({ variant, config: digest('x') })) },
    ['the configuration changed', 'the configuration of dev changed'],
  ],
])('%s', (_what, now, lines) => {
  expect(fileChanges(files, now)).toEqual(lines);
});
