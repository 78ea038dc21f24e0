import { CHANGE_CHECKS, goodSpec, OLD, scenario, tarball } from './scenario';

const spec = async (licence: string) => (await goodSpec()).replace('license: MIT', `license: ${licence}`);
const published = (license: string) => OLD.map((item) => ({ ...item, license }));

test.each(['MIT', 'GPL-2.0-only WITH Classpath-exception-2.0', 'MIT AND (Apache-2.0 OR Zlib)', 'LicenseRef-hello'])(
  '%s passes',
  async (licence) => {
    const { check, failing } = await scenario({ spec: await spec(licence) });
    expect(await check('licence')).toMatchObject({
      outcome: 'passed',
      summary: licence,
      details: ['licence files in the source: hello-1.1/LICENSE'],
    });
    expect(await failing(CHANGE_CHECKS)).toEqual([]);
  },
);

test.each(['mit', 'GPLv2', 'MIT Apache-2.0', 'MIT AND', 'MIT WITH Everything'])(
  '%s is no SPDX expression and fails, and nothing else does',
  async (licence) => {
    const { check, failing } = await scenario({ spec: await spec(licence) });
    expect(await check('licence')).toMatchObject({ outcome: 'failed', summary: expect.stringContaining('is no SPDX licence expression') });
    expect(await failing(CHANGE_CHECKS)).toEqual(['licence']);
  },
);

test('another licence than the published one fails, and nothing else does; the same one passes', async () => {
  const { check, failing } = await scenario({ spec: await spec('GPL-3.0-only'), published: published('MIT'), previous: '1.0-r0' });
  expect(await check('licence')).toMatchObject({
    outcome: 'failed',
    summary: 'the licence of hello changes from MIT to GPL-3.0-only: a person must agree',
  });
  expect(await failing(CHANGE_CHECKS)).toEqual(['licence']);
  const same = await scenario({ published: published('MIT'), previous: '1.0-r0' });
  expect(await same.check('licence')).toMatchObject({ outcome: 'passed', summary: 'MIT, as published' });
});

test('several licences stand together, as melange writes them; brackets are no change', async () => {
  const two = (await goodSpec()).replace('    - license: MIT\n', '    - license: MIT\n    - license: Zlib OR Apache-2.0\n');
  const { check } = await scenario({ spec: two, published: published('(MIT AND Zlib) OR Apache-2.0'), previous: '1.0-r0' });
  expect((await check('licence')).outcome).toBe('passed');
});

test('a source without a licence file is told about', async () => {
  const { check } = await scenario({ sources: [{ uri: 'https://example.org/x', content: await tarball({ 'hello.c': '' }) }] });
  expect(await check('licence')).toMatchObject({ outcome: 'passed', details: ['no licence file was found in the source'] });
});
