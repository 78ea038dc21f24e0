import { lstat } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { shownGeneration } from '../activities/repository/current';
import { codeOf } from '../activities/repository/disk';
import { GENERATIONS_WITH_LINKS, INDEX, repositoryPaths } from '../activities/repository/layout';
import { Refused } from './refused';
import { sendFile } from './send-file';

export interface RepositoryDeps {
  /** Folder of the published repository. */
  readonly root: string;
  readonly architectures: readonly string[];
  /** The public key: its name in keyrings, and the folder it lies in, which holds secrets too. */
  readonly key: { readonly folder: string; readonly name: string };
  /** The public key of images, in the same folder, where there is one. */
  readonly imageKey?: string;
}

/** One file name, of the characters of package names and versions, that a disk can hold: it cannot leave its folder, and nothing in it is decoded. */
const APK = /^[A-Za-z0-9][A-Za-z0-9+._~-]{0,250}\.apk$/;
const YEAR_SECONDS = 31_536_000;

/**
 * Serves the published repository to apk, apko and melange: `/repository/<architecture>/…` and `/keys/<name>.rsa.pub`. What is asked for is compared with what there
 * may be before any path is made of it. An index is the one of the generation shown now and is asked for anew each time; a package never changes, and one that a
 * newer generation dropped is still found for as long as a client may hold the index that named it.
 */
export function serveRepository(server: FastifyInstance, deps: RepositoryDeps): void {
  const paths = repositoryPaths(deps.root);

  // A parameter of a route is cut off at 100 letters, and a file name may have more.
  server.get<{ Params: { architecture: string; '*': string } }>('/repository/:architecture/*', async (request, reply) => {
    const { architecture, '*': file } = request.params;
    if (!deps.architectures.includes(architecture))
      throw new Refused(404, `there is no such architecture here: ${deps.architectures.join(', ')}`);
    const shown = await shownGeneration(deps.root);
    if (file === INDEX) {
      const folder = `${paths.generation(shown)}/${architecture}`;
      return sendFile(request, reply, { folder, file, type: 'application/gzip', cache: 'no-cache' });
    }
    if (!APK.test(file)) throw new Refused(404, `a repository has ${INDEX} and packages: <name>-<version>-r<epoch>.apk`);
    for (let generation = shown; generation > Math.max(0, shown - GENERATIONS_WITH_LINKS); generation -= 1) {
      if (!(await isThere(`${paths.generation(generation)}/${architecture}/${file}`))) continue;
      const cache = `public, max-age=${YEAR_SECONDS}, immutable`;
      return sendFile(request, reply, { folder: `${paths.objects}/${architecture}`, file, type: 'application/octet-stream', cache });
    }
    throw new Refused(404, `generation ${shown} has no ${file} for ${architecture}`);
  });

  server.get<{ Params: { file: string } }>('/keys/:file', async (request, reply) => {
    const { folder, name } = deps.key;
    const file = [name, deps.imageKey].find((known) => known === request.params.file);
    if (file === undefined) throw new Refused(404, `the key of this repository is /keys/${name}`);
    return sendFile(request, reply, { folder, file, type: 'application/x-pem-file', cache: 'public, max-age=300' });
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
