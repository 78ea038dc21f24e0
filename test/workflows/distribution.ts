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
}

/** What happened to a distribution: how often each activity was called, each package that was published, in order, and when the last release ended (ISO 8601). */
export interface Happened {
  readonly calls: Record<string, number>;
  readonly published: string[];
  lastEnd: string;
}

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const COMMIT = 'c'.repeat(40);
const VERSION = '1.0';

/** The contract's activities as scripted third parties: a spec repository, builders, a store and a published repository that only remember epochs. Packages start as published in `1.0-r0`. */
export function distributionActivities({ plan, build, client }: Distribution) {
  const main = new Map<string, number>();
  const happened: Happened = { calls: {}, published: [], lastEnd: '' };
  const publishedEpoch = new Map<string, number>();
  let generation = 1;

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
        spec: { version: VERSION, epoch: main.get(name) ?? 0, digest: digest('1'), commit: COMMIT },
        published: { version: fullVersion(VERSION, publishedEpoch.get(name) ?? 0) },
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
      const seconds = await build(name);
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
      main.set(name, change.epoch);
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
      for (const { package: name, version } of publish) publishedEpoch.set(name, Number(/-r(\d+)$/.exec(version)![1]));
      happened.published.push(...publish.map(({ package: name }) => name));
      return { generation: generation + 1, previous: generation, indexes: { x86_64: digest('5') }, changed: true };
    },
    async signIndexes() {
      return { signed: { x86_64: digest('6') } };
    },
    async commitGeneration(commit: { generation: number }) {
      generation = commit.generation;
      return { generation };
    },
  };
  for (const [name, activity] of Object.entries(activities) as [keyof typeof activities, (...args: never[]) => unknown][]) {
    Object.assign(activities, {
      [name]: (...args: never[]) => {
        happened.calls[name] = (happened.calls[name] ?? 0) + 1;
        return activity(...args);
      },
    });
  }
  return { activities, happened };
}
