import type { Client } from '@temporalio/client';
import type { Assessment, CheckRequest, PublishRequest, SignedPackage } from '../../src/activities/contract';
import { createAnnounceActivities } from '../../src/activities/announce/announce';
import type { Verdict } from '../../src/domain/check/verdict';
import type { Digest } from '../../src/domain/digest';
import type { EncodedPlan } from '../../src/domain/floor/encoded-plan';
import { checksOf } from '../../src/domain/release/attempts';
import type { BuildResult, Change, Comparison, ReleaseInput, ReleaseRecord } from '../../src/domain/release/release';
import { fullVersion } from '../../src/domain/version/version';

/** A distribution in which every step of a release succeeds at once, but for the builds: they take as long as `build` does. */
export interface Distribution {
  readonly plan: (packages: readonly string[]) => EncodedPlan;
  /** Resolves when the build of a package is over, with the seconds that it took. */
  readonly build: (name: string) => Promise<number>;
  readonly client: Client;
  /** What third parties remember: of a process that was killed, what it had saved. */
  readonly happened?: Happened;
  /** Told after every activity. */
  readonly save?: () => void;
}

/** What happened to a distribution, as plain JSON. */
export interface Happened {
  /** How often each activity was called. */
  readonly calls: Record<string, number>;
  /** Epochs by package: on main, and published. */
  readonly main: Record<string, number>;
  readonly epochs: Record<string, number>;
  /** Each package that was published, in order; one that was published twice is there twice. */
  readonly published: string[];
  /** Builds that run: when they began, in milliseconds. */
  building: Readonly<Record<string, number>>;
  generation: number;
  /** When the last release ended, ISO 8601. */
  lastEnd: string;
}

export const nothingYet = (): Happened => ({ calls: {}, main: {}, epochs: {}, published: [], building: {}, generation: 1, lastEnd: '' });

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const COMMIT = 'c'.repeat(40);
const VERSION = '1.0';

/** The contract's activities as scripted third parties: a spec repository, builders, a store and a published repository that only remember epochs. Packages start as published in `1.0-r0`. */
export function distributionActivities({ plan, build, client, happened = nothingYet(), save = () => {} }: Distribution) {
  const changeOf = ({ package: name, version, epoch }: ReleaseInput): Change => ({
    branch: `millrace/${name}-${fullVersion(version, epoch)}`,
    base: 'b'.repeat(40),
    commit: COMMIT,
    snapshot: { package: name, path: `packages/${name}.yaml`, commit: COMMIT, spec: digest('1'), files: {} },
    version,
    epoch,
    sources: [],
    droppedPatches: [],
    summary: `${name}/${fullVersion(version, epoch)}: rebuilt`,
  });
  const built = (name: string, version: string) => ({
    name,
    file: `${name}-${version}.apk`,
    object: digest('2'),
    checksum: 'Q1x',
    bytes: 1,
  });
  const activities = {
    ...createAnnounceActivities({ client }),
    async assess({ package: name }: { package: string }): Promise<Assessment> {
      return {
        package: name,
        spec: { version: VERSION, epoch: happened.main[name] ?? 0, digest: digest('1'), commit: COMMIT },
        published: { version: fullVersion(VERSION, happened.epochs[name] ?? 0) },
        update: { reason: 'nothing newer', trace: [] },
      };
    },
    async planRebuilds({ packages }: { packages: readonly string[] }): Promise<EncodedPlan> {
      return plan(packages);
    },
    async recordDecisions() {},
    async prepareChange({ release }: { release: ReleaseInput }) {
      return changeOf(release);
    },
    async buildPackage(input: {
      architecture: string;
      version: string;
      epoch: number;
      snapshot: { package: string };
    }): Promise<BuildResult> {
      const name = input.snapshot.package;
      happened.building = { ...happened.building, [name]: Date.now() };
      save();
      const seconds = await build(name);
      happened.building = Object.fromEntries(Object.entries(happened.building).filter(([other]) => other !== name));
      const packages = [built(name, fullVersion(input.version, input.epoch))];
      return { outcome: 'built', architecture: input.architecture, key: digest('3'), log: 'log', seconds, reused: false, packages };
    },
    async compareBuilds(): Promise<Comparison> {
      return { kind: 'compatible', breaks: [], removed: [], changes: [] };
    },
    async runChecks({ stage }: CheckRequest): Promise<readonly Verdict[]> {
      return checksOf(stage).map((check) => ({ check, outcome: 'passed', summary: 'seen', details: [], seconds: 0 }));
    },
    async explainFailures({ verdicts }: { verdicts: readonly Verdict[] }) {
      return verdicts;
    },
    async reportChange() {},
    async mergeChange({ change, package: name }: { change: Change; package: string }) {
      happened.main[name] = change.epoch;
      return { merged: true, commit: change.commit };
    },
    async closeChange() {},
    async writeGateRecord() {
      return digest('9');
    },
    async writeReleaseRecord({ finishedAt }: ReleaseRecord) {
      if (finishedAt > happened.lastEnd) happened.lastEnd = finishedAt;
    },
    async notify() {},
    async hintImages() {
      return { hinted: 0 };
    },
    async signPackages(): Promise<{ packages: readonly SignedPackage[] }> {
      return { packages: [{ ...built('signed', VERSION), architecture: 'x86_64', signed: digest('4'), signedBytes: 1 }] };
    },
    async prepareGeneration({ publish }: { publish: readonly PublishRequest[] }) {
      for (const { package: name, version } of publish) {
        const epoch = Number(/-r(\d+)$/.exec(version)![1]);
        if (happened.epochs[name] !== epoch) happened.published.push(name);
        happened.epochs[name] = epoch;
      }
      const previous = happened.generation;
      return { generation: previous + 1, previous, indexes: { x86_64: digest('5') }, changed: true };
    },
    async signIndexes() {
      return { signed: { x86_64: digest('6') } };
    },
    async commitGeneration(commit: { generation: number }) {
      happened.generation = commit.generation;
      return { generation: commit.generation };
    },
  };
  for (const [name, activity] of Object.entries(activities) as [keyof typeof activities, (...args: never[]) => unknown][]) {
    Object.assign(activities, {
      [name]: async (...args: never[]) => {
        happened.calls[name] = (happened.calls[name] ?? 0) + 1;
        const answer = await activity(...args);
        save();
        return answer;
      },
    });
  }
  return { activities, happened };
}
