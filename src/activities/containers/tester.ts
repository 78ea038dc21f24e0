import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from '../../domain/check/verdict';
import { ENTRYPOINT_SUITE, imageCheck } from '../../domain/image/gate';
import type { BuiltVariant, ImageLock } from '../../domain/image/image';
import type { Suite } from '../../domain/image/suite';
import type { ImageTesterActivities } from '../contract';
import { imageSpecOf, suitesOf } from '../images/read-locked';
import { activityAttempt, underHeartbeat } from '../melange/activity-life';
import { openAttempt } from '../melange/attempt';
import type { Store } from '../store/store';
import { pullImage } from './podman';
import type { ContainerReport, PulledImage } from './podman';
import { runSuite, sniffEntrypoint } from './suites';
import type { TestOutcome } from './suites';

export interface ImageTesterDeps {
  readonly store: Store;
  /** `http(s)://host[:port]`. */
  readonly registry: string;
  readonly work: string;
  readonly now: () => Date;
}

/** How OCI calls the architectures of packages. */
const PLATFORMS: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };
const NATIVE: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
const MOST_DETAILS = 40;
const SHOWN_LINES = 5;
const LINE = 200;

/** Runs the suites of images in containers: by digest, read-only, without capabilities and, unless a test asks, without network. Throws the retryable `Infrastructure`. */
export function createImageTesterActivities(deps: ImageTesterDeps): ImageTesterActivities {
  const { store } = deps;
  return {
    async testImage({ lock, built, attempt }) {
      const suites = await suitesOf(store, lock);
      const wanted = suites.length > 0 ? suites : [undefined];
      const known = await Promise.all(wanted.map((suite) => store.readRecord<Verdict>('verdicts', passKey(lock, built, suite))));
      if (known.every((verdict) => verdict !== undefined)) return known;
      const folder = await openAttempt(join(deps.work, 'images', `test-${lock.image}`));
      const name = `test-${built.variant || 'plain'}-${attempt}-${activityAttempt()}-${folder.id}`;
      const log = `images/${lock.image}/${built.digest.slice('sha256:'.length).slice(0, 16)}/${name}.log`;
      try {
        return await underHeartbeat(log, async (life) => {
          const bench = createBench(deps, lock, built, { folder: folder.folder, log, ...life });
          const verdicts: Verdict[] = [];
          for (const [index, suite] of wanted.entries()) {
            const verdict = known[index] ?? (await bench(suite));
            if (verdict.outcome === 'passed') await store.writeRecord('verdicts', passKey(lock, built, suite), verdict);
            verdicts.push(verdict);
          }
          return verdicts;
        });
      } finally {
        await folder.remove();
      }
    },
  };
}

/** A pass holds for this image and the text of this suite. */
function passKey(lock: ImageLock, built: BuiltVariant, suite: Suite | undefined): string {
  const file = lock.suites.find(({ name }) => name === suite?.name)?.file ?? ENTRYPOINT_SUITE;
  return `image ${built.digest} ${imageCheck(`suite-${suite?.name ?? ENTRYPOINT_SUITE}`, built.variant)} ${file}`;
}

interface Place {
  readonly folder: string;
  readonly log: string;
  readonly signal?: AbortSignal;
  say(line: string): void;
}

