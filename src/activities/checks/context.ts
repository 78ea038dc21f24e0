import { readFile } from 'node:fs/promises';
import { fileName } from '../../domain/apk/file-name';
import type { ApkEntry } from '../../domain/apk/apk';
import { policyOf } from '../../domain/floor/policy';
import type { PolicyRule } from '../../domain/floor/policy';
import { fail, ok } from '../../domain/result';
import type { Result } from '../../domain/result';
import type { FetchedSource } from '../../domain/release/release';
import { readSpec } from '../../domain/spec/read';
import { sourcesOf } from '../../domain/spec/sources';
import type { BuildView, ChangedFile, CheckContext, OpenedApk } from '../../checks/check';
import { listEntries, readApk } from '../apk/read';
import type { CheckRequest } from '../contract';
import type { Forge } from '../forge/forge';
import type { TestRunner } from '../melange/test-runner';
import type { RepositoryReader } from '../repository/reader';
import { readArchive } from '../sources/archive';
import type { ArchiveLimits } from '../sources/archive';
import type { UpstreamSources } from '../sources/upstreams';
import type { Store } from '../store/store';

/** What checks are run with. The tester has no forge and no upstreams, control has no runner: a check that asks for what is not there is an infrastructure failure. */
export interface CheckDeps {
  readonly store: Store;
  readonly repository: RepositoryReader;
  readonly forge?: Forge;
  readonly upstreams?: UpstreamSources;
  readonly runner?: TestRunner;
  readonly policies?: readonly PolicyRule[];
  readonly limits: ArchiveLimits;
}

/** Loads once: later callers get the same promise, also of a failure. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}

function needed<T>(thing: T | undefined, name: string): T {
  if (thing === undefined) throw new Error(`this worker has no ${name}: the check belongs to another role`);
  return thing;
}

async function openApk(path: string, file: string): Promise<OpenedApk> {
  const { info, scriptlets } = await readApk(path);
  const entries = await listEntries(path);
  return {
    file,
    info,
    entries,
    scripts: scriptlets,
    async visit(wanted, see) {
      if (!entries.some((entry) => entry.type === 'file' && wanted(entry))) return;
      await listEntries(path, { onFile: (entry: ApkEntry, content) => (wanted(entry) ? see(entry, content) : undefined) });
    },
  };
}

async function inOrder<T, U>(items: readonly T[], each: (item: T) => Promise<U>): Promise<readonly U[]> {
  const done: U[] = [];
  for (const item of items) done.push(await each(item));
  return done;
}

function viewOf(deps: CheckDeps, request: CheckRequest, build: CheckRequest['builds'][number]): BuildView {
  const { store, repository } = deps;
  const { architecture, packages } = build;
  const index = once(() => repository.readIndex(architecture));
  return {
    architecture,
    packages,
    index,
    built: once(() => inOrder(packages, async ({ object, file }) => openApk(await store.object(object), file))),
    previous: once(async () => {
      const { package: origin, previous } = request.release;
      const records = (await index()).filter((record) => record.origin === origin && record.version === previous);
      const files = records.map((record) => fileName(record.name, record.version));
      return inOrder(files, (file) => openApk(repository.apkPath(architecture, file), file));
    }),
  };
}

/** Everything that the checks of one request look at, loaded when first asked for. */
export function createCheckContext(deps: CheckDeps, request: CheckRequest, signal?: AbortSignal): CheckContext {
  const { store, repository } = deps;
  const { release, change } = request;
  const { snapshot } = change;
  const specBytes = once(async () => readFile(await store.object(snapshot.spec)));
  const spec = once(async () => readSpec((await specBytes()).toString('utf8'), snapshot.path));
  const source = async (fetched: FetchedSource) => ((await store.has(fetched.object)) ? store.object(fetched.object) : undefined);
  const inspected = new Map<string, Promise<Result<readonly string[], string>>>();
  const inspect = async (fetched: FetchedSource): Promise<Result<readonly string[], string>> => {
    const names: string[] = [];
    try {
      const onEntry = async (entry: { readonly name: string }) => void names.push(entry.name);
      await readArchive(await store.object(fetched.object), deps.limits, { signal, onEntry });
      return ok(names);
    } catch (error) {
      if ((error as { readonly type?: unknown }).type !== 'ArchiveUnsafe') throw error;
      return fail((error as Error).message);
    }
  };
  return {
    release,
    change,
    attempt: request.attempt,
    builds: request.builds.filter((build) => build.outcome === 'built').map((build) => viewOf(deps, request, build)),
    get runner() {
      return needed(deps.runner, 'runner of built packages');
    },
    get rebuildPolicy() {
      return policyOf(release.package, needed(deps.policies, 'policies of rebuilds'));
    },
    spec,
    sourceReferences: once(async () => {
      const read = await spec();
      return read.ok ? sourcesOf(read.value) : read;
    }),
    packageFiles: once(async () => {
      const folder = snapshot.path.replace(/\.yaml$/, '');
      const files = await inOrder(Object.entries(snapshot.files), async ([path, digest]) => ({
        path: `${folder}/${path}`,
        content: await readFile(await store.object(digest)),
      }));
      return [{ path: snapshot.path, content: await specBytes() }, ...files];
    }),
    changedFiles: once(async () => {
      const forge = needed(deps.forge, 'forge');
      const paths = change.base === change.commit ? [] : await forge.changedFiles(change.base, change.commit);
      return inOrder(paths, async (path): Promise<ChangedFile> => {
        const before = await forge.read(change.base, path);
        const after = await forge.read(change.commit, path);
        return { path, ...(before ? { before } : {}), ...(after ? { after } : {}) };
      });
    }),
    source,
    inspect: (fetched) => {
      const known = inspected.get(fetched.object) ?? inspect(fetched);
      inspected.set(fetched.object, known);
      return known;
    },
    offered: async (upstream) => (await needed(deps.upstreams, 'upstreams').candidatesOf(upstream)).candidates,
    publishedLicence: once(async () => {
      if (release.previous === undefined) return undefined;
      for (const architecture of release.architectures) {
        const record = await repository.findPackage(release.package, architecture, release.previous);
        if (record) return record.license;
      }
      return undefined;
    }),
  };
}
