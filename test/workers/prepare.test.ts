import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/config';
import { formatProblem } from '../../src/domain/result';
import { portProblems } from '../../src/workers/ports';
import { gitRepositoryProblems } from '../../src/workers/prepare';
import { createTestRepository } from '../activities/forge/repository';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-prepare-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const configFor = (repository: string, branch = 'main') =>
  ({
    file: '/f/millrace.yaml',
    specs: { repository, branch, directory: 'packages' },
    positions: { 'specs.repository': { file: '/f/millrace.yaml', line: 4, column: 3 } },
  }) as unknown as Config;
const problems = async (config: Config) => (await gitRepositoryProblems(config)).map(formatProblem);

describe('the spec repository', () => {
  it('is fine where it has the branch, and is not looked at where it is a URL', async () => {
    const repository = createTestRepository({ 'packages/a.yaml': 'x' });
    expect(await problems(configFor(repository.bare))).toEqual([]);
    expect(await problems(configFor(repository.bare, 'trunk'))).toEqual([
      expect.stringMatching(/^\/f\/millrace\.yaml:4:3: .* has no branch trunk \(push one: git push /),
    ]);
    repository.remove();
    expect(await problems(configFor('https://example.org/specs.git'))).toEqual([]);
  });

  it('is complained of with the command that makes it where it is missing', async () => {
    expect(await problems(configFor(`${folder}/none.git`))).toEqual([
      `/f/millrace.yaml:4:3: there is no spec repository ${folder}/none.git (make it: git init --bare -b main ${folder}/none.git, and push specs to it; or set specs.repository in /f/millrace.yaml:4:3)`,
    ]);
  });

  it('is complained of where it is no repository, or an empty one', async () => {
    mkdirSync(join(folder, 'plain'));
    expect((await problems(configFor(`${folder}/plain`)))[0]).toContain('is not a git repository');
    execFileSync('git', ['init', '-q', '--bare', join(folder, 'empty.git')]);
    expect((await problems(configFor(`${folder}/empty.git`)))[0]).toContain('has no branch main');
  });
});

describe('the advisory repository', () => {
  it('is complained of like that of the specs, by its own setting', async () => {
    const repository = createTestRepository({ 'packages/a.yaml': 'x' });
    const config = (advisories: Partial<NonNullable<Config['advisories']>>) =>
      ({ ...configFor(repository.bare), advisories: { branch: 'main', ...advisories } }) as unknown as Config;
    expect(await problems(config({ repository: repository.bare }))).toEqual([]);
    expect(await problems(config({ repository: `${folder}/none.git` }))).toEqual([
      `there is no advisory repository ${folder}/none.git (make it: git init --bare -b main ${folder}/none.git, and push a first commit to it; or set advisories.repository in /f/millrace.yaml)`,
    ]);
    expect((await problems(config({ repository: repository.bare, branch: 'trunk' })))[0]).toContain('or set advisories.branch');
    repository.remove();
  });
});

describe('ports', () => {
  it('names each that is taken, with the setting that owns it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const config = {
      file: '/f/millrace.yaml',
      positions: { 'gateway.port': { file: '/f/millrace.yaml', line: 9, column: 3 } },
      temporal: { address: `127.0.0.1:${port}`, namespace: 'default', uiPort: port },
      gateway: { host: '127.0.0.1', port },
    } as unknown as Config;
    const taken = async (ownTemporal: boolean) => (await portProblems(config, { ownTemporal })).map(formatProblem);
    expect(await taken(true)).toEqual([
      expect.stringMatching(/^port \d+ of 127\.0\.0\.1 is in use \(.* set another port: temporal\.address in \/f\/millrace\.yaml\)$/),
      expect.stringMatching(/temporal\.ui-port in \/f\/millrace\.yaml\)$/),
      expect.stringMatching(/^\/f\/millrace\.yaml:9:3: port \d+ .*gateway\.port in \/f\/millrace\.yaml:9:3\)$/),
    ]);
    expect(await taken(false)).toHaveLength(1);
    await new Promise((resolve) => server.close(resolve));
    expect(await taken(false)).toEqual([]);
  });
});