/** Runs one suite on every architecture; an image is pulled once for each. */
function createBench(deps: ImageTesterDeps, lock: ImageLock, built: BuiltVariant, place: Place) {
  const { store, now, registry } = deps;
  const { folder, log, signal, say } = place;
  const pulled = new Map<string, PulledImage>();
  const imageFor = async (architecture: string) => {
    const image =
      pulled.get(architecture) ??
      (await pullImage({
        reference: `${new URL(registry).host}/${lock.repository}@${built.digest}`,
        architecture: PLATFORMS[architecture] ?? architecture,
        plain: registry.startsWith('http://'),
        folder: join(folder, architecture),
        ...(signal ? { signal } : {}),
      }));
    pulled.set(architecture, image);
    return image;
  };

  return async (suite: Suite | undefined): Promise<Verdict> => {
    const started = now();
    const spec = await imageSpecOf(store, lock);
    const outcomes: { readonly architecture: string; readonly outcome: TestOutcome }[] = [];
    const [untested, impossible]: [string[], string[]] = [[], []];
    for (const architecture of Object.keys(built.sboms)) {
      if (!canRun(architecture)) {
        const reason = spec.untested[architecture];
        if (reason !== undefined) untested.push(`${architecture}: untested by image.yaml: ${reason}`);
        else
          impossible.push(
            `${architecture}: this machine cannot run it: install qemu-user-static, or name it under \`untested\` in image.yaml with a reason`,
          );
        continue;
      }
      const image = await imageFor(architecture);
      const file = await store.log(log);
      const note = async (line: string, report?: ContainerReport) => {
        say(`${architecture}: ${line}`);
        const output = report ? `--- standard output\n${report.stdout}\n--- standard error\n${report.stderr}\n` : '';
        await appendFile(file, `${now().toISOString()} ${suite?.name ?? ENTRYPOINT_SUITE} on ${architecture}: ${line}\n${output}`);
      };
      const options = { note, ...(signal ? { signal } : {}) };
      const made = suite ? await runSuite(suite, image, options) : [await sniffEntrypoint(image, options)];
      outcomes.push(...made.map((outcome) => ({ architecture, outcome })));
    }
    const seconds = (now().getTime() - started.getTime()) / 1000;
    const check = imageCheck(`suite-${suite?.name ?? ENTRYPOINT_SUITE}`, built.variant);
    return { check, seconds, ...summarise(outcomes, untested, impossible, log) };
  };
}

function summarise(
  outcomes: readonly { readonly architecture: string; readonly outcome: TestOutcome }[],
  untested: readonly string[],
  impossible: readonly string[],
  log: string,
): Omit<Verdict, 'check' | 'seconds'> {
  const failed = outcomes.filter(({ outcome }) => !outcome.passed);
  const flaky = outcomes.filter(({ outcome }) => outcome.passed && outcome.tries > 1);
  const rest = outcomes.filter(({ outcome }) => outcome.passed && outcome.tries === 1);
  const details = [...failed, ...flaky, ...rest].flatMap(({ architecture, outcome }) => told(architecture, outcome));
  const all = [...impossible, ...untested, ...details];
  const shown = all.length <= MOST_DETAILS ? all : [...all.slice(0, MOST_DETAILS - 1), `and ${all.length - MOST_DETAILS + 1} more lines`];
  const failure = { class: 'real' as const, log, differenceToLastGood: [], alike: [] };
  if (impossible.length > 0) return { outcome: 'failed', summary: impossible[0]!, details: shown, failure };
  if (failed.length > 0) {
    const { architecture, outcome } = failed[0]!;
    const more = failed.length > 1 ? `, and ${failed.length - 1} more` : '';
    return { outcome: 'failed', summary: `${outcome.test} on ${architecture}: ${outcome.wrong[0]}${more}`, details: shown, failure };
  }
  if (outcomes.length === 0) return { outcome: 'skipped', summary: untested.join('; '), details: [] };
  const architectures = [...new Set(outcomes.map(({ architecture }) => architecture))].join(' and ');
  const count = outcomes.length === 1 ? '1 test passed' : `${outcomes.length} tests passed`;
  const doubts = flaky.length > 0 ? `, ${flaky.length} of them flaky: failed first` : '';
  return { outcome: 'passed', summary: `${count} on ${architectures}${doubts}`, details: shown };
}

function told(architecture: string, { test, passed, tries, wrong, last }: TestOutcome): readonly string[] {
  const after = tries > 1 ? ` on try ${tries}` : '';
  if (passed) return [`${architecture}: ${test}: passed${after} in ${last.seconds.toFixed(1)} s`];
  const output = `${last.stdout}\n${last.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return [
    `${architecture}: ${test}: failed${after}: ${wrong.join('; ')}`.slice(0, 2 * LINE),
    ...output.slice(-SHOWN_LINES).map((line) => `  ${line.slice(0, LINE)}`),
  ];
}

/** Whether programs of an architecture run here: this machine's own, and those that the kernel has an interpreter for. */
function canRun(architecture: string): boolean {
  return NATIVE[arch()] === architecture || existsSync(`/proc/sys/fs/binfmt_misc/qemu-${architecture}`);
}
