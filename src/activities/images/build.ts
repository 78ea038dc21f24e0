import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest } from '../../domain/digest';
import type { ImageLock, LockedVariant } from '../../domain/image/image';
import type { ImagePackage } from '../../domain/image/lock';
import type { ImageBuilderActivities } from '../contract';
import { activityAttempt, underHeartbeat } from '../melange/activity-life';
import { openAttempt } from '../melange/attempt';
import { infrastructure } from '../melange/infrastructure';
import { condense, placePackage } from '../melange/repositories';
import type { PackageRepositories } from '../melange/repositories';
import { runInSandbox } from '../melange/sandbox';
import type { SandboxOptions } from '../melange/sandbox';
import { findTools } from '../melange/tools';
import type { Store } from '../store/store';
import { imageAnnotations } from './annotations';
import { CONFIG, LOCK } from './apko';
import { LockStale } from './lock-stale';
import { packLayout, readLayout } from './layout';
import { readLockedFile } from './locked-file';
import { locatePackage } from './named-repositories';
import { imageSpecOf } from './read-locked';
import { reproducibleVerdict } from './reproducible';
import type { Made } from './reproducible';
import { scanVerdict } from './scan';
import { sbomVerdict, structureVerdict } from './verdicts';

export interface ImageBuilderDeps {
  readonly store: Store;
  readonly repositories: PackageRepositories;
  readonly work: string;
  readonly buildSeconds: number;
  readonly now: () => Date;
}

/**
 * Builds images with apko from exactly the locked packages, twice, in the sandbox of builds: no network, and of the machine nothing but the system's programs. Every name and time
 * that goes in comes from the lock, so the same lock gives the same digest on any machine. Throws `LockStale` and the retryable `Infrastructure`.
 */
export function createImageBuilderActivities(deps: ImageBuilderDeps): ImageBuilderActivities {
  return {
    async buildImage({ lock, variant }) {
      const locked = lock.variants.find((item) => item.variant === variant);
      if (!locked) throw new Error(`the lock of image ${lock.image} has no variant ${variant || '(plain)'}`);
      const attempt = await openAttempt(join(deps.work, 'images', `build-${lock.image}`));
      const name = `${variant || 'plain'}-${activityAttempt()}-${attempt.id}`;
      const log = `images/${lock.image}/${lock.key.slice('sha256:'.length).slice(0, 16)}/build-${name}.log`;
      try {
        return await underHeartbeat(log, (life) => build(deps, lock, locked, { folder: attempt.folder, log, ...life }));
      } finally {
        await attempt.remove();
      }
    },
  };
}

/** The two runs of apko are as unlike as one machine allows: nothing of this may be in an image. */
const RUNS: readonly Readonly<Record<string, string>>[] = [{}, { TZ: 'Pacific/Kiritimati', GOMAXPROCS: '1' }];

async function build(deps: ImageBuilderDeps, lock: ImageLock, locked: LockedVariant, place: Place) {
  const { store, now } = deps;
  const { variant } = locked;
  const started = now();
  const packages = await readLockedFile(await store.object(locked.digest));
  const inputs = await placePackages(deps, packages, join(place.folder, '0'));
  const architectures = [...new Set(packages.map(({ architecture }) => architecture))];
  const made: Made[] = [];
  for (const [index, environment] of RUNS.entries()) {
    const folder = join(place.folder, String(index));
    await mkdir(folder, { recursive: true });
    if (index > 0) await rename(join(place.folder, String(index - 1), PACKAGES), join(folder, PACKAGES));
    await runApko(deps, lock, locked, { architectures, ...inputs, environment }, { ...place, folder });
    const sboms = architectures.map((architecture) => [architecture, join(folder, 'sbom', `sbom-${architecture}.spdx.json`)] as const);
    made.push({ layout: await readLayout(join(folder, 'layout')), sboms: Object.fromEntries(sboms) });
  }
  const [first, second] = made as [Made, Made];

  const sboms: Record<string, Digest> = {};
  for (const [architecture, file] of Object.entries(first.sboms)) sboms[architecture] = await store.putFile(file);
  const { variants } = await imageSpecOf(store, lock);
  const structure = variants.find(({ name }) => name === variant)?.structure ?? {};
  const looks = [
    await sbomVerdict(variant, packages, sboms, store),
    await structureVerdict(variant, structure, first.layout),
    await reproducibleVerdict(variant, first, second),
    await scanVerdict(variant, packages, lock.generation, { store, published: deps.repositories.published.folder }),
  ];
  const archive = join(place.folder, 'layout.tar');
  await packLayout(join(place.folder, '0', 'layout'), archive);
  const { size } = await stat(archive);
  const built = { variant, digest: first.layout.digest, layout: await store.putFile(archive, { move: true }), sboms, bytes: size };
  const seconds = (now().getTime() - started.getTime()) / 1000;
  return { built, verdicts: looks.map((verdict) => ({ ...verdict, seconds })) };
}

