import type { FastifyInstance, FastifyRequest } from 'fastify';
import { nearest } from '../config/nearest';
import type { FloorView } from '../domain/floor/view';
import type { Catalogue } from '../views/catalogue';
import type { ImageComparison } from '../views/image-comparison';
import type { ListedImage } from '../views/image-index';
import type { ImageProfile } from '../views/image-profile';
import type { Overview } from '../views/overview';
import { pageOf } from '../views/page-of';
import type { Vulnerabilities } from '../views/vulnerabilities';
import { answerWith, nameOf, type Answer } from './answer';
import { advisoriesPage, advisoryList } from './page/advisories';
import { imagePage } from './page/image';
import { imageDiffPage } from './page/image-diff';
import { imagesPage, type ImageList } from './page/images';
import { lineJson, linePage } from './page/line';
import { packageJson, packagePage, type PackagePageStory } from './page/package';
import { packageList, packagesPage } from './page/packages';
import type { Surroundings } from './page/parts';
import { unknownImagePage, unknownPackagePage, type Unknown } from './page/unknown';

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
  /** Every image by name, or those that have what is looked for. */
  readonly images: (find: string) => Promise<readonly ListedImage[]>;
  /** Undefined for a name that nobody looked at. */
  readonly imageProfile: (name: string, asked: { readonly tag?: string; readonly moves: number }) => Promise<ImageProfile | undefined>;
  /** Undefined for an image that was never tagged. */
  readonly imageComparison: (name: string, asked: { readonly from?: string; readonly to?: string }) => Promise<ImageComparison | undefined>;
  readonly workflowUrl: Surroundings['workflowUrl'];
  readonly clock: () => Date;
}

const REFRESH_SECONDS = 5;
/** Images in one part of the list. */
const IMAGES = 100;
/** What is asked for in an address is cut off there. */
const LETTERS = 100;
const NAME_LETTERS = 128;

type Asked = FastifyRequest<{ Params: { name: string }; Querystring: Readonly<Record<string, unknown>> }>;

/**
 * The pages for people, each also as JSON (the address with `.json`, or `Accept: application/json`): `/`, `/packages`, `/packages/<name>`, `/images`, `/images/<name>`,
 * `/images/<name>/diff`, `/advisories`. They only read.
 */
export function servePages(server: FastifyInstance, deps: PagesDeps): void {
  const { distribution, architectures, key } = deps;
  const around = (): Surroundings => ({ now: deps.clock().getTime(), workflowUrl: deps.workflowUrl });
  const serve = (paths: readonly string[], answer: (request: Asked) => Promise<Answer>) => {
    for (const path of paths)
      server.get<{ Params: { name: string }; Querystring: Readonly<Record<string, unknown>> }>(path, async (request, reply) =>
        answerWith(request, reply, await answer(request)),
      );
  };

  serve(['/', '/line.json'], async ({ query }) => {
    const [overview, catalogue, floor] = await Promise.all([deps.overview(), deps.catalogue(), deps.floor()]);
    const refresh = query.refresh === 'off' ? {} : { refresh: REFRESH_SECONDS };
    const story = { overview, catalogue, ...(floor ? { floor } : {}), architectures, key, ...refresh };
    return { data: lineJson(story), page: linePage(story, around()) };
  });

  serve(['/packages', '/packages.json'], async ({ query }) => {
    const data = packageList(distribution, await deps.catalogue(), { find: text(query.find) ?? '', page: numberIn(query.page) });
    return { data, page: packagesPage(data, around().now) };
  });

  serve(['/packages/:name'], async ({ params }) => {
    const name = nameOf(params.name);
    const story = await deps.packageStory(name);
    if (story) return { data: packageJson(distribution, story), page: packagePage(distribution, story, around()) };
    const { packages } = await deps.catalogue();
    return unknown(
      'package',
      name,
      packages.map((one) => one.name),
    );
  });

  serve(['/images', '/images.json'], async ({ query }) => {
    const find = text(query.find) ?? '';
    const all = await deps.images('');
    const found = find === '' ? all : await deps.images(find);
    const names = all.map(({ image }) => image);
    const data: ImageList = {
      ...{ distribution, find, known: all.length },
      images: pageOf(found, numberIn(query.page), IMAGES),
      didYouMean: found.length > 0 ? [] : nearest(find, names),
    };
    return { data, page: imagesPage(data, around().now) };
  });

  serve(['/images/:name'], async (request) => {
    const name = nameOf(request.params.name);
    const tag = text(request.query.tag);
    const profile = await deps.imageProfile(name, { ...(tag === undefined ? {} : { tag }), moves: numberIn(request.query.moves) });
    if (!profile) return unknownImage(name);
    return { data: profile, page: imagePage(profile, addressOf(request), around()) };
  });

  serve(['/images/:name/diff', '/images/:name/diff.json'], async ({ params, query }) => {
    const [from, to] = [text(query.from), text(query.to)];
    const data = await deps.imageComparison(params.name, { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
    if (!data) return unknownImage(params.name);
    return { ...(data.problem && from !== undefined ? { status: 404 } : {}), data, page: imageDiffPage(data) };
  });

  serve(['/advisories', '/advisories.json'], async ({ query }) => {
    const data = advisoryList(distribution, await deps.vulnerabilities(), numberIn(query.page));
    return { data, page: advisoriesPage(data, around().now) };
  });

  const unknown = (kind: 'package' | 'image', asked: string, names: readonly string[]): Answer => {
    const name = asked.slice(0, NAME_LETTERS);
    const near = nearest(name, names);
    const data: Unknown = { error: `there is no ${kind} ${name}`, didYouMean: near };
    const page = kind === 'image' ? unknownImagePage(distribution, name, near) : unknownPackagePage(distribution, name, near);
    return { status: 404, data, page };
  };

  const unknownImage = async (name: string): Promise<Answer> => {
    const images = await deps.images('');
    return unknown(
      'image',
      name,
      images.map(({ image }) => image),
    );
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, LETTERS) : undefined;
}

function numberIn(value: unknown): number {
  return typeof value === 'string' ? Number.parseInt(value, 10) || 1 : 1;
}

/** Where the reader found the gateway; undefined where what it says of that is no host. */
function addressOf({ protocol, headers }: FastifyRequest): string | undefined {
  const { host = '' } = headers;
  return /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host) ? `${protocol}://${host}` : undefined;
}
