import type { Cause } from '../release/release';
import type { UpdateDecision } from '../update/candidate';
import { compareVersionTexts, fullVersion } from '../version/version';

/** What a sweep knows of one package. */
export interface Seen {
  readonly package: string;
  readonly spec: { readonly version: string; readonly epoch: number };
  /** Newest published `version-rN`. */
  readonly published?: string;
  readonly update?: UpdateDecision;
  /** Files of the package on main that are other than in the published version. */
  readonly edited: readonly string[];
}

/** What a sweep says of one package: hints for what is worth a look, and problems that only a person can solve. */
export interface Differences {
  readonly causes: readonly Cause[];
  readonly problems: readonly string[];
}

/**
 * What differs between upstream, main and the published repository. The id of a cause comes from what differs, so that the same difference is the same
 * hint however often it is seen. `at` is ISO 8601.
 */
export function differencesOf(seen: Seen, at: string): Differences {
  const { package: name, published, update } = seen;
  const onMain = fullVersion(seen.spec.version, seen.spec.epoch);
  const causes: Cause[] = [];
  const problems: string[] = [];
  if (update?.chosen && isNewer(update.chosen.version, seen.spec.version)) {
    const { version, candidate } = update.chosen;
    const link = candidate.link ? { link: candidate.link } : {};
    causes.push({ id: `upstream:${name}:${version}`, kind: 'upstream-release', text: `${name} ${version} was released`, at, ...link });
  }
  if (update?.retagged) {
    const { name: tag, was, is } = update.retagged;
    problems.push(`${name}: upstream moved the tag ${tag} from ${was} to ${is}: find out why before anything is built from it`);
  }
  if (published === undefined || isNewer(onMain, published)) {
    const text =
      published === undefined
        ? `${name} ${onMain} is on main and not published`
        : `${name} ${onMain} is on main, ${published} is published`;
    causes.push({ id: `spec:${name}:${onMain}`, kind: 'spec-change', text, at });
  } else if (isNewer(published, onMain)) {
    problems.push(`${name}: main says ${onMain}, but ${published} is published: raise the version or the epoch of the spec`);
  } else if (seen.edited.length > 0) {
    problems.push(`${name}: ${seen.edited.join(', ')} changed on main since ${onMain} was published: raise the epoch of the spec`);
  }
  return { causes, problems };
}

/** The hint for a package whose spec is gone; `commit` is a commit of main without it. */
export function removalCause(name: string, commit: string, at: string): Cause {
  return { id: `removed:${name}:${commit}`, kind: 'spec-change', text: `the spec of ${name} was removed from main`, at };
}

/** False where a version cannot be read: the spec's own check tells of that. */
function isNewer(a: string, b: string): boolean {
  const order = compareVersionTexts(a, b);
  return order.ok && order.value > 0;
}
