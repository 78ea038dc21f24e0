import { fail, ok, type Result } from '../result';

/**
 * Versions as apk-tools reads and orders them (apk-tools 3 `src/version.c`):
 * `digits(.digits)*[a-z]?(_suffix[digits])*(~hex)?(-rdigits)?`.
 */

/** Suffixes in their order; those before `NO_SUFFIX` come before the plain version, those after it come after. */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'] as const;
const NO_SUFFIX = SUFFIXES.indexOf('');

/** Kinds of token in the order of apk-tools: where two versions differ in kind, the earlier kind is the greater version. */
const KINDS = ['first-number', 'number', 'letter', 'suffix', 'suffix-number', 'hash', 'revision', 'end'] as const;
type Kind = (typeof KINDS)[number];

export interface Token {
  readonly kind: Kind;
  /** Without the separator: `5` of `.5`, `rc` of `_rc`, `1` of `-r1`. */
  readonly text: string;
}

/** A valid version. `text` is exactly what was parsed. */
export interface Version {
  readonly text: string;
  readonly tokens: readonly Token[];
}

const PARTS: readonly { readonly kind: Kind; readonly form: RegExp; readonly after: readonly Kind[] }[] = [
  { kind: 'number', form: /\.([0-9]+)/y, after: ['first-number', 'number'] },
  { kind: 'letter', form: /([a-z])/y, after: ['first-number', 'number'] },
  { kind: 'suffix', form: /_([a-z]+)/y, after: ['first-number', 'number', 'letter', 'suffix', 'suffix-number'] },
  { kind: 'suffix-number', form: /([0-9]+)/y, after: ['suffix'] },
  { kind: 'hash', form: /~([0-9a-f]+)/y, after: ['first-number', 'number', 'letter', 'suffix', 'suffix-number'] },
  { kind: 'revision', form: /-r([0-9]+)/y, after: ['first-number', 'number', 'letter', 'suffix', 'suffix-number', 'hash'] },
];

/** Parses a version, with or without `-rN`. The error names the position (from 1) and what could stand there. */
export function parseVersion(text: string): Result<Version> {
  const first = /^[0-9]+/.exec(text);
  if (!first) return invalid(text, 0, 'a version starts with a digit');
  const tokens: Token[] = [{ kind: 'first-number', text: first[0] }];
  let at = first[0].length;
  while (at < text.length) {
    const part = nextPart(text, at, tokens[tokens.length - 1]!.kind);
    if (!part) return invalid(text, at, expectedAfter(tokens[tokens.length - 1]!.kind));
    if (part.kind === 'suffix' && suffixRank(part.text) < 0) {
      return invalid(
        text,
        at,
        `the suffixes are ${SUFFIXES.filter((suffix) => suffix !== '')
          .map((suffix) => `_${suffix}`)
          .join(' ')}`,
      );
    }
    tokens.push({ kind: part.kind, text: part.text });
    at = part.end;
  }
  tokens.push({ kind: 'end', text: '' });
  return ok({ text, tokens });
}

function nextPart(text: string, at: number, after: Kind): (Token & { readonly end: number }) | undefined {
  for (const part of PARTS) {
    if (!part.after.includes(after)) continue;
    part.form.lastIndex = at;
    const match = part.form.exec(text);
    if (match) return { kind: part.kind, text: match[1]!, end: part.form.lastIndex };
  }
  return undefined;
}

function expectedAfter(kind: Kind): string {
  const forms: Partial<Record<Kind, string>> = {
    number: '.<digits>',
    letter: 'a letter a-z',
    suffix: '_<suffix>',
    'suffix-number': 'digits',
    hash: '~<hex>',
    revision: '-r<digits>',
  };
  const possible = PARTS.filter((part) => part.after.includes(kind)).map((part) => forms[part.kind]);
  return possible.length ? `here could stand ${possible.join(', ')} or the end` : 'nothing may follow -r<digits>';
}

function invalid(text: string, at: number, remedy: string): Result<Version> {
  const what = at < text.length ? `unexpected ${JSON.stringify(text[at])} at position ${at + 1}` : 'it is empty';
  return fail({ message: `invalid version ${JSON.stringify(text)}: ${what}`, remedy });
}

function suffixRank(suffix: string): number {
  return suffix === '' ? -1 : (SUFFIXES as readonly string[]).indexOf(suffix);
}

/** The text that was parsed. */
export function printVersion(version: Version): string {
  return version.text;
}

