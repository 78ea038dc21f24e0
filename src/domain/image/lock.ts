import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { fail, ok, type Position, type Problem, type Result } from '../result';
import { hasKey, keyText, located, mapping, optional, textOf } from '../spec/nodes';
import { isAbsent, locate, nodeKind, parseTree, startOf, type SpecTree } from '../spec/tree';

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

/** Reads a lock: that of `apko lock` (version v1), or a file of resolved configurations. The error is every defect of the file, each with its place. */
export function readLockFile(text: string, file: string): Result<LockFile, readonly Problem[]> {
  const syntax = syntaxProblem(text, file);
  if (syntax) return fail([syntax]);
  const parsed = parseTree(text, file, { kind: 'a lock', starts: '{"version"' });
  if (!parsed.ok) return parsed;
  const tree = parsed.value;
  if (hasKey(tree.root, 'imageLocks')) return resolvedLocks(tree);
  if (hasKey(tree.root, 'version') && hasKey(tree.root, 'contents')) return apkoLock(tree);
  return fail([
    {
      message: 'this JSON is no lock: it has neither `version` and `contents` nor `imageLocks`',
      at: tree.at(startOf(tree.root)),
      remedy: 'name a file that `apko lock` wrote',
    },
  ]);
}

function apkoLock(tree: SpecTree): Result<LockFile, readonly Problem[]> {
  const version = located(tree, tree.root, 'version');
  if (version?.value !== 'v1')
    return fail([
      {
        message: `the lock is of version ${JSON.stringify(version?.value ?? '')}, and Millrace reads v1`,
        at: version?.at ?? tree.at(startOf(tree.root)),
        remedy: 'lock again with the apko that `npm run setup` installs',
      },
    ]);
  const items = listIn(tree, mapping(tree.root, 'contents') ?? tree.root, 'packages');
  if (!items.ok) return items;
  const packages: LockPackage[] = [];
  const problems: Problem[] = [];
  for (const item of items.value) {
    const read = apkoPackage(tree, item);
    if (read.ok) packages.push(read.value);
    else problems.push(read.error);
  }
  return problems.length > 0 ? fail(problems) : ok({ form: 'apko', sets: [{ image: '', variant: '', packages }] });
}

function apkoPackage(tree: SpecTree, item: unknown): Result<LockPackage> {
  const place = tree.at(startOf(item));
  if (!isMap(item)) return wrong('a package of a lock is an object', place);
  const [name, version, url] = [located(tree, item, 'name'), located(tree, item, 'version'), located(tree, item, 'url')];
  if (!name || !NAME.test(name.value)) return wrong('the package has no name', name?.at ?? place);
  if (!version || !VERSION.test(version.value)) return wrong(`${name.value} has no version`, version?.at ?? place);
  // A package without architecture (noarch) is in the folder of the one that it is installed on.
  const architecture = /\/([a-z0-9_]+)\/[^/]+\.apk$/.exec(url?.value ?? '')?.[1];
  if (!architecture) return wrong(`${name.value} has no url that ends in <architecture>/<file>.apk`, url?.at ?? place);
  const checksum = located(tree, item, 'checksum');
  if (checksum && !CHECKSUM.test(checksum.value)) return wrong(`the checksum of ${name.value} is none of apk (Q1…)`, checksum.at);
  const last = RANGE.exec(rangeOf(item) ?? '')?.[1];
  return ok({
    name: name.value,
    version: version.value,
    architecture,
    url: url!.value,
    ...optional('checksum', checksum?.value),
    ...optional('bytes', last === undefined ? undefined : Number(last) + 1),
  });
}

/** The data is the last part of the file. */
function rangeOf(item: YAMLMap): string | undefined {
  const data = mapping(item, 'data');
  return data && textOf(data, 'range');
}

