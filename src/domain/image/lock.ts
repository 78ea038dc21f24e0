import { isMap, isSeq } from 'yaml';
import { fail, ok, type Position, type Problem, type Result } from '../result';
import { keyText, optional } from '../spec/nodes';
import { parseTree, startOf } from '../spec/tree';

/** One package of a lock, on one architecture. What a form of lock does not tell is absent. */
export interface LockPackage {
  readonly name: string;
  /** `version-rN`. */
  readonly version: string;
  /** As apk calls it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  readonly url?: string;
  /** As in an index: `Q1…`. */
  readonly checksum?: string;
  /** Of the .apk file. */
  readonly bytes?: number;
}

/** One package of what `apko lock` wrote, which tells where it is and what it is. */
export interface ImagePackage extends LockPackage {
  /** `<repository>/<architecture>/<file>`. */
  readonly url: string;
  readonly checksum: string;
}

/** What one image is made of, on all its architectures. */
export interface LockSet {
  /** Empty where the file holds one image and does not name it. */
  readonly image: string;
  /** Empty for the plain one, else `dev` or `full`. */
  readonly variant: string;
  /** As in the file: for apko the order of installation, architecture after architecture. */
  readonly packages: readonly LockPackage[];
}

/** `apko`: what `apko lock` writes. `resolved`: apko configurations with every version pinned, as Chainguard publishes its images (`locked_config.json`). */
export interface LockFile {
  readonly form: 'apko' | 'resolved';
  readonly sets: readonly LockSet[];
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;
const VERSION = /^[A-Za-z0-9._~+-]+$/;
const CHECKSUM = /^Q1[A-Za-z0-9+/]+=*$/;
/** What becomes a path: nothing in it leads elsewhere. */
const URL_END = /\/([a-z0-9_]+)\/[A-Za-z0-9][A-Za-z0-9+._~-]*\.apk$/;
const RANGE = /^bytes=\d+-(\d{1,15})$/;
/** Names of OCI platforms as apk calls them (apko `pkg/build/types`, `ToAPK`). */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  386: 'x86',
  'arm/v6': 'armhf',
  'arm/v7': 'armv7',
};
/** Members of a resolved configuration and the variants that they hold; `index` in them repeats what its architectures have in common. */
const VARIANTS: Readonly<Record<string, string>> = { configs: '', devConfigs: 'dev', fullConfigs: 'full' };

type Json = Readonly<Record<string, unknown>>;

/** Where a value stands; the nearest that holds it, where it is absent. */
type Places = (...path: readonly (string | number)[]) => Position;

/** Reads a lock: that of `apko lock` (version v1), or a file of resolved configurations. The error is every defect of the file, each with its place. */
export function readLockFile(text: string, file: string): Result<LockFile, readonly Problem[]> {
  const parsed = parseJson(text, file);
  if (!parsed.ok) return fail([parsed.error]);
  const { root, at } = parsed.value;
  if ('imageLocks' in root) return resolvedLocks(root, at);
  if (!('version' in root && 'contents' in root))
    return fail([
      {
        message: 'this JSON is no lock: it has neither `version` and `contents` nor `imageLocks`',
        at: at(),
        remedy: 'name a file that `apko lock` wrote',
      },
    ]);
  const read = apkoPackages(root, at);
  return read.ok ? ok({ form: 'apko', sets: [{ image: '', variant: '', packages: read.value }] }) : read;
}

/** Reads what `apko lock` wrote, and nothing else: the packages in the order of installation, architecture after architecture. */
export function readApkoLock(text: string, file: string): Result<readonly ImagePackage[], readonly Problem[]> {
  const parsed = parseJson(text, file);
  return parsed.ok ? apkoPackages(parsed.value.root, parsed.value.at) : fail([parsed.error]);
}

function apkoPackages(root: Json, at: Places): Result<readonly ImagePackage[], readonly Problem[]> {
  const { version } = root;
  if (version !== 'v1')
    return fail([
      {
        message: `the lock is of version ${JSON.stringify(version ?? '')}, and Millrace reads v1`,
        at: at('version'),
        remedy: 'lock again with the apko that `npm run setup` installs',
      },
    ]);
  const items = listIn(objectOf(root['contents']), 'packages', at('contents', 'packages'));
  if (!items.ok) return items;
  const packages: ImagePackage[] = [];
  const problems: Problem[] = [];
  items.value.forEach((item, index) => {
    const read = apkoPackage(item, (...path) => at('contents', 'packages', index, ...path));
    if (read.ok) packages.push(read.value);
    else problems.push(read.error);
  });
  return problems.length > 0 ? fail(problems) : ok(packages);
}

function apkoPackage(value: unknown, at: Places): Result<ImagePackage> {
  const item = objectOf(value);
  if (!item) return wrong('a package of a lock is an object', at());
  const [name, version, url, checksum] = [textOf(item['name']), textOf(item['version']), textOf(item['url']), textOf(item['checksum'])];
  if (!NAME.test(name)) return wrong('the package has no name', at('name'));
  if (!VERSION.test(version)) return wrong(`${name} has no version`, at('version'));
  // A package without architecture (noarch) is in the folder of the one that it is installed on.
  const architecture = URL_END.exec(url)?.[1];
  if (!architecture) return wrong(`${name} has no url that ends in <architecture>/<file>.apk`, at('url'));
  if (!CHECKSUM.test(checksum)) return wrong(`the checksum of ${name} is none of apk (Q1…)`, at('checksum'));
  // The data is the last part of the file.
  const last = RANGE.exec(textOf(objectOf(item['data'])?.['range']))?.[1];
  return ok({ name, version, architecture, url, checksum, ...optional('bytes', last === undefined ? undefined : Number(last) + 1) });
}

