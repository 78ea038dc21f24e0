import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explain } from '../../src/cli/errors';
import { ingestCommand } from '../../src/cli/ingest';
import { createTestRepository } from '../activities/forge/repository';

const repository = createTestRepository({ 'README.md': 'advisories' });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-ingest-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => repository.remove());

const RECORD = {
  id: 'CVE-2022-40303',
  modified: '2024-01-01T00:00:00Z',
  affected: [{ package: { ecosystem: 'Generic', name: 'libxml2', purl: 'pkg:generic/libxml2' }, versions: ['1'] }],
};

/** Runs the command with files of this content, as `main.ts` does: what it says, and its exit code. */
async function ingest(
  files: Readonly<Record<string, string>>,
  config = `advisories:\n  repository: ${repository.bare}\n  prefix: MLR\n`,
  ...more: readonly string[]
) {
  writeFileSync(join(folder, 'millrace.yaml'), `distribution: my-linux\nspecs:\n  repository: ${repository.bare}\n${config}`);
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  let out = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const command = ingestCommand().option('--config <file>').exitOverride();
  try {
    await command.parseAsync(['--config', join(folder, 'millrace.yaml'), ...paths, ...more], { from: 'user' });
    return { out, code: 0 };
  } catch (error) {
    const { text = '', exitCode } = explain(error, false);
    return { out: text.replaceAll(folder, ''), code: exitCode };
  } finally {
    write.mockRestore();
  }
}

test('says what each record is about, also of a list of them', async () => {
  expect(await ingest({ 'a.json': JSON.stringify([RECORD, { ...RECORD, id: 'CVE-2022-40304' }]) })).toEqual({
    out: 'CVE-2022-40303: about no package of this distribution\nCVE-2022-40304: about no package of this distribution\n',
    code: 0,
  });
  const { out } = await ingest({ 'a.json': JSON.stringify(RECORD) }, undefined, '--json');
  expect(JSON.parse(out)).toEqual({ records: [{ id: 'CVE-2022-40303', kept: true, findings: [] }] });
});

test('names what is wrong with a file, and where an advisory repository is set', async () => {
  expect(await ingest({ 'a.json': '{' })).toMatchObject({ code: 1, out: expect.stringContaining('millrace: /a.json is not JSON: ') });
  expect(await ingest({ 'a.json': '{}' })).toMatchObject({
    code: 1,
    out: expect.stringContaining('/a.json: id is missing, expected text (it should be an OSV record'),
  });
  expect(await ingest({}, undefined, 'none.json')).toEqual({ code: 1, out: 'millrace: cannot read none.json: ENOENT (check the path)' });
  expect(await ingest({ 'a.json': '{}' }, '')).toEqual({
    code: 2,
    out: 'millrace: there is no advisory repository: /millrace.yaml has no advisories (add `advisories: {repository: <path of a bare git repository>, prefix: <of the ids, such as MLR>}`)',
  });
});

test.each([
  [
    'a prefix of another distribution',
    '  prefix: CGA\n',
    'millrace.yaml:6:3: advisories.prefix is "CGA", expected two to ten capital letters and digits, such as MLR, and not CGA',
  ],
  [
    'a rule that names nothing',
    '  prefix: MLR\n  packages:\n    - package: a\n',
    'millrace.yaml:8:7: advisories.packages.0 is a block, expected a package with one of purl, repository, or ecosystem and name',
  ],
  [
    'an ecosystem without name',
    '  prefix: MLR\n  packages:\n    - {package: a, ecosystem: PyPI, purl: "pkg:pypi/a"}\n',
    'advisories.packages.0 is a block, expected a package with one of',
  ],
  ['an unknown key', '  prefix: MLR\n  prefx: A\n', 'millrace.yaml:7:3: unknown key advisories.prefx (did you mean prefix?)'],
])('%s in millrace.yaml is an error with its place', async (_, lines, wanted) => {
  expect(await ingest({ 'a.json': '{}' }, `advisories:\n  repository: ${repository.bare}\n${lines}`)).toEqual({
    code: 2,
    out: expect.stringContaining(wanted),
  });
});