function resolvedLocks(tree: SpecTree): Result<LockFile, readonly Problem[]> {
  const locks = mapping(tree.root, 'imageLocks');
  if (!locks) return fail([{ message: '`imageLocks` is no object', at: tree.at(startOf(tree.root)) }]);
  const sets: LockSet[] = [];
  const problems: Problem[] = [];
  for (const { key, value } of locks.items) {
    const image = keyText(key);
    if (!isMap(value)) {
      problems.push({ message: `the lock of ${image} is no object`, at: tree.at(startOf(value)) });
      continue;
    }
    for (const [member, variant] of Object.entries(VARIANTS)) {
      const read = resolvedSet(tree, mapping(value, member));
      if (!read.ok) problems.push(...read.error);
      else if (read.value) sets.push({ image, variant, packages: read.value });
    }
  }
  if (problems.length === 0 && sets.length === 0)
    problems.push({ message: '`imageLocks` holds no configuration', at: tree.at(startOf(locks)), remedy: 'name another file' });
  return problems.length > 0 ? fail(problems) : ok({ form: 'resolved', sets });
}

/** Undefined where the image has no such variant. */
function resolvedSet(tree: SpecTree, configs: YAMLMap | undefined): Result<readonly LockPackage[] | undefined, readonly Problem[]> {
  const items = (configs?.items ?? []).filter(({ key }) => keyText(key) !== 'index');
  if (items.length === 0) return ok(undefined);
  const packages: LockPackage[] = [];
  const problems: Problem[] = [];
  for (const { key, value } of items) {
    const platform = keyText(key);
    const read = resolvedPackages(tree, value, ARCHITECTURES[platform] ?? platform);
    if (read.ok) packages.push(...read.value);
    else problems.push(...read.error);
  }
  return problems.length > 0 ? fail(problems) : ok(packages);
}

/** The configuration is JSON within a text of the JSON: its problems stand at that text. */
function resolvedPackages(tree: SpecTree, value: unknown, architecture: string): Result<readonly LockPackage[], readonly Problem[]> {
  const text = locate(tree, value);
  const place = text?.at ?? tree.at(startOf(value));
  const inner = text === undefined ? undefined : parseTree(text.value, place.file, { kind: 'a configuration', starts: '{"config"' });
  if (text === undefined || syntaxProblem(text.value, place.file) || !inner?.ok)
    return fail([{ message: `the configuration of ${architecture} is no JSON`, at: place, remedy: 'fetch the file again' }]);
  const contents = mapping(mapping(inner.value.root, 'config') ?? inner.value.root, 'contents');
  const items = listIn(inner.value, contents ?? inner.value.root, 'packages');
  if (!items.ok) return fail(items.error.map((problem) => ({ ...problem, at: place })));
  const packages: LockPackage[] = [];
  const problems: Problem[] = [];
  for (const item of items.value) {
    const pin = isScalar(item) ? String(item.value) : nodeKind(item as YAMLMap);
    const [name = '', version = '', ...more] = pin.split('=');
    if (NAME.test(name) && VERSION.test(version) && more.length === 0) packages.push({ name, version, architecture });
    else
      problems.push({
        message: `${JSON.stringify(pin)} on ${architecture} is no name with its version`,
        at: place,
        remedy: 'in a lock each package is written as <name>=<version>',
      });
  }
  return problems.length > 0 ? fail(problems) : ok(packages);
}

/** An absent value is an empty list: Go writes `null` for one. */
function listIn(tree: SpecTree, node: YAMLMap, key: string): Result<readonly unknown[], readonly Problem[]> {
  const pair = node.items.find((one) => keyText(one.key) === key);
  if (pair && isSeq(pair.value)) return ok(pair.value.items);
  if (pair && isAbsent(pair.value)) return ok([]);
  return fail([{ message: `the lock has no list of ${key}`, at: tree.at(startOf(pair?.value ?? node)), remedy: 'lock again' }]);
}

/** The engine tells the place of most defects; the end of the text is that of a truncated file. */
function syntaxProblem(text: string, file: string): Problem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const said = (error as Error).message;
    const offset = Number(/at position (\d+)/.exec(said)?.[1] ?? (said.includes('end of JSON') ? text.length : 0));
    const truncated = text.slice(offset).trim() === '' || said.startsWith('Unterminated');
    const lines = text.slice(0, offset).split('\n');
    return {
      message: truncated ? 'the JSON ends in the middle' : `this is no JSON: ${said.replace(/ at position \d+$/, '')}`,
      at: { file, line: lines.length, column: lines.at(-1)!.length + 1 },
      remedy: truncated ? 'the file was cut off: lock again, or fetch it again' : 'name a file that `apko lock` wrote',
    };
  }
}

function wrong(message: string, at: Position): Result<LockPackage> {
  return fail({ message, at, remedy: 'lock again' });
}