function resolvedLocks(root: Json, at: Places): Result<LockFile, readonly Problem[]> {
  const locks = objectOf(root['imageLocks']);
  if (!locks) return fail([{ message: '`imageLocks` is no object', at: at('imageLocks') }]);
  const sets: LockSet[] = [];
  const problems: Problem[] = [];
  for (const [image, value] of Object.entries(locks)) {
    const lock = objectOf(value);
    if (!lock) {
      problems.push({ message: `the lock of ${image} is no object`, at: at('imageLocks', image) });
      continue;
    }
    for (const [member, variant] of Object.entries(VARIANTS)) {
      const read = resolvedSet(objectOf(lock[member]) ?? {}, (...path) => at('imageLocks', image, member, ...path));
      if (!read.ok) problems.push(...read.error);
      else if (read.value) sets.push({ image, variant, packages: read.value });
    }
  }
  if (problems.length === 0 && sets.length === 0)
    problems.push({ message: '`imageLocks` holds no configuration', at: at('imageLocks'), remedy: 'name another file' });
  return problems.length > 0 ? fail(problems) : ok({ form: 'resolved', sets });
}

/** Undefined where the image has no such variant. */
function resolvedSet(configs: Json, at: Places): Result<readonly LockPackage[] | undefined, readonly Problem[]> {
  const items = Object.entries(configs).filter(([platform]) => platform !== 'index');
  if (items.length === 0) return ok(undefined);
  const packages: LockPackage[] = [];
  const problems: Problem[] = [];
  for (const [platform, value] of items) {
    const read = resolvedPackages(value, ARCHITECTURES[platform] ?? platform, () => at(platform));
    if (read.ok) packages.push(...read.value);
    else problems.push(...read.error);
  }
  return problems.length > 0 ? fail(problems) : ok(packages);
}

/** The configuration is JSON within a text of the JSON: its problems stand at that text. */
function resolvedPackages(value: unknown, architecture: string, at: () => Position): Result<readonly LockPackage[], readonly Problem[]> {
  const root = objectOf(jsonOf(textOf(value)));
  if (!root) return fail([{ message: `the configuration of ${architecture} is no JSON`, at: at(), remedy: 'fetch the file again' }]);
  const items = listIn(objectOf((objectOf(root['config']) ?? root)['contents']), 'packages', at());
  if (!items.ok) return items;
  const packages: LockPackage[] = [];
  const problems: Problem[] = [];
  for (const item of items.value) {
    const [name = '', version = '', ...more] = textOf(item).split('=');
    if (NAME.test(name) && VERSION.test(version) && more.length === 0) packages.push({ name, version, architecture });
    else
      problems.push({
        message: `${JSON.stringify(item)} on ${architecture} is no name with its version`,
        at: at(),
        remedy: 'in a lock each package is written as <name>=<version>',
      });
  }
  return problems.length > 0 ? fail(problems) : ok(packages);
}

/** Go writes `null` for an empty list. */
function listIn(holder: Json | undefined, key: string, at: Position): Result<readonly unknown[], readonly Problem[]> {
  const value = holder?.[key];
  if (Array.isArray(value)) return ok(value);
  if (value === null) return ok([]);
  return fail([{ message: `the lock has no list of ${key}`, at, remedy: 'lock again' }]);
}

/** The content as JSON says it: locks are read often, and are big for a reader that keeps places. Only what has a problem is read once more, for its place. */
function parseJson(text: string, file: string): Result<{ readonly root: Json; readonly at: Places }> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return fail(syntaxProblem(text, file, (error as Error).message));
  }
  const root = objectOf(content);
  const at = placesIn(text, file);
  return root ? ok({ root, at }) : fail({ message: 'a lock is an object', at: at(), remedy: 'name a file that `apko lock` wrote' });
}

function placesIn(text: string, file: string): Places {
  let parsed: ReturnType<typeof parseTree> | undefined;
  return (...path) => {
    parsed ??= parseTree(text, file);
    if (!parsed.ok) return { file, line: 1, column: 1 };
    const { root, at } = parsed.value;
    let node: unknown = root;
    for (const step of path) {
      const next = isMap(node)
        ? node.items.find(({ key }) => keyText(key) === step)?.value
        : isSeq(node)
          ? node.items[Number(step)]
          : undefined;
      if (!next) break;
      node = next;
    }
    return at(startOf(node));
  };
}

/** The engine tells the place of most defects; the end of the text is that of a truncated file. */
function syntaxProblem(text: string, file: string, said: string): Problem {
  const offset = Number(/at position (\d+)/.exec(said)?.[1] ?? (said.includes('end of JSON') ? text.length : 0));
  const truncated = text.slice(offset).trim() === '' || said.startsWith('Unterminated');
  const lines = text.slice(0, offset).split('\n');
  return {
    message: truncated ? 'the JSON ends in the middle' : `this is no JSON: ${said.replace(/ at position \d+$/, '')}`,
    at: { file, line: lines.length, column: lines.at(-1)!.length + 1 },
    remedy: truncated ? 'the file was cut off: lock again, or fetch it again' : 'name a file that `apko lock` wrote',
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function wrong(message: string, at: Position): Result<never> {
  return fail({ message, at, remedy: 'lock again' });
}
