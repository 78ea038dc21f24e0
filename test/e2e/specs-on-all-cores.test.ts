import { join } from 'node:path';
import type * as MakeAll from '../../src/cli/spec/make-all';
import { makeHere, type Job, type SpecText } from '../../src/cli/spec/jobs';

/** The compiled one: only there a thread has a file to run. */
const { makeAll } = require(join(__dirname, '../../dist/cli/spec/make-all.js')) as typeof MakeAll; // eslint-disable-line @typescript-eslint/no-require-imports

const pipelines = [
  { path: 'specs/pipelines/own.yaml', uses: 'own', text: 'needs:\n  packages: [make]\nruns: make\n' },
  { path: 'specs/pipelines/bad.yaml', uses: 'bad', text: 'neds: x\n' },
];

/** Specs of many sizes, of which some have defects. */
const specs: readonly SpecText[] = Array.from({ length: 450 }, (_, number) => ({
  file: `specs/p${number}.yaml`,
  text: [
    `package:\n  name: p${number}\n  version: ${number % 7 ? `1.${number}` : '1.05'}\n  epoch: ${number % 11 ? 0 : 'x'}`,
    `environment:\n  contents:\n    packages: [${Array.from({ length: number % 13 }, (_, other) => `p${other}`).join(', ')}]`,
    `pipeline:\n  - uses: own\n${'  - runs: echo ${{package.version}}\n'.repeat((number * number) % 50)}${number % 17 ? '' : '  - uses: nobody\n'}`,
  ].join('\n'),
}));

test.each<Job>([
  { kind: 'lint', pipelines },
  { kind: 'graph', arch: 'x86_64', pipelines },
])('what all cores make of many specs is what one makes, in the same order: $kind', async (job) => {
  const made = await makeAll(job, specs, undefined);
  expect(made).toHaveLength(specs.length);
  expect(made).toEqual(makeHere(job, specs));
});

test('what is known is not made again, and the rest is put in its place', async () => {
  const job: Job = { kind: 'graph', arch: 'x86_64', pipelines };
  const kept: string[] = [];
  const known = {
    find: (file: string) => (file.endsWith('0.yaml') ? { problems: [{ message: file }] } : undefined),
    keep: (file: string) => void kept.push(file),
    save: () => undefined,
  };
  const made = await makeAll(job, specs, known);
  expect(made).toEqual(
    makeHere(job, specs).map((one, index) =>
      specs[index]!.file.endsWith('0.yaml') ? { problems: [{ message: specs[index]!.file }] } : one,
    ),
  );
  expect(kept).toEqual(specs.map(({ file }) => file).filter((file) => !file.endsWith('0.yaml')));
});
