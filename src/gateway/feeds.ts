import type { FastifyInstance } from 'fastify';
import { shownGeneration } from '../activities/repository/current';
import { OSV, repositoryPaths, SECDB } from '../activities/repository/layout';
import { isAdvisoryId } from '../domain/advisory/id';
import { Refused } from './refused';
import { sendFile } from './send-file';

const TYPE = 'application/json';
/** A feed is the one of the generation shown now: it is asked for anew each time. */
const CACHE = 'no-cache';

/**
 * Serves the advisory feeds of the generation shown: `/repository/security.json`, which names packages relative to itself, and OSV records at `/repository/osv/all.json` and
 * `/repository/osv/<id>.json`. A generation never changes, so an answer is of one of them whatever is published meanwhile.
 */
export function serveFeeds(server: FastifyInstance, root: string): void {
  const paths = repositoryPaths(root);

  server.get(`/repository/${SECDB}`, async (request, reply) => {
    const folder = paths.generation(await shownGeneration(root));
    return sendFile(request, reply, { folder, file: SECDB, type: TYPE, cache: CACHE });
  });

  server.get<{ Params: { file: string } }>(`/repository/${OSV}/:file`, async (request, reply) => {
    const { file } = request.params;
    const name = /^(.*)\.json$/.exec(file)?.[1];
    if (name === undefined || (name !== 'all' && !isAdvisoryId(name)))
      throw new Refused(404, 'the feed has all.json and <id of an advisory>.json');
    const folder = `${paths.generation(await shownGeneration(root))}/${OSV}`;
    return sendFile(request, reply, { folder, file, type: TYPE, cache: CACHE });
  });
}
