import { generateKeyPair } from 'node:crypto';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { FailureClass } from '../../domain/check/verdict';
import { bare, classifyFailure, isTriedAgain, testedPackage } from '../../domain/build/failure';
import type { BuiltPackage, LockedPackage, SpecSnapshot } from '../../domain/release/release';
import { runOrThrow } from '../process';
import type { Store } from '../store/store';
import { tail } from '../store/tail';
import { activityAttempt, underHeartbeat } from './activity-life';
import { openAttempt } from './attempt';
import type { Attempt } from './attempt';
import { compile } from './compile';
import { infrastructure } from './infrastructure';
import { lint } from './lint';
import type { LintReport } from './lint';
import { openCandidate, openRepositories, resolve, writeClosure } from './repositories';
import type { OpenRepository, PackageRepositories, Resolution, ResolvedPackage } from './repositories';
import { runInSandbox } from './sandbox';
import { findTools } from './tools';
import type { Tools } from './tools';

/** What a test sees: the built apks on top of the published generation, stage0 and the other repositories. */
export interface CandidateRequest {
  readonly architecture: string;
  /** The apks under test, of this architecture. */
  readonly builds: readonly BuiltPackage[];
}

export interface TestRequest extends CandidateRequest {
  readonly snapshot: SpecSnapshot;
  readonly version: string;
  readonly epoch: number;
  /** 0 unless a person asked for a retry; only names the log. */
  readonly attempt: number;
}

export interface TestReport {
  readonly outcome: 'passed' | 'failed';
  /** How many packages (main and sub) had tests; 0 is a spec without test blocks, with outcome `passed` and an empty log. */
  readonly ran: number;
  /** Name of the log in the store; empty when nothing ran. */
  readonly log: string;
  /** One line. */
  readonly summary: string;
  readonly seconds: number;
  /** Of a failed one; infrastructure failures throw instead. */
  readonly failure?: { readonly class: FailureClass; readonly step?: string };
}

export interface CommandRequest extends CandidateRequest {
  /** World: `zlib=1.3.1-r0`, `busybox` … */
  readonly packages: readonly string[];
  /** Each is run on its own, without a shell, without network, as an unprivileged user. */
  readonly commands: readonly (readonly string[])[];
  /** For each command. */
  readonly timeoutSeconds: number;
}

export interface CommandReport {
  readonly command: readonly string[];
  /** 128 when a signal or the timeout ended it. */
  readonly code: number;
  readonly timedOut: boolean;
  /** Standard output and error, the last 4 KiB. */
  readonly output: string;
}

export interface SolveRequest extends CandidateRequest {
  readonly packages: readonly string[];
}

/** `problem` is apko's own sentence. */
export type SolveReport =
  { readonly ok: true; readonly installed: readonly LockedPackage[] } | { readonly ok: false; readonly problem: string };

export type { LintFinding, LintReport } from './lint';

/** Runs what was built: the checks of a release call it. All throw a retryable ApplicationFailure `Infrastructure` when the machine is at fault. */
export interface TestRunner {
  /** `melange test` of the spec on exactly these packages. */
  testPackages(input: TestRequest): Promise<TestReport>;
  /** Installs the packages into a scratch root and runs each command in it. Throws `Unsolvable` when they do not install. */
  runCommands(input: CommandRequest): Promise<readonly CommandReport[]>;
  /** Whether apko would install these packages together. */
  solve(input: SolveRequest): Promise<SolveReport>;
  /** melange's linters over the apks. */
  runLinters(input: { readonly architecture: string; readonly builds: readonly BuiltPackage[] }): Promise<LintReport>;
}

/** Packages do not install together; the message is apko's. */
export class Unsolvable extends Error {
  constructor(packages: readonly string[], problem: string) {
    super(`${packages.join(', ')} cannot be installed: ${problem}`);
    this.name = 'Unsolvable';
  }
}

export interface TestRunnerDeps {
  readonly store: Store;
  readonly repositories: PackageRepositories;
  readonly work: string;
  readonly testSeconds: number;
  readonly now: () => Date;
}

/** What one call works with. */
interface Bench {
  readonly attempt: Attempt;
  readonly tools: Tools;
  /** The candidate first, then what is published. */
  readonly repositories: readonly OpenRepository[];
}

const OUTPUT_BYTES = 4096;
const EXCERPT_LINES = 400;

