import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import type { PackageRule } from '../domain/advisory/mapping';
import { fail, ok, type Position, type Problem, type Result } from '../domain/result';
import { Complaint } from './complaint';
import type { Config } from './config';
import { didYouMean } from './nearest';
import { configSchema, type ConfigFile } from './schema';

const NAME = 'millrace.yaml';

/** The `millrace.yaml` to use: the one named by `--config`, else by MILLRACE_CONFIG, else the first in `cwd` or above. */
export function findConfig(cwd: string, named?: string, environment: NodeJS.ProcessEnv = process.env): Result<string> {
  const given = named ?? environment.MILLRACE_CONFIG;
  if (given) {
    const file = resolve(cwd, given);
    if (existsSync(file)) return ok(file);
    return fail({
      message: `there is no ${file}`,
      remedy: named ? 'name an existing file with --config' : 'MILLRACE_CONFIG names it: correct or unset it',
    });
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, NAME))) return ok(join(folder, NAME));
    if (folder === dirname(folder)) break;
  }
  return fail({
    message: `no ${NAME} in ${resolve(cwd)} or above`,
    remedy:
      'go to the folder that has one, name it with --config or MILLRACE_CONFIG, or start with two lines: `distribution: my-linux` and `specs: {repository: ./my-specs}`',
  });
}

/** Reads and checks a `millrace.yaml`; relative paths in it count from its folder. Gives every problem at once, each with its place. */
export function loadConfig(file: string): Result<Config, readonly Problem[]> {
  const path = resolve(file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail([
      {
        message: `cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
        remedy: 'check the path and its permissions',
      },
    ]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number): Position => {
    const place = lines.linePos(offset);
    return { file: path, line: Math.max(1, place.line), column: Math.max(1, place.col) };
  };
  if (document.errors.length > 0) {
    return fail(document.errors.map((error) => ({ message: error.message, at: at(error.pos[0]), remedy: 'correct the YAML' })));
  }
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (error) {
    return fail([{ message: (error as Error).message, at: at(0), remedy: 'correct the YAML' }]);
  }
  const parsed = configSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, document, at));
    return fail(problems.sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0)));
  }
  const config = assemble(path, parsed.data, positionsOf(document, at));
  const problems = contradictions(config, parsed.data);
  return problems.length > 0 ? fail(problems) : ok(config);
}

/** The configuration of a process: found, read and checked. Throws a `Complaint` (code 2) with all problems. */
export function requireConfig(named?: string): Config {
  const file = findConfig(process.cwd(), named);
  if (!file.ok) throw new Complaint(file.error, 2);
  const config = loadConfig(file.value);
  if (!config.ok) throw new Complaint(config.error, 2);
  return config.value;
}

/** `temporal.address in millrace.yaml:12:3`, or `temporal.address in <file>` where the file leaves it to the default. */
export function settingPlace(config: Config, path: string): string {
  const position = config.positions?.[path];
  return position ? `${path} in ${position.file}:${position.line}:${position.column}` : `${path} in ${config.file}`;
}

/** Whether a repository is a path on this machine rather than a URL (`https://…`, `git@host:path`). */
export function isLocalRepository(repository: string): boolean {
  return !/^[a-z][a-z0-9+.-]*:\/\//i.test(repository) && !/^[^/\s]+@[^/\s]+:/.test(repository);
}

function assemble(file: string, parsed: ConfigFile, positions: Readonly<Record<string, Position>>): Config {
  const folder = dirname(file);
  const path = (value: string) => (isAbsolute(value) ? value : resolve(folder, value));
  return {
    file,
    positions,
    distribution: parsed.distribution,
    state: path(parsed.state),
    architectures: parsed.architectures,
    specs: {
      repository: isLocalRepository(parsed.specs.repository) ? path(parsed.specs.repository) : parsed.specs.repository,
      branch: parsed.specs.branch,
      directory: parsed.specs.directory,
    },
    ...(parsed.advisories ? { advisories: advisoriesOf(parsed.advisories, path) } : {}),
    floor: {
      slots: parsed.floor.slots,
      debounceSeconds: parsed.floor.debounce,
      cycleBudget: parsed.floor['cycle-budget'],
      breaker: parsed.floor.breaker,
      policies: parsed.floor.policies,
    },
    ...(parsed.images
      ? {
          images: {
            directory: parsed.images.directory,
            registry: parsed.images.registry?.replace(/\/+$/, '') ?? `http://127.0.0.1:${parsed.images.port}`,
            localRegistry: parsed.images.registry === undefined,
          },
        }
      : {}),
    ...(parsed.kubernetes
      ? {
          kubernetes: {
            kubeconfig: path(parsed.kubernetes.kubeconfig),
            ...(parsed.kubernetes.registry === undefined ? {} : { registry: parsed.kubernetes.registry }),
          },
        }
      : {}),
    environment: {
      stage0: parsed.environment.stage0 ?? parsed.environment.repositories.length === 0,
      repositories: parsed.environment.repositories.map((repository) => ({
        url: isLocalRepository(repository.url) ? path(repository.url) : repository.url,
        key: path(repository.key),
      })),
    },
    watch: { everySeconds: parsed.watch.every },
    gateway: parsed.gateway,
    temporal: { address: parsed.temporal.address, namespace: parsed.temporal.namespace, uiPort: parsed.temporal['ui-port'] },
    reminders: {
      everySeconds: parsed.reminders.every,
      escalateAfterSeconds: parsed.reminders['escalate-after'],
      ...(parsed.reminders.webhook ? { webhook: parsed.reminders.webhook } : {}),
    },
    limits: {
      sourceBytes: parsed.limits.source,
      unpackedBytes: parsed.limits.unpacked,
      unpackedFiles: parsed.limits['unpacked-files'],
      buildSeconds: parsed.limits.build,
      testSeconds: parsed.limits.test,
    },
  };
}

function advisoriesOf(parsed: NonNullable<ConfigFile['advisories']>, path: (value: string) => string): NonNullable<Config['advisories']> {
  const { repository, packages, ...rest } = parsed;
  return {
    ...rest,
    repository: isLocalRepository(repository) ? path(repository) : repository,
    // A key that is left out is not there: what a rule is matched by is the keys that it has.
    packages: packages.map((rule) => JSON.parse(JSON.stringify(rule)) as PackageRule),
  };
}

/** What is wrong although every value for itself is right. */
function contradictions(config: Config, parsed: ConfigFile): readonly Problem[] {
  const problems: Problem[] = [];
  const complain = (setting: string, message: string, remedy: string) => {
    const at = config.positions?.[setting];
    problems.push(at ? { message, at, remedy } : { message, remedy });
  };
  if (!config.environment.stage0 && config.environment.repositories.length === 0) {
    complain(
      'environment.stage0',
      'there is nothing to build with: no stage0 and no repositories',
      'set environment.stage0: true or name an APK repository in environment.repositories',
    );
  }
  parsed.environment.repositories.forEach((repository, index) => {
    const key = config.environment.repositories[index]!.key;
    if (statSync(key, { throwIfNoEntry: false })?.isFile()) return;
    complain(`environment.repositories.${index}.key`, `there is no key file ${key}`, `save the public key of ${repository.url} there`);
  });
  const taken = new Map<number, string>([[Number(config.temporal.address.split(':')[1]), 'temporal.address']]);
  for (const [setting, port] of [
    ['temporal.ui-port', config.temporal.uiPort],
    ['gateway.port', config.gateway.port],
  ] as const) {
    const other = taken.get(port);
    if (other) complain(setting, `${setting} and ${other} are both port ${port}`, `give ${setting} another port`);
    taken.set(port, setting);
  }
  return problems;
}

type Issue = z.core.$ZodIssue;
type At = (offset: number) => Position;

function problemsOf(issue: Issue, document: Document, at: At): readonly Problem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = knownKeys(path);
      return {
        message: `unknown key ${[...path, key].join('.')}`,
        at: at(placeOf(document, [...path, key])),
        remedy: didYouMean(key, known) ?? `known keys here: ${known.join(', ')}`,
      };
    });
  }
  const name = path.join('.') || 'the file';
  const expected = issue.message;
  if (issue.input === undefined) {
    return [{ message: `${name} is missing`, at: at(placeOf(document, path)), remedy: `set it to ${missingForm(name, expected)}` }];
  }
  return [{ message: `${name} is ${shown(issue.input)}, expected ${expected}`, at: at(placeOf(document, path)) }];
}

const missingForm = (name: string, expected: string) => {
  if (name === 'specs') return 'a block with `repository: <path or URL of the spec repository>`';
  return name === 'specs.repository' ? 'the path or URL of the spec repository' : expected;
};

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'a block';
  return JSON.stringify(value).slice(0, 60);
}

