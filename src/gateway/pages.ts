import type { FastifyInstance, FastifyReply } from 'fastify';
import type { FloorView } from '../domain/floor/view';
import type { Catalogue } from '../views/catalogue';
import type { ImageStanding, ImageStory } from '../views/images';
import type { Overview } from '../views/overview';
import type { Vulnerabilities } from '../views/vulnerabilities';
import { advisoriesPage } from './page/advisories';
import { documentOf, PAGE_HEADERS, type Page } from './page/document';
import { imagePage } from './page/image';
import { imagesPage } from './page/images';
import { linePage } from './page/line';
import { packagePage, type PackagePageStory } from './page/package';
import { packagesPage } from './page/packages';
import type { Surroundings } from './page/parts';
import { unknownImagePage, unknownPackagePage } from './page/unknown';

export interface PagesDeps {
  readonly distribution: string;
  readonly architectures: readonly string[];
  /** Name of the public key under `/keys/`. */
  readonly key: string;
  readonly overview: () => Promise<Overview>;
  readonly catalogue: () => Promise<Catalogue>;
  /** Undefined where it does not run or does not answer. */
  readonly floor: () => Promise<FloorView | undefined>;
  /** Undefined for a name that nobody knows. */
  readonly packageStory: (name: string) => Promise<PackagePageStory | undefined>;
  /** Undefined where the factory keeps no advisories. */
  readonly vulnerabilities: () => Promise<Vulnerabilities | undefined>;
  readonly images: () => Promise<readonly ImageStanding[]>;
  /** Undefined for a name that nobody looked at. */
  readonly imageStory: (name: string) => Promise<ImageStory | undefined>;
  /** Host of the registry that images are pulled from; absent where none is set. */
  readonly registry?: string;
  readonly workflowUrl: Surroundings['workflowUrl'];
  readonly clock: () => Date;
}

const REFRESH_SECONDS = 5;

/** The pages for people: `/`, `/packages`, `/packages/<name>`, `/images`, `/images/<name>`, `/advisories`. They only read. */
export function servePages(server: FastifyInstance, deps: PagesDeps): void {
  const { distribution, architectures, key } = deps;
  const around = (): Surroundings => ({ now: deps.clock().getTime(), workflowUrl: deps.workflowUrl });
  const show = (reply: FastifyReply, page: Page, status = 200) => reply.code(status).headers(PAGE_HEADERS).send(documentOf(page));

  server.get<{ Querystring: { refresh?: unknown } }>('/', async (request, reply) => {
    const [overview, catalogue, floor] = await Promise.all([deps.overview(), deps.catalogue(), deps.floor()]);
    const refresh = request.query.refresh === 'off' ? {} : { refresh: REFRESH_SECONDS };
    return show(reply, linePage({ overview, catalogue, ...(floor ? { floor } : {}), architectures, key, ...refresh }, around()));
  });

  server.get<{ Querystring: { find?: unknown; page?: unknown } }>('/packages', async (request, reply) => {
    const { find, page } = request.query;
    const asked = {
      find: typeof find === 'string' ? find.slice(0, 100) : '',
      page: typeof page === 'string' ? Number.parseInt(page, 10) || 1 : 1,
    };
    return show(reply, packagesPage(distribution, await deps.catalogue(), asked, around().now));
  });

  server.get('/images', async (_request, reply) => show(reply, imagesPage(distribution, await deps.images(), around().now)));

  server.get<{ Params: { name: string } }>('/images/:name', async (request, reply) => {
    const { name } = request.params;
    const story = await deps.imageStory(name);
    if (!story) return show(reply, unknownImagePage(distribution, name.slice(0, 128)), 404);
    return show(reply, imagePage(distribution, story, deps.registry, around()));
  });

  server.get<{ Params: { name: string } }>('/packages/:name', async (request, reply) => {
    const { name } = request.params;
    const story = await deps.packageStory(name);
    if (!story) return show(reply, unknownPackagePage(distribution, name.slice(0, 128)), 404);
    return show(reply, packagePage(distribution, story, around()));
  });

  server.get('/advisories', async (_request, reply) =>
    show(reply, advisoriesPage(distribution, await deps.vulnerabilities(), around().now)),
  );
}
