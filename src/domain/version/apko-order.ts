import { compareVersions, parseVersion, type Version } from './version';

/**
 * The order of versions in apko's solver (apko 1.2.37 `pkg/apk/apk/version.go`), which builds the environments and images. It differs from that of apk-tools:
 * components are numbers there even with a leading zero, a version has at most one pre-release suffix and one other after it, and `~hash` cannot be read.
 */
const FORM = /^([0-9]+)((?:\.[0-9]+)*)([a-z]?)(?:_(alpha|beta|pre|rc)([0-9]*))?(?:_(cvs|svn|git|hg|p)([0-9]*))?(?:-r([0-9]+))?$/;
const PRE = ['alpha', 'beta', 'pre', 'rc'];
const POST = ['cvs', 'svn', 'git', 'hg', 'p'];
/** Go's `int`. */
const GREATEST = 2n ** 63n - 1n;

interface ApkoVersion {
  readonly numbers: readonly bigint[];
  /** Letter, pre-release suffix and number, other suffix and number, revision: compared in this order. */
  readonly rest: readonly bigint[];
}

function parse(text: string): ApkoVersion | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [, first, more, letter, pre, preNumber, post, postNumber, revision] = match;
  const numbers = [first!, ...more!.split('.').slice(1)].map(BigInt);
  const rest = [
    BigInt(letter ? letter.charCodeAt(0) : 0),
    BigInt(pre ? PRE.indexOf(pre) : PRE.length),
    BigInt(preNumber ?? ''),
    BigInt(post ? POST.indexOf(post) + 1 : 0),
    BigInt(postNumber ?? ''),
    BigInt(revision ?? ''),
  ];
  return [...numbers, ...rest].some((number) => number > GREATEST) ? undefined : { numbers, rest };
}

/** How apko's solver orders two versions, or undefined where it cannot read one of them. */
export function compareInApko(a: Version, b: Version): -1 | 0 | 1 | undefined {
  const left = parse(a.text);
  const right = parse(b.text);
  if (!left || !right) return undefined;
  const shared = Math.min(left.numbers.length, right.numbers.length);
  for (let index = 0; index < shared; index++) {
    if (left.numbers[index] !== right.numbers[index]) return left.numbers[index]! < right.numbers[index]! ? -1 : 1;
  }
  if (left.numbers.length !== right.numbers.length) return left.numbers.length < right.numbers.length ? -1 : 1;
  const differing = left.rest.findIndex((number, index) => number !== right.rest[index]);
  if (differing < 0) return 0;
  return left.rest[differing]! < right.rest[differing]! ? -1 : 1;
}

/**
 * Why a version may not be the newest in apk and in apko's solver alike, with another version that the two order differently (none where apko cannot read it).
 * Undefined: versions without such a reason are ordered alike by both.
 */
export function apkoHazard(version: Version): { readonly reason: string; readonly other?: string } | undefined {
  if (!parse(version.text)) {
    const hash = version.tokens.some((token) => token.kind === 'hash');
    return {
      reason: hash
        ? "apko's solver cannot read ~hash"
        : "apko's solver cannot read it (two suffixes of one kind, or a number beyond 64 bits)",
    };
  }
  const padded = version.tokens.find((token) => token.kind === 'number' && token.text.length > 1 && token.text.startsWith('0'));
  if (padded) {
    const other = contraryTo(version, padded.text);
    return {
      reason: `apk compares ${padded.text} as text because of its leading zero, apko's solver as a number`,
      ...(other ? { other } : {}),
    };
  }
  const bare = version.tokens.find((token, index) => token.kind === 'suffix' && version.tokens[index + 1]!.kind !== 'suffix-number');
  if (!bare) return undefined;
  const other = differently(version, version.text.replace(`_${bare.text}`, `_${bare.text}0`));
  return {
    reason: `apk orders _${bare.text} without a number before _${bare.text}0, apko's solver takes them for the same`,
    ...(other ? { other } : {}),
  };
}

/** A version that differs from this one in a padded component alone, and that apk and apko order differently. */
function contraryTo(version: Version, padded: string): string | undefined {
  const number = BigInt(padded);
  const candidates = [number === 0n ? 0n : number - 1n, 1n, number].map(String);
  return candidates
    .map((candidate) => differently(version, version.text.replace(`.${padded}`, `.${candidate}`)))
    .find((text) => text !== undefined);
}

/** The text, where it is a version that the two order differently against this one. */
function differently(version: Version, text: string): string | undefined {
  const other = parseVersion(text);
  return other.ok && compareVersions(version, other.value) !== compareInApko(version, other.value) ? text : undefined;
}
