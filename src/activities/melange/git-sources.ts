import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitObjects, FetchedSource } from '../../domain/release/release';
import { complaintOf, runGit } from '../sources/git-command';
import type { Store } from '../store/store';
import { infrastructure } from './infrastructure';
import { place } from './repositories';

/** Where melange shows its `--cache-dir` to the build. */
const CACHE = '/var/cache/melange';

const GIT_SECONDS = 30 * 60;

/**
 * Makes a bare repository for each git source in `<cache>/git`, with the commits that were fetched and no others, and writes into the file
 * `configuration` what lets git read it where a build clones the source's URL. Throws the retryable `Infrastructure`.
 */
export async function placeRepositories(
  sources: readonly FetchedSource[],
  cache: string,
  configuration: string,
  store: Store,
): Promise<void> {
  for (const repository of new Set(sources.map(({ uri }) => uri))) {
    const objects = sources.flatMap(({ uri, git }) => (uri === repository && git ? [git] : []));
    if (objects.length === 0) continue;
    // The same on every machine: what a build clones remembers it.
    const name = createHash('sha256').update(repository).digest('hex').slice(0, 16);
    await makeRepository(objects, join(cache, 'git', name), store);
    await git(['config', '--file', configuration, '--add', `url.file://${CACHE}/git/${name}.insteadOf`, repository]);
    // Its owner is nobody where the build sees it.
    await git(['config', '--file', configuration, '--add', 'safe.directory', `${CACHE}/git/${name}`]);
  }
}

async function makeRepository(objects: readonly GitObjects[], folder: string, store: Store): Promise<void> {
  await mkdir(folder, { recursive: true });
  await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', folder]);
  for (const { pack } of objects) {
    const file = join(folder, 'objects', 'pack', `pack-${pack.slice('sha256:'.length)}.pack`);
    await place(await store.object(pack), file);
    await git(['index-pack', file], folder);
  }
  await writeFile(join(folder, 'shallow'), objects.flatMap(({ shallow }) => shallow.map((commit) => `${commit}\n`)).join(''));
  for (const { refs } of objects) for (const [ref, tip] of Object.entries(refs)) await git(['update-ref', '--', ref, tip], folder);
}

async function git(args: readonly string[], repository?: string): Promise<void> {
  const finished = await runGit(args, { timeoutSeconds: GIT_SECONDS, ...(repository === undefined ? {} : { repository }) });
  if (finished.code !== 0) throw infrastructure(`git ${args[0]} of a verified source failed: ${complaintOf(finished)}`);
}
