import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from '../../src/config/config';
import { findConfig, isLocalRepository, loadConfig, settingPlace } from '../../src/config/load';
import { formatProblem } from '../../src/domain/result';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SMALLEST = 'distribution: my-linux\nspecs: {repository: specs.git}\n';

function load(text: string): Config {
  writeFileSync(join(folder, 'millrace.yaml'), text);
  const loaded = loadConfig(join(folder, 'millrace.yaml'));
  if (!loaded.ok) throw new Error(loaded.error.map(formatProblem).join('\n'));
  return loaded.value;
}

function problems(text: string): readonly string[] {
  writeFileSync(join(folder, 'millrace.yaml'), text);
  const loaded = loadConfig(join(folder, 'millrace.yaml'));
  if (loaded.ok) throw new Error('loaded');
  return loaded.error.map((problem) => formatProblem(problem).replace(`${folder}/`, ''));
}

describe('loadConfig', () => {
  it('needs two settings and has a default for the rest', () => {
    const { positions, ...config } = load(SMALLEST);
    expect(config).toEqual({
      file: join(folder, 'millrace.yaml'),
      distribution: 'my-linux',
      state: join(folder, '.millrace'),
      architectures: ['x86_64'],
      specs: { repository: join(folder, 'specs.git'), branch: 'main', directory: 'packages' },
      floor: { slots: 2, debounceSeconds: 30, cycleBudget: 1, breaker: { after: 20, share: 0.5 }, policies: [] },
      environment: { stage0: true, repositories: [] },
      watch: { everySeconds: 600 },
      gateway: { host: '127.0.0.1', port: 8467 },
      temporal: { address: '127.0.0.1:7233', namespace: 'default', uiPort: 8233 },
      reminders: { everySeconds: 14_400, escalateAfterSeconds: 86_400 },
      limits: { sourceBytes: 2 ** 31, unpackedBytes: 2 ** 33, unpackedFiles: 200_000, buildSeconds: 7200, testSeconds: 3600 },
    });
    expect(positions?.['specs.repository']).toEqual({ file: join(folder, 'millrace.yaml'), line: 2, column: 9 });
  });

  it('reads the example at the root', () => {
    expect(loadConfig(resolve(__dirname, '../../millrace.yaml'))).toMatchObject({
      ok: true,
      value: { distribution: 'millrace-example', watch: { everySeconds: 600 } },
    });
  });

  it('takes durations and sizes with their units, and leaves URLs alone', () => {
    mkdirSync(join(folder, 'keys'));
    writeFileSync(join(folder, 'keys/a.rsa.pub'), 'key');
    const config = load(`distribution: d
specs: {repository: "https://example.org/specs.git"}
environment: {repositories: [{url: "https://example.org/os", key: keys/a.rsa.pub}, {url: ../other, key: keys/a.rsa.pub}]}
watch: {every: 90s}
reminders: {every: 2d, escalate-after: 3 d, webhook: "https://example.org/hook"}
limits: {source: 500MiB, unpacked: 3 GiB, unpacked-files: 7, build: 5m}
`);
    expect(config.specs.repository).toBe('https://example.org/specs.git');
    expect(config.environment).toEqual({
      stage0: false,
      repositories: [
        { url: 'https://example.org/os', key: join(folder, 'keys/a.rsa.pub') },
        { url: resolve(folder, '../other'), key: join(folder, 'keys/a.rsa.pub') },
      ],
    });
    expect(config.watch.everySeconds).toBe(90);
    expect(config.reminders).toEqual({ everySeconds: 172_800, escalateAfterSeconds: 259_200, webhook: 'https://example.org/hook' });
    expect(config.limits).toMatchObject({ sourceBytes: 500 * 2 ** 20, unpackedBytes: 3 * 2 ** 30, unpackedFiles: 7, buildSeconds: 300 });
  });

  it.each<[string, string, readonly string[]]>([
    ['an unknown key', `${SMALLEST}gatway: {port: 1}\n`, ['millrace.yaml:3:1: unknown key gatway (did you mean gateway?)']],
    [
      'an unknown key in a list',
      `${SMALLEST}environment: {stage0: true, repositories: [{url: a, key: b, kex: c}]}\n`,
      ['millrace.yaml:3:61: unknown key environment.repositories.0.kex (did you mean key?)'],
    ],
    [
      'an unknown key like no other',
      `${SMALLEST}watch: {zzzzzzzz: 1}\n`,
      ['millrace.yaml:3:9: unknown key watch.zzzzzzzz (known keys here: every)'],
    ],
    ['a number for a text', 'distribution: d\nspecs:\n  repository: 5\n', ['millrace.yaml:3:3: specs.repository is 5, expected text']],
    [
      'a bare number for a duration',
      `${SMALLEST}watch: {every: 300}\n`,
      ['millrace.yaml:3:9: watch.every is 300, expected a duration such as 30s, 5m, 4h or 2d'],
    ],
    [
      'a wrong architecture',
      `${SMALLEST}architectures: [amd64]\n`,
      ['millrace.yaml:3:17: architectures.0 is "amd64", expected x86_64 or aarch64'],
    ],
    [
      'an architecture twice',
      `${SMALLEST}architectures: [x86_64, x86_64]\n`,
      ['millrace.yaml:3:1: architectures is a list, expected each architecture once'],
    ],
    ['a text for a block', 'distribution: d\nspecs: here\n', ['millrace.yaml:2:1: specs is "here", expected a block of keys']],
    [
      'an empty file',
      '',
      [
        'millrace.yaml:1:1: distribution is missing (set it to a name such as my-linux)',
        'millrace.yaml:1:1: specs is missing (set it to a block with `repository: <path or URL of the spec repository>`)',
      ],
    ],
    [
      'all problems at once, in the order of the file',
      'distribution: My Linux\nspecs:\n  branch: main\ngateway: {port: 70000}\nlimit: {}\n',
      [
        'millrace.yaml:1:1: distribution is "My Linux", expected a name of lower-case letters, digits, dots and dashes, such as my-linux',
        'millrace.yaml:2:1: specs.repository is missing (set it to the path or URL of the spec repository)',
        'millrace.yaml:4:11: gateway.port is 70000, expected a port from 1 to 65535',
        'millrace.yaml:5:1: unknown key limit (did you mean limits?)',
      ],
    ],
    [
      'one port for two',
      `${SMALLEST}gateway: {port: 7233}\n`,
      ['millrace.yaml:3:11: gateway.port and temporal.address are both port 7233 (give gateway.port another port)'],
    ],
    [
      'nothing to build with',
      `${SMALLEST}environment: {stage0: false}\n`,
      [
        'millrace.yaml:3:15: there is nothing to build with: no stage0 and no repositories (set environment.stage0: true or name an APK repository in environment.repositories)',
      ],
    ],
    [
      'a specs folder outside',
      'distribution: d\nspecs: {repository: r, directory: ../x}\n',
      ['millrace.yaml:2:24: specs.directory is "../x", expected a folder inside the spec repository, such as packages'],
    ],
  ])('complains of %s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('names a key file that is not there', () => {
    const [problem] = problems(`${SMALLEST}environment: {repositories: [{url: "https://example.org/os", key: keys/a.rsa.pub}]}\n`);
    expect(problem?.replace(`${folder}/`, '')).toBe(
      'millrace.yaml:3:62: there is no key file keys/a.rsa.pub (save the public key of https://example.org/os there)',
    );
  });

  it.each([
    ['an open bracket', 'architectures: [x86_64\n', /^millrace\.yaml:2:1: /],
    ['a key twice', 'distribution: a\ndistribution: b\n', /^millrace\.yaml:2:1: .*unique/],
  ])('places %s', (_, text, expected) => {
    expect(problems(text)[0]).toMatch(expected);
  });

  it('says what file it cannot read', () => {
    const loaded = loadConfig(join(folder, 'none.yaml'));
    expect(loaded).toMatchObject({ ok: false, error: [{ message: `cannot read ${join(folder, 'none.yaml')}: ENOENT` }] });
  });
});

