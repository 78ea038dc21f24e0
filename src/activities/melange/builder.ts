import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildKeyText, environmentText, keyName } from '../../domain/build/build-key';
import type { CompiledCheckout, CompiledSpec } from '../../domain/build/compiled-spec';
import { announcedSteps, bare, classifyFailure, isTriedAgain } from '../../domain/build/failure';
import { sourceDateEpoch } from '../../domain/build/source-date';
import type { Step } from '../../domain/spec/spec';
import { readSpec } from '../../domain/spec/read';
import { upstreamTestStep } from '../../domain/spec/upstream-tests';
import type { Digest } from '../../domain/digest';
import type { BuildRecord, BuildResult, BuiltPackage, FetchedSource, LockedPackage, SpecSnapshot } from '../../domain/release/release';
import { fail, ok } from '../../domain/result';
import type { Result } from '../../domain/result';
import { readApk } from '../apk/read';
import type { BuilderActivities } from '../contract';
import { fullDisk } from '../store/full-disk';
import type { Store } from '../store/store';
import { tail } from '../store/tail';
import { activityAttempt, underHeartbeat } from './activity-life';
import { openAttempt } from './attempt';
import type { Attempt } from './attempt';
import { compile } from './compile';
import { placeRepositories } from './git-sources';
import { infrastructure } from './infrastructure';
import { openRepositories, place, resolve, writeClosure } from './repositories';
import type { PackageRepositories, ResolvedPackage } from './repositories';
import { runInSandbox } from './sandbox';
import { modificationTimes } from './source-times';
import { findTools } from './tools';
import type { Tools } from './tools';

export interface BuilderDeps {
  readonly store: Store;
  readonly repositories: PackageRepositories;
  /** Folder for attempts, on the same file system as the store where possible. */
  readonly work: string;
  /** Namespace of package URLs. */
  readonly distribution: string;
  /** URL that the spec repository is known by. */
  readonly specs: string;
  readonly buildSeconds: number;
  readonly now: () => Date;
}

type BuildInput = Parameters<BuilderActivities['buildPackage']>[0];

/** What is known before melange starts. */
interface Prepared {
  readonly key: Digest;
  readonly compiled: CompiledSpec;
  readonly environment: readonly ResolvedPackage[];
  readonly epoch: number;
}

const EXCERPT_LINES = 400;

/** Builds with melange and bubblewrap, without network, from verified sources and locked packages. */
export function createBuilderActivities(deps: BuilderDeps): BuilderActivities {
  return {
    buildPackage: async (input) => {
      const { snapshot, version, epoch, architecture } = input;
      const parent = join(deps.work, 'builds', `${snapshot.package}-${version}-r${epoch}-${architecture}`);
      const attempt = await openAttempt(parent);
      try {
        const log = `builds/${snapshot.package}-${version}-r${epoch}/${architecture}-${attempt.id}.log`;
        return await build(deps, input, attempt, log);
      } catch (error) {
        throw fullDisk(error, deps.work);
      } finally {
        await attempt.remove();
      }
    },
  };
}