/** The order of apk-tools. 0 also for different texts of one value, as `01` and `1`. */
export function compareVersions(a: Version, b: Version): -1 | 0 | 1 {
  return firstDifference(a, b).order;
}

/** Compares two texts; an invalid one is an error, not a guess. */
export function compareVersionTexts(a: string, b: string): Result<-1 | 0 | 1> {
  const left = parseVersion(a);
  if (!left.ok) return left;
  const right = parseVersion(b);
  if (!right.ok) return right;
  return ok(compareVersions(left.value, right.value));
}

interface Difference {
  readonly order: -1 | 0 | 1;
  readonly left: Token;
  readonly right: Token;
}

function firstDifference(a: Version, b: Version): Difference {
  for (let index = 0; ; index++) {
    const left = a.tokens[index]!;
    const right = b.tokens[index]!;
    if (left.kind !== right.kind) return { order: compareKinds(left, right), left, right };
    if (left.kind === 'end') return { order: 0, left, right };
    const order = compareTokens(left, right);
    if (order !== 0) return { order, left, right };
  }
}

function compareKinds(left: Token, right: Token): -1 | 1 {
  if (isPrerelease(left)) return -1;
  if (isPrerelease(right)) return 1;
  return KINDS.indexOf(left.kind) > KINDS.indexOf(right.kind) ? -1 : 1;
}

function isPrerelease(token: Token): boolean {
  return token.kind === 'suffix' && suffixRank(token.text) < NO_SUFFIX;
}

function compareTokens(left: Token, right: Token): -1 | 0 | 1 {
  if (left.kind === 'suffix') return sign(suffixRank(left.text) - suffixRank(right.text));
  if (left.kind === 'letter' || left.kind === 'hash' || isDecimalFraction(left, right)) return compareTexts(left.text, right.text);
  return compareNumbers(left.text, right.text);
}

/** `1.05` is less than `1.5`: components after the first compare as text when either starts with a zero. */
function isDecimalFraction(left: Token, right: Token): boolean {
  return left.kind === 'number' && (left.text.startsWith('0') || right.text.startsWith('0'));
}

/** As text, so that dates and commit counts of any length stay exact. */
function compareNumbers(a: string, b: string): -1 | 0 | 1 {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length === right.length ? compareTexts(left, right) : sign(left.length - right.length);
}

function compareTexts(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sign(difference: number): -1 | 0 | 1 {
  if (difference === 0) return 0;
  return difference < 0 ? -1 : 1;
}

/** One sentence for people: which part decides, and by which rule. */
export function explainOrder(a: Version, b: Version): string {
  const { order, left, right } = firstDifference(a, b);
  if (order === 0) return `${a.text} = ${b.text}: every part is equal`;
  return `${a.text} ${order < 0 ? '<' : '>'} ${b.text}: ${whyDifferent(left, right)}`;
}

function whyDifferent(left: Token, right: Token): string {
  if (left.kind === right.kind) {
    const rule = isDecimalFraction(left, right) ? ' (compared as text, because one starts with 0)' : '';
    return `${describe(left)} against ${describe(right)}${rule}`;
  }
  if (isPrerelease(left) || isPrerelease(right)) return `${describe(isPrerelease(left) ? left : right)} marks a pre-release`;
  return `${describe(left)} against ${describe(right)}, and the first is of the ${compareKinds(left, right) > 0 ? 'greater' : 'lesser'} kind`;
}

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end';
  if (token.kind === 'suffix') return `suffix _${token.text}`;
  if (token.kind === 'revision') return `revision -r${token.text}`;
  return `${token.kind.replace('first-number', 'number').replace('-', ' ')} ${token.text}`;
}

/** The version of a package as the index names it: `1.2-r0`. */
export function fullVersion(version: string, epoch: number): string {
  return `${version}-r${epoch}`;
}

/** The parts of `1.2-r0`; an error where the version is invalid or has no `-rN`. */
export function splitFullVersion(text: string): Result<{ readonly version: string; readonly epoch: number }> {
  const parsed = parseVersion(text);
  if (!parsed.ok) return parsed;
  const revision = parsed.value.tokens.find((token) => token.kind === 'revision');
  if (!revision) return fail({ message: `${JSON.stringify(text)} names no revision`, remedy: 'write it as <version>-r<epoch>' });
  return ok({ version: text.slice(0, -(revision.text.length + 2)), epoch: Number(revision.text) });
}
