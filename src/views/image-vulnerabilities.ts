import { compareVersionTexts } from '../domain/version/version';
import type { Vulnerability } from './vulnerabilities';

/** What is said of a vulnerability for one image. */
export interface ImageVulnerability extends Vulnerability {
  /** `version-rN` of the package in the image. */
  readonly has: string;
}

/**
 * What the advisories say of the packages in an image. `versions` holds `version-rN` by origin. What is fixed in a later version than the image has is open in it; so is what cannot
 * be compared. In the order of `known`, those that are open by this first.
 */
export function vulnerabilitiesOf(known: readonly Vulnerability[], versions: ReadonlyMap<string, string>): readonly ImageVulnerability[] {
  const found = known.flatMap((one): ImageVulnerability[] => {
    const has = versions.get(one.package);
    return has === undefined ? [] : [{ ...one, ...inVersion(one, has), has }];
  });
  return [...found.filter(({ state }) => state === 'open'), ...found.filter(({ state }) => state !== 'open')];
}

function inVersion({ state, fixedIn }: Vulnerability, has: string): Partial<Vulnerability> {
  if (state !== 'fixed' || fixedIn === undefined) return {};
  if (fixedIn === '0') return { state: 'not affected', why: 'no version was ever affected' };
  const order = compareVersionTexts(has, fixedIn);
  if (!order.ok) return { state: 'open', why: `fixed in ${fixedIn}, which cannot be compared with ${has}` };
  return order.value >= 0 ? {} : { state: 'open', why: `fixed in ${fixedIn}, which is not in this image yet` };
}