async function build(deps: BuilderDeps, input: BuildInput, attempt: Attempt, log: string): Promise<BuildResult> {
  const { store } = deps;
  const { architecture } = input;
  const started = deps.now();
  const seconds = () => (deps.now().getTime() - started.getTime()) / 1000;
  const logFile = await store.log(log);
  const note = (text: string) => appendFile(logFile, `millrace: ${text}\n`);
  await note(`attempt ${attempt.id} of ${input.snapshot.package} ${input.version}-r${input.epoch} for ${architecture}`);
  for (const name of attempt.leftovers) await note(`removed what the dead attempt ${name} left`);

  return await underHeartbeat(log, async (life) => {
    const tools = await findTools();
    const prepared = await prepare(deps, input, attempt, tools);
    if (!prepared.ok) {
      await note(prepared.error.summary);
      return {
        outcome: 'failed',
        architecture,
        key: prepared.error.key,
        log,
        seconds: seconds(),
        reused: false,
        packages: [],
        failure: { class: 'real', summary: prepared.error.summary },
      };
    }
    const { key, compiled, environment, epoch } = prepared.value;
    const known = await finishedBuild(store, key);
    if (known) {
      await note(`found finished as ${key}: its log is ${known.log}`);
      return resultOf(known, { log: known.log, seconds: seconds(), reused: true });
    }
    await note(`key ${key}, environment of ${environment.length} packages, SOURCE_DATE_EPOCH ${epoch}`);
    await writeClosure(environment, architecture, join(attempt.folder, 'repository'), join(deps.work, 'fetched'));
    await placeSources(input.sources, join(attempt.folder, 'sources'), store);
    // The source directory's files are copied into the build's home, where git looks for its configuration.
    const home = join(attempt.folder, sourceDirectory(input.snapshot));
    await placeRepositories(input.sources, join(attempt.folder, 'sources'), join(home, '.gitconfig'), store);

    const command = melangeCommand(deps, input);
    const finished = await runInSandbox(tools, command, {
      folder: attempt.folder,
      readOnly: ['spec', 'sources', 'repository'],
      environment: { SOURCE_DATE_EPOCH: String(epoch) },
      ...(life.signal ? { signal: life.signal } : {}),
      timeoutSeconds: deps.buildSeconds,
      logFile,
      onLine: (line) => life.say(bare(line)),
    });
    if (finished.code !== 0) {
      const failure = classifyFailure({
        lines: await tail(logFile, EXCERPT_LINES),
        timedOut: finished.timedOut,
        timeoutSeconds: deps.buildSeconds,
        kind: 'build',
        steps: compiled.steps,
      });
      await note(`${failure.class}: ${failure.summary}`);
      if (isTriedAgain(failure, activityAttempt()))
        throw infrastructure(`${input.snapshot.package} for ${architecture}: ${failure.summary}; log ${log}`);
      // What a failure is explained by; a kind of its own, so that it is never found as a finished build.
      await store.writeRecord('failed-build', keyName(key), { environment: environment.map(locked) });
      const tests = await upstreamTests(input.snapshot, store, logFile, false);
      return {
        outcome: 'failed',
        architecture,
        key,
        log,
        seconds: seconds(),
        reused: false,
        packages: [],
        ...(tests ? { upstreamTests: tests.step } : {}),
        failure: { class: failure.class, summary: failure.summary, ...(failure.step ? { step: failure.step } : {}) },
      };
    }
    const record: BuildRecord = {
      key,
      package: input.snapshot.package,
      version: input.version,
      epoch: input.epoch,
      architecture,
      commit: input.snapshot.commit,
      snapshot: input.snapshot,
      sources: input.sources,
      environment: environment.map(locked),
      environmentDigest: sha256(environmentText(environment)),
      tools: identities(tools),
      command,
      sourceDateEpoch: epoch,
      startedAt: started.toISOString(),
      finishedAt: deps.now().toISOString(),
      attempt: attempt.id,
      log,
      packages: await takePackages(join(attempt.folder, 'out', architecture), input, store),
      upstreamTests: await upstreamTests(input.snapshot, store, logFile, true),
    };
    await store.writeRecord('build', keyName(key), record);
    await note(`built ${record.packages.map(({ file }) => file).join(', ')}`);
    return resultOf(record, { log, seconds: seconds(), reused: false });
  });
}

/** Spec, environment and key; or why this cannot be built, with a key of what is known. */
async function prepare(
  deps: BuilderDeps,
  input: BuildInput,
  attempt: Attempt,
  tools: Tools,
): Promise<Result<Prepared, { readonly summary: string; readonly key: Digest }>> {
  const { snapshot, architecture } = input;
  const epoch = sourceDateEpoch(await sourceTimes(input.sources, deps.store));
  const keyOf = (environment: readonly LockedPackage[]) =>
    sha256(
      buildKeyText({
        snapshot,
        sources: input.sources,
        environment,
        tools: identities(tools),
        architecture,
        sourceDateEpoch: epoch,
        distribution: deps.distribution,
        specs: deps.specs,
        attempt: input.attempt,
      }),
    );
  const refuse = (summary: string) => fail({ summary, key: keyOf([]) });

  const compiled = await compile(tools, snapshot, architecture, deps.store, attempt.folder);
  if (!compiled.ok) return refuse(compiled.error);
  const problem = unbuildable(compiled.value, input);
  if (problem !== undefined) return refuse(problem);

  const repositories = await openRepositories(deps.repositories, architecture, join(deps.work, 'indexes'));
  const resolution = await resolve(tools, repositories, compiled.value.environment, architecture, join(attempt.folder, 'resolve'));
  if (!resolution.ok) return refuse(`the build environment does not resolve: ${resolution.problem}`);
  return ok({ key: keyOf(resolution.packages), compiled: compiled.value, environment: resolution.packages, epoch });
}

function unbuildable(compiled: CompiledSpec, input: BuildInput): string | undefined {
  const { snapshot, version, epoch } = input;
  const says = `${compiled.name} ${compiled.version}-r${compiled.epoch}`;
  if (says !== `${snapshot.package} ${version}-r${epoch}`)
    return `${snapshot.path} says ${says}, the release is ${snapshot.package} ${version}-r${epoch}`;
  if (compiled.repositories.length > 0)
    return `${snapshot.path} names APK repositories itself (${compiled.repositories.join(', ')}): builds take packages only from those of millrace.yaml, so name them there (environment.repositories)`;
  const verified = new Set(input.sources.flatMap((source) => [source.sha256, source.sha512]));
  const missing = compiled.fetches.find(({ digest }) => !verified.has(digest));
  if (missing)
    return `${snapshot.path} fetches ${missing.uri} with digest ${missing.digest || '(none)'}, which is not among its verified sources: correct the expected digest`;
  const nested = compiled.checkouts.find(({ submodules }) => submodules);
  if (nested)
    return `${snapshot.path} clones ${nested.repository} with its submodules, which are not fetched: leave recurse-submodules out, and name each submodule as a git-checkout of its own, with its path as destination`;
  const unknown = compiled.checkouts.find((checkout) => !input.sources.some((source) => isSourceOf(checkout, source)));
  if (unknown)
    return `${snapshot.path} clones ${unknown.repository} at ${unknown.ref} and expects commit ${unknown.commit || '(none)'}, which is not among its verified sources: correct tag, branch or expected-commit`;
  return undefined;
}

