import { startWeb, closedPort } from '../activities/sources/web';
import type { Web } from '../activities/sources/web';
import { CHANGE_CHECKS, goodSource, goodSpec, scenario } from './scenario';

let web: Web;
let names: readonly string[] = [];
beforeAll(async () => {
  web = await startWeb((_, response) =>
    response.setHeader('content-type', 'text/html').end(names.map((name) => `<a href="${name}">${name}</a>`).join('\n')),
  );
});
afterAll(() => web.close());

const releaseFrom = async (url: string, update: string, more: object = {}) => {
  const uri = `${url}/hello-1.1.tar.gz`;
  const spec = (await goodSpec(uri)).replace('update:\n  enabled: true\n', update);
  return scenario({ spec, sources: [{ uri, content: await goodSource }], ...more });
};
const enabled = 'update:\n  enabled: true\n';

test('the version is found among what upstream offers, also when a newer one appeared', async () => {
  names = ['hello-1.0.tar.gz', 'hello-1.1.tar.gz', 'README'];
  const { check, failing } = await releaseFrom(web.url, enabled);
  expect(await check('update-config')).toMatchObject({ outcome: 'passed', summary: expect.stringContaining('finds 1.1') });
  expect(await failing(['update-config', ...CHANGE_CHECKS])).toEqual([]);
  names = [...names, 'hello-1.2.tar.gz'];
  expect(await (await releaseFrom(web.url, enabled)).check('update-config')).toMatchObject({
    outcome: 'passed',
    details: [expect.stringContaining('1.2')],
  });
});

test.each([
  ['a version that upstream does not offer', ['hello-1.0.tar.gz', 'hello-1.2.tar.gz'], enabled, 'the update rules do not find 1.1'],
  [
    'rules that drop it',
    ['hello-1.0.tar.gz', 'hello-1.1.tar.gz'],
    `${enabled}  ignore-regex-patterns:\n    - "1[.]1"\n`,
    'the update rules do not find 1.1',
  ],
  ['no update block', [], '', 'there is no update block'],
  ['updates switched off without a reason', [], 'update:\n  enabled: false\n', 'without an exclude-reason'],
])('%s fails, and nothing else does', async (_, offered, block, expected) => {
  names = offered;
  for (const change of ['bump', 'none']) {
    const { check, failing } = await releaseFrom(web.url, block, { change });
    expect(await check('update-config')).toMatchObject({ outcome: 'failed', summary: expect.stringContaining(expected) });
    expect(await failing(['update-config', ...CHANGE_CHECKS])).toEqual(['update-config']);
  }
});

test.each([
  ['an exclude-reason', 'update:\n  enabled: false\n  exclude-reason: upstream is gone\n', 'updates are off: upstream is gone'],
  ['manual updates', 'update:\n  enabled: true\n  manual: true\n', 'a person looks for releases'],
])('with %s it is skipped and says so', async (_, block, expected) => {
  expect(await (await releaseFrom(web.url, block)).check('update-config')).toMatchObject({
    outcome: 'skipped',
    summary: expect.stringContaining(expected),
  });
});

test('an upstream that cannot be reached is no fault of the release', async () => {
  const { check } = await releaseFrom(`http://127.0.0.1:${await closedPort()}`, enabled);
  expect(await check('update-config')).toMatchObject({ outcome: 'failed', class: 'infrastructure' });
});
