import type { Page } from './document';
import { markup } from './markup';
import { meantPart } from './parts';

/** What there is not, with names that were probably meant; the same as JSON. */
export interface Unknown {
  readonly error: string;
  readonly didYouMean: readonly string[];
}

/** What a browser is shown for a package that is in no index, record or spec. */
export function unknownPackagePage(distribution: string, name: string, near: readonly string[]): Page {
  return {
    title: `No package ${name} in ${distribution}`,
    distribution,
    at: 'elsewhere',
    main: markup`<h1>There is no package ${name}</h1>
      ${meantPart(near, '/packages')}
      <p>It is neither published nor in flight, and there is no spec of that name. <a href="/packages">All packages</a></p>`,
  };
}

/** What a browser is shown for an image that nobody looked at. */
export function unknownImagePage(distribution: string, name: string, near: readonly string[]): Page {
  return {
    title: `No image ${name} in ${distribution}`,
    distribution,
    at: 'elsewhere',
    main: markup`<h1>There is no image ${name}</h1>
      ${meantPart(near, '/images')}
      <p>Nobody has looked at an image of that name. <a href="/images">All images</a></p>`,
  };
}