/** As melange does, the id of an annotated tag counts as well as that of its commit. */
function isSourceOf({ repository, ref, commit }: CompiledCheckout, { uri, git, commit: fetched }: FetchedSource): boolean {
  const tip = git?.refs[ref];
  return uri === repository && tip !== undefined && (commit === fetched || commit === tip);
}

function sourceDirectory(snapshot: SpecSnapshot): string {
  return `spec/${dirname(snapshot.path)}/${snapshot.package}`;
}

function melangeCommand(deps: BuilderDeps, { snapshot, architecture }: BuildInput): readonly string[] {
  return [
    ...['melange', 'build', `spec/${snapshot.path}`, '--arch', architecture, '--runner', 'bubblewrap'],
    ...['--source-dir', sourceDirectory(snapshot)],
    // Each apk was checked against the signed index that named it.
    ...['--repository-append', '/mnt/repository', '--ignore-signatures'],
    ...['--cache-dir', '/mnt/sources', '--apk-cache-dir', '/mnt/apk-cache', '--out-dir', '/mnt/out'],
    ...['--namespace', deps.distribution, '--git-commit', snapshot.commit, '--git-repo-url', deps.specs, '--license', 'Apache-2.0'],
    // Linters are a check of their own: a finding must not cost the build.
    ...['--generate-index=false', '--lint-require=', '--lint-warn='],
  ];
}

async function sourceTimes(sources: readonly FetchedSource[], store: Store): Promise<readonly number[]> {
  const times = await Promise.all(sources.map(async ({ object }) => await modificationTimes(await store.object(object))));
  return times.flat();
}

/** Under the names that melange's fetch pipeline looks for before it would use the network. */
async function placeSources(sources: readonly FetchedSource[], folder: string, store: Store): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { object, sha256: short, sha512: long } of new Map(sources.map((source) => [source.object, source])).values()) {
    await place(await store.object(object), join(folder, `sha256:${short}`));
    await place(await store.object(object), join(folder, `sha512:${long}`));
  }
}

/** A finished build with this key, if all that it made is still there. */
async function finishedBuild(store: Store, key: Digest): Promise<BuildRecord | undefined> {
  const record = await store.readRecord<BuildRecord>('build', keyName(key));
  if (!record) return undefined;
  const there = await Promise.all(record.packages.map(({ object }) => store.has(object)));
  return there.every(Boolean) ? record : undefined;
}

async function takePackages(folder: string, input: BuildInput, store: Store): Promise<readonly BuiltPackage[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.apk')).sort();
  const packages: BuiltPackage[] = [];
  for (const file of files) {
    const { info, checksum, size } = await readApk(join(folder, file));
    if (file !== `${info.name}-${input.version}-r${input.epoch}.apk`)
      throw infrastructure(`melange wrote ${file}, which says that it is ${info.name} ${info.version}`);
    packages.push({ name: info.name, file, object: await store.putFile(join(folder, file), { move: true }), checksum, bytes: size });
  }
  return packages;
}

/** The step that runs upstream's own tests, if it ran. One without a name leaves no trace in the log: a build that passed ran it. */
async function upstreamTests(
  snapshot: SpecSnapshot,
  store: Store,
  logFile: string,
  passed: boolean,
): Promise<{ readonly step: string } | undefined> {
  const spec = readSpec(await readFile(await store.object(snapshot.spec), 'utf8'), snapshot.path);
  const step = spec.ok ? upstreamTestStep(spec.value) : undefined;
  if (!spec.ok || step === undefined) return undefined;
  const named = allNames(spec.value.pipeline).includes(step);
  if (!named) return passed ? { step } : undefined;
  const announced = announcedSteps((await readFile(logFile, 'utf8')).split('\n'));
  return announced.some((item) => item.package === undefined && item.step === step) ? { step } : undefined;
}

function allNames(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ name, pipeline }) => [...(name ? [name.value] : []), ...allNames(pipeline)]);
}

function resultOf(record: BuildRecord, run: Pick<BuildResult, 'log' | 'seconds' | 'reused'>): BuildResult {
  return {
    outcome: 'built',
    architecture: record.architecture,
    key: record.key,
    ...run,
    packages: record.packages,
    ...(record.upstreamTests ? { upstreamTests: record.upstreamTests.step } : {}),
  };
}

function locked({ name, version, checksum, url }: LockedPackage): LockedPackage {
  return { name, version, checksum, url };
}

function identities(tools: Tools): Readonly<Record<string, string>> {
  return { melange: tools.melange.identity, apko: tools.apko.identity, bubblewrap: tools.bwrap.identity };
}

function sha256(text: string): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