/** Offset of the key at a path, else of the nearest thing above it. */
function placeOf(document: Document, path: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = isMap(node) || isSeq(node) || isScalar(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (!pair || !isScalar(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      if (!isMap(item) && !isScalar(item) && !isSeq(item)) return offset;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}

function positionsOf(document: Document, at: At): Readonly<Record<string, Position>> {
  const positions: Record<string, Position> = {};
  const visit = (node: unknown, path: readonly string[]) => {
    if (isMap(node)) {
      for (const pair of node.items) {
        if (!isScalar(pair.key)) continue;
        const inner = [...path, String(pair.key.value)];
        positions[inner.join('.')] = at(pair.key.range?.[0] ?? 0);
        visit(pair.value, inner);
      }
    }
    if (isSeq(node)) node.items.forEach((item, index) => visit(item, [...path, String(index)]));
  };
  visit(document.contents, []);
  return positions;
}

/** The keys that the schema knows at a path. */
function knownKeys(path: readonly string[]): readonly string[] {
  let schema: unknown = configSchema;
  for (const part of path) {
    const inner = unwrapped(schema);
    schema = 'shape' in inner ? (inner.shape as Record<string, unknown>)[part] : inner.element;
  }
  const inner = unwrapped(schema);
  return 'shape' in inner ? Object.keys(inner.shape as object) : [];
}

function unwrapped(schema: unknown): { shape?: unknown; element?: unknown } {
  let inner = schema as { unwrap?: () => unknown; shape?: unknown; element?: unknown };
  while (inner && typeof inner.unwrap === 'function' && !('shape' in inner) && !('element' in inner))
    inner = inner.unwrap() as typeof inner;
  return inner;
}
