import { createHash } from 'node:crypto';
import { CHANGE_CHECKS, goodSource, goodSpec, scenario, tarball } from './scenario';

const uri = 'https://example.org/hello-1.1.tar.gz';

test('the source that the spec expects passes, and a spec without sources', async () => {
  const { check, failing } = await scenario();
  expect(await check('sources-verified')).toMatchObject({ outcome: 'passed', summary: '1 source verified' });
  expect(await failing(CHANGE_CHECKS)).toEqual([]);
  const spec = (await goodSpec()).replace(/ {2}- uses: fetch\n(?: {4}.*\n)+/, '');
  expect(await (await scenario({ spec, sources: [] })).check('sources-verified')).toMatchObject({
    outcome: 'passed',
    summary: 'the spec has no sources',
  });
});

test.each([
  ['another file than the spec expects', async () => ({ content: await tarball({ 'hello-1.1/LICENSE': 'evil' }) }), 'the spec expects'],
  [
    'a file that is not the one that was fetched',
    async () => ({ content: await tarball({ LICENSE: 'x' }), fetched: { sha256: 'f'.repeat(64) } }),
    'as fetched',
  ],
  [
    'a source that is not in the store',
    async () => ({ content: await goodSource, fetched: { object: `sha256:${'a'.repeat(64)}` as const } }),
    'is not in the artifact store',
  ],
])('%s fails, and nothing else does', async (_, make, expected) => {
  const { check, failing } = await scenario({ sources: [{ uri, ...(await make()) }] });
  const finding = await check('sources-verified');
  expect(finding.outcome).toBe('failed');
  expect(finding.details.join('\n')).toContain(expected);
  expect(await failing(CHANGE_CHECKS.filter((name) => name !== 'licence'))).toEqual(['sources-verified']);
});

test('a source that was not fetched fails, and nothing else does', async () => {
  const { check, failing } = await scenario({ sources: [] });
  expect(await check('sources-verified')).toMatchObject({ outcome: 'failed', summary: expect.stringContaining(`${uri} was not fetched`) });
  expect(await failing(CHANGE_CHECKS)).toEqual(['sources-verified']);
});

test('an archive that would write outside fails, whatever its digest', async () => {
  const content = await tarball({ '../../etc/passwd': 'x' });
  const digest = createHash('sha256').update(content).digest('hex');
  const spec = (await goodSpec()).replace(/expected-sha256: .*/, `expected-sha256: ${digest}`);
  const { check, failing } = await scenario({ spec, sources: [{ uri, content }] });
  expect(await check('sources-verified')).toMatchObject({ outcome: 'failed', summary: expect.stringContaining('../../etc/passwd') });
  expect(await failing(CHANGE_CHECKS)).toEqual(['sources-verified']);
});

test('a checkout at another commit than the spec expects fails', async () => {
  const repository = 'https://example.org/hello.git';
  const checkout = `  - uses: git-checkout\n    with:\n      repository: ${repository}\n      tag: v1.1\n      expected-commit: ${'c'.repeat(40)}\n`;
  const spec = (await goodSpec()).replace(/ {2}- uses: fetch\n(?: {4}.*\n)+/, checkout);
  const at = async (commit: string) => scenario({ spec, sources: [{ uri: repository, content: await goodSource, fetched: { commit } }] });
  expect((await (await at('c'.repeat(40))).check('sources-verified')).outcome).toBe('passed');
  expect((await (await at('d'.repeat(40))).check('sources-verified')).outcome).toBe('failed');
});
