import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest } from '../../domain/digest';
import type { ImageLock, LockedVariant } from '../../domain/image/image';
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
import { CONFIG, LOCK } from './apko';
import { packLayout, readLayout } from './layout';
import { readLockedFile } from './locked-file';
import type { ImagePackage } from './locked-file';
import { locatePackage } from './named-repositories';
import { imageSpecOf } from './read-locked';
import { sbomVerdict, structureVerdict } from './verdicts';

export interface ImageBuilderDeps {
  readonly store: Store;
  readonly repositories: PackageRepositories;
  readonly work: string;
  readonly buildSeconds: number;
  readonly now: () => Date;
}

/** A package of a lock is not to be had any more: stage0 or another repository changed since. The image is locked anew by the next look. */
export class LockStale extends Error {
  constructor(item: ImagePackage, reason: string) {
    super(`${item.name} ${item.version} of the lock is not to be had any more (${reason}): look at the image again, which locks it anew`);
    this.name = 'LockStale';
  }
}

/**
 * Builds images with apko from exactly the locked packages, in the sandbox of builds: no network, and of the machine nothing but the system's programs. Every name and time
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

interface Place {
  readonly folder: string;
  readonly log: string;
  readonly signal?: AbortSignal;
  say(line: string): void;
}

async function build(deps: ImageBuilderDeps, lock: ImageLock, locked: LockedVariant, place: Place) {
  const { store, now } = deps;
  const { folder } = place;
  const { variant } = locked;
  const started = now();
  const packages = await readLockedFile(await store.object(locked.digest));
  const epoch = await placePackages(deps, packages, folder);
  const architectures = [...new Set(packages.map(({ architecture }) => architecture))];
  await runApko(deps, locked, architectures, epoch, place);

  const layout = await readLayout(join(folder, 'layout'));
  const sboms: Record<string, Digest> = {};
  for (const architecture of architectures)
    sboms[architecture] = await store.putFile(join(folder, 'sbom', `sbom-${architecture}.spdx.json`));
  const { variants } = await imageSpecOf(store, lock);
  const structure = variants.find(({ name }) => name === variant)?.structure ?? {};
  const looks = [await sbomVerdict(variant, packages, sboms, store), await structureVerdict(variant, structure, layout)];
  const archive = join(folder, 'layout.tar');
  await packLayout(join(folder, 'layout'), archive);
  const { size } = await stat(archive);
  const built = { variant, digest: layout.digest, layout: await store.putFile(archive, { move: true }), sboms, bytes: size };
  const seconds = (now().getTime() - started.getTime()) / 1000;
  return { built, verdicts: looks.map((verdict) => ({ ...verdict, seconds })) };
}

/** Puts the locked packages below `folder` by the names of their lock. Returns when the newest was built, in seconds: the time of everything in the image. */
async function placePackages(deps: ImageBuilderDeps, packages: readonly ImagePackage[], folder: string): Promise<number> {
  let newest = 0;
  for (const item of packages) {
    const source = locatePackage(item.url, deps.repositories);
    if (source === undefined) throw new LockStale(item, `millrace.yaml names no repository ${dirname(dirname(item.url))}`);
    const remote = /^https?:/.test(source);
    if (!remote) await stat(source).catch(() => Promise.reject(new LockStale(item, `${source} is missing`)));
    const target = join(folder, localName(item.url));
    await mkdir(dirname(target), { recursive: true });
    const apk = await placePackage({ ...item, url: source }, target, join(deps.work, 'fetched')).catch((error: unknown) => {
      throw remote ? error : new LockStale(item, (error as Error).message);
    });
    newest = Math.max(newest, apk.info.buildDate);
  }
  return newest;
}

/** Where a package of a remote repository lies while there is no network. */
function localName(url: string): string {
  return url.replace(/^(https?):\/\//, 'repositories/$1/');
}

async function runApko(
  deps: ImageBuilderDeps,
  locked: LockedVariant,
  architectures: readonly string[],
  epoch: number,
  place: Place,
): Promise<void> {
  const { folder, log, signal, say } = place;
  const text = JSON.parse(await readFile(await deps.store.object(locked.digest), 'utf8')) as {
    readonly contents: { readonly packages: readonly { readonly url: string }[] };
  };
  const packages = text.contents.packages.map((item) => ({ ...item, url: localName(item.url) }));
  await writeFile(join(folder, LOCK), JSON.stringify({ ...text, contents: { ...text.contents, packages } }));
  await copyFile(await deps.store.object(locked.config), join(folder, CONFIG));
  const options: SandboxOptions = {
    folder,
    readOnly: ['repositories', CONFIG, LOCK],
    environment: { SOURCE_DATE_EPOCH: String(epoch) },
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
      ...['apko', 'build', CONFIG, 'image', 'layout/', '--lockfile', LOCK, '--arch', architectures.join(',')],
      // The packages were compared with the lock, which was made from signed indexes. The name of the repository is a word in the image's /etc/apk/repositories and no more.
      ...['--ignore-signatures', '--repository-append', 'repositories/published'],
      ...['--sbom-path', 'sbom', '--vcs=false', '--log-level', 'warn'],
    ],
    options,
  );
  if (finished.code === 0) return;
  const said = /^Error: ([^]*)$/m.exec(finished.stderr)?.[1] ?? finished.stderr;
  throw infrastructure(finished.timedOut ? `apko built for more than ${deps.buildSeconds} s` : `apko cannot build: ${condense(said)}`);
}