/** Runs built packages with melange, apko and bubblewrap, each call in a directory of its own, without network. */
export function createTestRunner(deps: TestRunnerDeps): TestRunner {
  const key = createOnce(newKey);

  const onBench = async <T>(request: CandidateRequest, name: string, work: (bench: Bench) => Promise<T>): Promise<T> => {
    const attempt = await openAttempt(join(deps.work, 'tests', `${name}-${request.architecture}`));
    try {
      const tools = await findTools();
      const published = await openRepositories(deps.repositories, request.architecture, join(deps.work, 'indexes'));
      if (request.builds.length === 0) return await work({ attempt, tools, repositories: published });
      const signer = await createSigner(await key(), join(attempt.folder, 'keys'), tools);
      const candidate = await openCandidate(request.builds, request.architecture, join(attempt.folder, 'candidate'), deps.store, signer);
      return await work({ attempt, tools, repositories: [candidate, ...published] });
    } finally {
      await attempt.remove();
    }
  };

  return {
    testPackages: (request) =>
      onBench(request, `${request.snapshot.package}-${request.version}-r${request.epoch}`, (bench) => testPackages(deps, request, bench)),
    runCommands: (request) => onBench(request, 'commands', (bench) => runCommands(deps, request, bench)),
    solve: (request) =>
      onBench(request, 'solve', async (bench) => {
        const resolution = await resolveWith(bench, request, request.packages, 'solve');
        return resolution.ok ? { ok: true, installed: resolution.packages.map(locked) } : resolution;
      }),
    runLinters: (request) =>
      onBench({ ...request, builds: [] }, 'lint', ({ attempt, tools }) =>
        lint(tools, request.builds, request.architecture, deps.store, attempt.folder),
      ),
  };
}

async function testPackages(deps: TestRunnerDeps, request: TestRequest, bench: Bench): Promise<TestReport> {
  const { attempt, tools } = bench;
  const { snapshot, version, epoch, architecture, builds } = request;
  const { folder } = attempt;
  const started = deps.now();
  const seconds = () => (deps.now().getTime() - started.getTime()) / 1000;
  const log = `tests/${snapshot.package}-${version}-r${epoch}/${architecture}-${request.attempt}-${attempt.id}.log`;

  const compiled = await compile(tools, snapshot, architecture, deps.store, folder);
  // A subpackage whose `if` is false was not built, and is not tested.
  const tests = compiled.ok ? compiled.value.tests.filter((test) => builds.some(({ name }) => name === test.package)) : [];
  if (compiled.ok && tests.length === 0)
    return { outcome: 'passed', ran: 0, log: '', summary: 'the spec has no tests', seconds: seconds() };
  const logFile = await deps.store.log(log);
  const failed = async (summary: string): Promise<TestReport> => {
    await appendFile(logFile, `millrace: ${summary}\n`);
    return { outcome: 'failed', ran: Math.max(1, tests.length), log, summary, seconds: seconds(), failure: { class: 'real' } };
  };
  if (!compiled.ok) return await failed(compiled.error);

  return await underHeartbeat(log, async (life) => {
    const needed = new Map<string, ResolvedPackage>();
    for (const test of tests) {
      const world = [...test.environment, `${test.package}=${version}-r${epoch}`, SHELL];
      const resolution = await resolveWith(bench, request, world, 'resolve');
      if (!resolution.ok) return await failed(`the test environment of ${test.package} does not resolve: ${resolution.problem}`);
      for (const item of resolution.packages) needed.set(`${item.name} ${item.version}`, item);
    }
    await writeClosure([...needed.values()], architecture, join(folder, 'repository'), join(deps.work, 'fetched'));
    const finished = await runInSandbox(
      tools,
      [
        ...[
          'melange',
          'test',
          `spec/${snapshot.path}`,
          `${snapshot.package}=${version}-r${epoch}`,
          '--arch',
          architecture,
          '--runner',
          'bubblewrap',
        ],
        ...['--source-dir', `spec/${dirname(snapshot.path)}/${snapshot.package}`],
        // The closure has only the packages under test and what they need: no other version can be taken by mistake.
        ...['--repository-append', '/mnt/repository', '--ignore-signatures', '--test-package-append', SHELL],
        ...['--apk-cache-dir', '/mnt/apk-cache'],
      ],
      {
        folder,
        readOnly: ['spec', 'repository'],
        ...(life.signal ? { signal: life.signal } : {}),
        timeoutSeconds: deps.testSeconds,
        logFile,
        onLine: (line) => life.say(bare(line)),
      },
    );
    const names = tests.map((test) => test.package);
    if (finished.code === 0)
      return { outcome: 'passed', ran: names.length, log, summary: `tests of ${names.join(', ')} passed`, seconds: seconds() };
    const lines = await tail(logFile, EXCERPT_LINES);
    const failure = classifyFailure({ lines, timedOut: finished.timedOut, timeoutSeconds: deps.testSeconds, kind: 'test' });
    const summary = `tests of ${testedPackage(lines) ?? snapshot.package}: ${failure.summary}`;
    await appendFile(logFile, `millrace: ${failure.class}: ${summary}\n`);
    if (isTriedAgain(failure, activityAttempt())) throw infrastructure(`${summary}; log ${log}`);
    const { step } = failure;
    return {
      outcome: 'failed',
      ran: names.length,
      log,
      summary,
      seconds: seconds(),
      failure: { class: failure.class, ...(step ? { step } : {}) },
    };
  });
}

/** melange's test runner starts every step with it. */
const SHELL = 'busybox';

