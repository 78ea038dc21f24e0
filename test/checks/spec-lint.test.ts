import { CHANGE_CHECKS, goodSpec, scenario } from './scenario';

test('a good spec passes', async () => {
  const { check, failing } = await scenario();
  expect(await check('spec-lint')).toMatchObject({ outcome: 'passed', summary: 'packages/hello.yaml: 2 steps, 1 source, no findings' });
  expect(await failing(CHANGE_CHECKS)).toEqual([]);
});

const edits: readonly (readonly [string, (spec: string) => string, string])[] = [
  ['an empty description', (spec) => spec.replace('description: says hello', 'description: ""'), 'package.description is empty'],
  ['no url', (spec) => spec.replace(/ {2}url: .*\n/, ''), 'package.url is missing'],
  ['a url without TLS', (spec) => spec.replace('url: https', 'url: http'), 'package.url http://example.org/hello is not https'],
  [
    'another name than the file',
    (spec) => spec.replace('name: hello', 'name: hallo'),
    'packages/hello.yaml:2:9: package hallo belongs into a file hallo.yaml',
  ],
  ['a source without a digest', (spec) => spec.replace(/\n {6}expected-sha256: .*/, ''), 'has no expected-sha256 or expected-sha512'],
  [
    'a checkout without a commit',
    (spec) =>
      spec.replace(
        '  - runs: make',
        '  - uses: git-checkout\n    with:\n      repository: https://example.org/r.git\n      tag: v1\n\n  - runs: make',
      ),
    'git-checkout of https://example.org/r.git has no expected-commit',
  ],
  [
    'a dependency named twice',
    (spec) => spec.replace('      - libhello\n', '      - libhello\n      - libhello\n'),
    'package.dependencies.runtime names libhello twice',
  ],
  [
    'a build package named twice',
    (spec) => spec.replace('      - busybox\n', '      - busybox\n      - build-base\n'),
    'environment.contents.packages names build-base twice',
  ],
  ['no test', (spec) => spec.replace(/test:\n.*\n.*\n/, ''), 'nothing is tested'],
  [
    'a build that downloads',
    (spec) => spec.replace('runs: make install', 'runs: |\n      set -e\n      wget https://example.org/x'),
    '`wget` reaches for the network',
  ],
  [
    'a build that clones',
    (spec) => spec.replace('runs: make install', 'runs: cd x && git  clone https://example.org/x'),
    '`git clone` reaches for the network',
  ],
  ['a revision in the version', (spec) => spec.replace('"1.1"', '"1.1-r0"'), 'revision'],
  ['a version that is none', (spec) => spec.replace('"1.1"', '"one"'), 'one'],
  ['a negative epoch', (spec) => spec.replace('epoch: 0', 'epoch: -1'), 'not a whole number of 0 or more'],
  ['an unknown key', (spec) => spec.replace('  epoch: 0', '  epoch: 0\n  epcoh: 1'), 'unknown key `epcoh`'],
];

test.each(edits)('%s fails', async (_, edit, expected) => {
  const { check } = await scenario({ spec: edit(await goodSpec()) });
  const finding = await check('spec-lint');
  expect(finding.outcome).toBe('failed');
  expect(finding.details.join('\n')).toContain(expected);
});

test('what is wrong with the form of a spec alone fails no other check', async () => {
  const { failing } = await scenario({ spec: (await goodSpec()).replace('url: https', 'url: http') });
  expect(await failing(CHANGE_CHECKS)).toEqual(['spec-lint']);
});

test('names that only sound like downloads pass, and a comment does', async () => {
  const spec = (await goodSpec()).replace(
    'runs: make install',
    'runs: |\n      # first; curl https://example.org\n      ./configure --with-curl --without-wget\n      make curl',
  );
  expect((await (await scenario({ spec })).check('spec-lint')).outcome).toBe('passed');
});
