import { createCheckContext } from '../../src/activities/checks/context';
import { secretsCheck } from '../../src/checks/secrets';
import { CHANGE_CHECKS, goodSpec, scenario } from './scenario';

/** Put together when they are run, so that no scanner takes this file for a leak. */
const joined = (...parts: readonly string[]) => parts.join('');
const random = 'q9Zk3LmX7vR2tB8wN4cY6pD1sF5gH0jK';
const secrets: readonly (readonly [string, string, string])[] = [
  ['a private key', joined('-----BEGIN OPENSSH ', 'PRIVATE KEY-----'), 'private key begins here'],
  ['an AWS key', joined('key AKIA', 'ABCDEFGHIJKLMNOP'), 'AWS access key: AKIA… (20 characters)'],
  ['a GitHub token', joined('token ghp_', random, 'abcd'), 'GitHub token: ghp_… (40 characters)'],
  ['a fine-grained GitHub token', joined('github_pat_', random), 'GitHub token: gith…'],
  ['a GitLab token', joined('glpat-', random), 'GitLab token: glpa…'],
  ['a Slack token', joined('xoxb-', '123456789012-abcdefghij'), 'Slack token: xoxb…'],
  ['an npm token', joined('npm_', random, 'abcd'), 'npm token: npm_…'],
  ['a password', `password: ${random}`, 'looks like a credential: q9Zk… (32 characters)'],
  ['a token in code', `api_key = "${random}"`, 'looks like a credential'],
  ['a hexadecimal secret', 'secret: 9f86d081884c7d659a2feaa0c55ad015', 'looks like a credential'],
  ['a merge marker', '<<<<<<< ours', 'merge marker'],
  ['the end of a merge marker', '>>>>>>> theirs', 'merge marker'],
];

test.each(secrets)('%s fails, and nothing else does; the value is not shown', async (_, line, expected) => {
  const { check, failing } = await scenario({ files: { 'packages/hello/fix.patch': `# a fix\n${line}\n` } });
  const finding = await check('secrets');
  expect(finding).toMatchObject({ outcome: 'failed', details: [expect.stringContaining(`packages/hello/fix.patch:2: ${expected}`)] });
  expect(JSON.stringify(finding)).not.toContain(random);
  expect(await failing(CHANGE_CHECKS)).toEqual(['secrets']);
});

test('a large file fails, and nothing else does', async () => {
  const { check, failing } = await scenario({ files: { 'packages/hello/blob': Buffer.alloc(1024 * 1024 + 1) } });
  expect(await check('secrets')).toMatchObject({
    outcome: 'failed',
    summary: expect.stringContaining('packages/hello/blob: 1048577 bytes'),
  });
  expect(await failing(CHANGE_CHECKS)).toEqual(['secrets']);
});

test.each([
  ['digests and commits', `expected-commit: ${'c0ffee12'.repeat(5)}`],
  ['code that names tokens', '+  token = xmlParserGetNextToken(context, XML_PARSER_START_TAG);'],
  ['long names in code', 'secret = GetQueuedBackgroundWorkflowJsonFixtures'],
  ['a variable', 'password: ${{vars.password-of-the-test-database}}'],
  ['a heading', '======='],
])('%s pass', async (_, line) => {
  const { check } = await scenario({ files: { 'packages/hello/fix.patch': `${line}\n` } });
  expect(await check('secrets')).toMatchObject({ outcome: 'passed', summary: 'nothing in 2 changed files' });
});

test('only what is added counts: an old line of a changed file passes', async () => {
  const old = `password: ${random}`;
  const first = await scenario({ files: { 'packages/hello/notes': `${old}\n` } });
  const forge = first.deps.forge!;
  const { commit } = await forge.propose({
    branch: 'millrace/next',
    base: first.request.change.commit,
    files: { 'packages/hello/notes': `a new line\n${old}\n` },
    message: 'more',
    date: '2026-01-01T00:00:00Z',
  });
  const change = { ...first.request.change, base: first.request.change.commit, commit };
  expect((await secretsCheck.run(createCheckContext(first.deps, { ...first.request, change }))).outcome).toBe('passed');
});

test('a release without a change looks at all files of the package', async () => {
  const made = await scenario({ spec: `${await goodSpec()}\n# password: ${random}\n` });
  const change = { ...made.request.change, base: made.request.change.commit };
  expect((await secretsCheck.run(createCheckContext(made.deps, { ...made.request, change }))).outcome).toBe('failed');
});
