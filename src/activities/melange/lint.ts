import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { REQUIRED_LINTERS, disabledLinters } from '../../domain/build/linters';
import type { BuiltPackage } from '../../domain/release/release';
import { readApk } from '../apk/read';
import type { Store } from '../store/store';
import { infrastructure } from './infrastructure';
import { place } from './repositories';
import { runInSandbox } from './sandbox';
import type { Tools } from './tools';

export interface LintFinding {
  /** File name of the apk. */
  readonly package: string;
  readonly linter: string;
  readonly message: string;
}

/** `failed` are of linters that must pass (melange's own default set, less what the spec disables), `warned` of the others. */
export interface LintReport {
  readonly failed: readonly LintFinding[];
  readonly warned: readonly LintFinding[];
}

/** What `--persist-lint-results` writes for each package with findings. */
interface Results {
  readonly findings: Readonly<Record<string, readonly { readonly message: string; readonly details?: unknown }[]>>;
}

const SHOWN_PATHS = 5;

/** Runs melange's linters over built apks, in the attempt's folder. */
export async function lint(
  tools: Tools,
  builds: readonly BuiltPackage[],
  architecture: string,
  store: Store,
  folder: string,
): Promise<LintReport> {
  await mkdir(join(folder, 'apks'));
  for (const { file, object } of builds) await place(await store.object(object), join(folder, 'apks', file));
  const findings: LintFinding[] = [];
  // None is required, so that one finding does not hide the next; the second run is of melange's default set of warnings.
  for (const [out, warn] of [
    ['required', [`--lint-warn=${REQUIRED_LINTERS.join(',')}`]],
    ['others', []],
  ] as const) {
    const files = builds.map(({ file }) => `apks/${file}`);
    const finished = await runInSandbox(
      tools,
      ['melange', 'lint', '--lint-require=', ...warn, '--persist-lint-results', '--out-dir', out, ...files],
      { folder, readOnly: ['apks'] },
    );
    if (finished.code !== 0) throw infrastructure(`melange lint failed: ${finished.stderr.trim().split('\n').at(-1)}`);
    findings.push(...(await readFindings(join(folder, out, architecture), builds, finished.stderr)));
  }
  const disabled = new Map<string, readonly string[]>();
  for (const { name, file } of builds) {
    const { melangeSpec } = await readApk(join(folder, 'apks', file));
    disabled.set(file, disabledLinters(melangeSpec === undefined ? undefined : parse(melangeSpec), name));
  }
  const required = (finding: LintFinding) =>
    REQUIRED_LINTERS.includes(finding.linter) && !disabled.get(finding.package)?.includes(finding.linter);
  return { failed: findings.filter(required), warned: findings.filter((finding) => !required(finding)) };
}

/** melange writes no file of a package without findings, only a line; where it gives neither, its results are not known, and that is no pass. */
async function readFindings(folder: string, builds: readonly BuiltPackage[], log: string): Promise<readonly LintFinding[]> {
  const clean = new Set([...log.matchAll(/no lint findings to persist for package (\S+)/g)].map(([, name]) => name));

  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  const found: LintFinding[] = [];
  for (const { file, name: built } of builds) {
    const name = `lint-${file.slice(0, -'.apk'.length)}.json`;
    if (clean.has(built)) continue;
    if (!files.includes(name)) throw infrastructure(`melange lint left no result of ${file}: was it built by melange?`);
    const { findings } = JSON.parse(await readFile(join(folder, name), 'utf8')) as Results;
    for (const [linter, items] of Object.entries(findings))
      for (const { message, details } of items) found.push({ package: file, linter, message: `${message}${shown(pathsOf(details))}` });
  }
  return found;
}

/** The linters' details have many forms; what is common is that paths stand under `path`, `paths` or the like. */
function pathsOf(details: unknown, key = ''): readonly string[] {
  if (typeof details === 'string') return /path|file/i.test(key) ? [details] : [];
  if (Array.isArray(details)) return details.flatMap((item) => pathsOf(item, key));
  if (details === null || typeof details !== 'object') return [];
  return Object.entries(details).flatMap(([name, value]) => pathsOf(value, name));
}

function shown(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  const more = paths.length > SHOWN_PATHS ? ` and ${paths.length - SHOWN_PATHS} more` : '';
  return `: ${paths.slice(0, SHOWN_PATHS).join(', ')}${more}`;
}