async function runCommands(deps: TestRunnerDeps, request: CommandRequest, bench: Bench): Promise<readonly CommandReport[]> {
  const { attempt, tools } = bench;
  const { architecture } = request;
  const { folder } = attempt;
  const resolution = await resolveWith(bench, request, request.packages, 'resolve');
  if (!resolution.ok) throw new Unsolvable(request.packages, resolution.problem);
  await writeClosure(resolution.packages, architecture, join(folder, 'repository'), join(deps.work, 'fetched'));
  await installRoot(tools, resolution.packages, architecture, folder);

  const reports: CommandReport[] = [];
  for (const command of request.commands) {
    const finished = await runInSandbox(
      tools,
      [
        ...['bwrap', '--unshare-all', '--uid', '65534', '--gid', '65534', '--die-with-parent', '--new-session'],
        ...['--ro-bind', '/mnt/root', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--chdir', '/tmp'],
        ...['--clearenv', '--setenv', 'PATH', '/usr/sbin:/usr/bin:/sbin:/bin', '--setenv', 'HOME', '/tmp', '--', ...command],
      ],
      { folder, readOnly: ['root', 'repository'], timeoutSeconds: request.timeoutSeconds },
    );
    const output = `${finished.stdout}${finished.stderr}`.slice(-OUTPUT_BYTES);
    // As a shell would say it: bubblewrap's own code for it is 1.
    const missing = finished.stderr.startsWith('bwrap: execvp');
    if (!missing && finished.code !== 0 && finished.stderr.startsWith('bwrap: '))
      throw infrastructure(`the sandbox does not start: ${finished.stderr.trim()}`);
    reports.push({ command, code: missing ? NOT_FOUND : finished.code, timedOut: finished.timedOut, output });
  }
  return reports;
}

const NOT_FOUND = 127;

/** Installs the packages of the closure into `<folder>/root`. */
async function installRoot(tools: Tools, packages: readonly ResolvedPackage[], architecture: string, folder: string): Promise<void> {
  const world = packages.map(({ name, version }) => `${name}=${version}`);
  const contents = { repositories: [join(folder, 'repository')], packages: world };
  const file = join(folder, 'root.yaml');
  const archive = join(folder, 'root.tar.gz');
  await mkdir(join(folder, 'home'), { recursive: true });
  await writeFile(file, JSON.stringify({ contents, archs: [architecture] }));
  await runOrThrow(
    tools.apko.path,
    ['build-minirootfs', file, archive, '--build-arch', architecture, '--ignore-signatures', '--log-level', 'error'],
    { env: { HOME: join(folder, 'home'), TMPDIR: folder } },
  ).catch((error: unknown) => {
    throw infrastructure(`apko cannot install what it resolved: ${(error as Error).message}`, error);
  });
  await mkdir(join(folder, 'tmp'), { recursive: true });
  // Without root, device nodes cannot be made; bubblewrap mounts its own.
  const unpacked = await runInSandbox(
    tools,
    ['tar', '--extract', '--no-same-owner', '--exclude=dev/*', '--file', 'root.tar.gz', '--one-top-level=root'],
    {
      folder,
      readOnly: ['repository'],
    },
  );
  if (unpacked.code !== 0) throw infrastructure(`the root for commands cannot be unpacked: ${unpacked.stderr.trim()}`);
}

/**
 * Resolves so that of the packages under test no other version is taken: where apko would, as when a newer one is published, the built one is asked for by name.
 */
async function resolveWith(bench: Bench, request: CandidateRequest, packages: readonly string[], scratch: string): Promise<Resolution> {
  const built = new Map(request.builds.map(({ name, file }) => [name, file.slice(name.length + 1, -'.apk'.length)]));
  let world = packages;
  for (;;) {
    const resolution = await resolve(bench.tools, bench.repositories, world, request.architecture, join(bench.attempt.folder, scratch));
    if (!resolution.ok) return resolution;
    const wrong = resolution.packages.filter(({ name, version }) => built.has(name) && built.get(name) !== version);
    const pins = wrong.map(({ name }) => `${name}=${built.get(name)}`).filter((pin) => !world.includes(pin));
    if (pins.length === 0) return resolution;
    world = [...world, ...pins];
  }
}

interface Key {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** A key that lives as long as the runner: apko then checks every index, also of what is not published. 2048 bits, for the time it takes. */
async function newKey(): Promise<Key> {
  return await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
}

function createOnce<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function createSigner(key: Key, folder: string, tools: Tools) {
  const file = join(folder, 'candidate.rsa');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(file, key.privateKey, { mode: 0o600 });
  await writeFile(`${file}.pub`, key.publicKey);
  return {
    key: `${file}.pub`,
    sign: async (index: string) => void (await runOrThrow(tools.melange.path, ['sign-index', '--signing-key', file, index], { env: {} })),
  };
}

function locked({ name, version, checksum, url }: ResolvedPackage): LockedPackage {
  return { name, version, checksum, url };
}