/** Puts the locked packages below `folder` by the names of their lock. Answers when the newest was built, in seconds: the time of everything in the image; and the commit of each by name. */
async function placePackages(
  deps: ImageBuilderDeps,
  packages: readonly ImagePackage[],
  folder: string,
): Promise<{ readonly epoch: number; readonly commits: ReadonlyMap<string, string> }> {
  let epoch = 0;
  const commits = new Map<string, string>();
  for (const item of packages) {
    const stale = (reason: string) => new LockStale(`${item.name} ${item.version} of the lock is not to be had any more (${reason})`);
    const source = locatePackage(item.url, deps.repositories);
    if (source === undefined) throw stale(`millrace.yaml names no repository ${dirname(dirname(item.url))}`);
    const remote = /^https?:/.test(source);
    if (!remote) await stat(source).catch(() => Promise.reject(stale(`${source} is missing`)));
    const target = join(folder, localName(item.url));
    await mkdir(dirname(target), { recursive: true });
    const apk = await placePackage({ ...item, url: source }, target, join(deps.work, 'fetched')).catch((error: unknown) => {
      throw remote ? error : stale((error as Error).message);
    });
    epoch = Math.max(epoch, apk.info.buildDate);
    commits.set(item.name, apk.info.commit);
  }
  return { epoch, commits };
}

/** Where all packages lie below an attempt's folder. */
const PACKAGES = 'repositories';

/** Where a package of a remote repository lies while there is no network. */
function localName(url: string): string {
  return url.replace(/^(https?):\/\//, `${PACKAGES}/$1/`);
}

interface Place {
  readonly folder: string;
  readonly log: string;
  readonly signal?: AbortSignal;
  say(line: string): void;
}

async function runApko(
  deps: ImageBuilderDeps,
  lock: ImageLock,
  locked: LockedVariant,
  run: {
    readonly architectures: readonly string[];
    readonly epoch: number;
    readonly commits: ReadonlyMap<string, string>;
    readonly environment: Readonly<Record<string, string>>;
  },
  place: Place,
): Promise<void> {
  const { folder, log, signal, say } = place;
  const text = JSON.parse(await readFile(await deps.store.object(locked.digest), 'utf8')) as {
    readonly contents: { readonly packages: readonly { readonly url: string }[] };
  };
  const packages = text.contents.packages.map((item) => ({ ...item, url: localName(item.url) }));
  await writeFile(join(folder, LOCK), JSON.stringify({ ...text, contents: { ...text.contents, packages } }));
  const config = await readFile(await deps.store.object(locked.config), 'utf8');
  await writeFile(join(folder, CONFIG), config);
  const { package: main } = await imageSpecOf(deps.store, lock);
  const revision = run.commits.get(main) ?? '';
  const annotations = imageAnnotations({ title: lock.image, version: locked.version, revision, config });
  const options: SandboxOptions = {
    folder,
    readOnly: [PACKAGES, CONFIG, LOCK],
    environment: { ...run.environment, SOURCE_DATE_EPOCH: String(run.epoch) },
    timeoutSeconds: deps.buildSeconds,
    logFile: await deps.store.log(log),
    onLine: say,
    ...(signal ? { signal } : {}),
  };
  const finished = await runInSandbox(
    await findTools(),
    [
      // The folders belong to whom the sandbox runs as.
      ...['sh', '-c', 'mkdir layout sbom && exec "$@"', 'sh'],
      ...['apko', 'build', CONFIG, 'image', 'layout/', '--lockfile', LOCK, '--arch', run.architectures.join(',')],
      // The packages were compared with the lock, which was made from signed indexes. The name of the repository is a word in the image's /etc/apk/repositories and no more.
      ...['--ignore-signatures', '--repository-append', 'repositories/published'],
      ...['--sbom-path', 'sbom', '--vcs=false', '--log-level', 'warn'],
      ...Object.entries(annotations).flatMap(([name, value]) => ['--annotations', `${name}:${value}`]),
    ],
    options,
  );
  if (finished.code === 0) return;
  const said = /^Error: ([^]*)$/m.exec(finished.stderr)?.[1] ?? finished.stderr;
  throw infrastructure(finished.timedOut ? `apko built for more than ${deps.buildSeconds} s` : `apko cannot build: ${condense(said)}`);
}