describe('findConfig', () => {
  it('takes --config, then MILLRACE_CONFIG, then the nearest above', () => {
    const inner = join(folder, 'a/b');
    mkdirSync(inner, { recursive: true });
    for (const file of ['millrace.yaml', 'one.yaml', 'two.yaml']) writeFileSync(join(folder, file), '');
    expect(findConfig(inner, '../../one.yaml', { MILLRACE_CONFIG: '../../two.yaml' })).toEqual({
      ok: true,
      value: join(folder, 'one.yaml'),
    });
    expect(findConfig(inner, undefined, { MILLRACE_CONFIG: '../../two.yaml' })).toEqual({ ok: true, value: join(folder, 'two.yaml') });
    expect(findConfig(inner, undefined, {})).toEqual({ ok: true, value: join(folder, 'millrace.yaml') });
    expect(findConfig(inner, 'no.yaml', {})).toMatchObject({ ok: false, error: { remedy: 'name an existing file with --config' } });
  });
});

it('settingPlace names the line, or the file where the default holds', () => {
  const config = load(`${SMALLEST}temporal:\n  address: 127.0.0.1:9\n`);
  expect(settingPlace(config, 'temporal.address')).toBe(`temporal.address in ${config.file}:4:3`);
  expect(settingPlace(config, 'gateway.port')).toBe(`gateway.port in ${config.file}`);
});

it.each([
  ['specs.git', true],
  ['/a/b', true],
  ['../x@y', true],
  ['https://h/x', false],
  ['ssh://h/x', false],
  ['git@h:x/y.git', false],
])('isLocalRepository(%s) is %s', (repository, expected) => expect(isLocalRepository(repository)).toBe(expected));
