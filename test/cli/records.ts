import type { Verdict } from '../../src/domain/check/verdict';
import type { BuildResult, Change, ReleaseInput, ReleaseRecord } from '../../src/domain/release/release';
import type { ReleaseView } from '../../src/workflows/messages';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;

export const input: ReleaseInput = {
  distribution: 'my-linux',
  package: 'zlib',
  version: '1.3.1',
  epoch: 0,
  previous: '1.2.13-r1',
  change: 'bump',
  candidate: { name: 'v1.3.1', link: 'https://example.org/v1.3.1' },
  causes: [{ id: 'upstream:zlib:1.3.1', kind: 'upstream-release', text: 'zlib 1.3.1 was released', at: '2026-01-01T10:00:00Z' }],
  architectures: ['x86_64'],
  reminders: { everySeconds: 60, escalateAfterSeconds: 600 },
  floor: { slots: 4, debounceSeconds: 0, cycleBudget: 1, breaker: { after: 5, share: 0.5 } },
};

export const change: Change = {
  branch: 'millrace/zlib-1.3.1-r0',
  base: 'b'.repeat(40),
  commit: 'c'.repeat(40),
  snapshot: { package: 'zlib', path: 'packages/zlib.yaml', commit: 'c'.repeat(40), spec: DIGEST, files: {} },
  version: '1.3.1',
  epoch: 0,
  sources: [
    { uri: 'https://example.org/zlib-1.3.1.tar.gz', object: DIGEST, sha256: 'd'.repeat(64), sha512: 'e'.repeat(128), bytes: 1_500_000 },
  ],
  droppedPatches: ['CVE-2023-45853.patch'],
  summary: 'zlib/1.3.1 package update',
};

export const build: BuildResult = {
  outcome: 'built',
  architecture: 'x86_64',
  key: DIGEST,
  log: 'builds/zlib-1.3.1-r0/x86_64-1.log',
  seconds: 28.4,
  reused: false,
  packages: [{ name: 'zlib', file: 'zlib-1.3.1-r0.apk', object: DIGEST, checksum: 'Q1x', bytes: 1000 }],
};

export const verdict = (check: string, outcome: Verdict['outcome'], summary = `${check} says so`): Verdict => ({
  check,
  outcome,
  summary,
  details: [],
  seconds: 1,
});

export const record: ReleaseRecord = {
  id: 'release:zlib-1.3.1-r0',
  input,
  outcome: 'published',
  reason: 'published in generation 3',
  change,
  builds: [build],
  verdicts: [verdict('spec-lint', 'passed'), verdict('abi', 'skipped', 'no dependents'), verdict('package-tests', 'passed')],
  waivers: [],
  decisions: [],
  attempts: 1,
  generation: 3,
  mergedAs: 'f'.repeat(40),
  startedAt: '2026-01-01T10:00:05Z',
  finishedAt: '2026-01-01T10:01:05Z',
  seconds: { build: 28.4, change: 2 },
};

export const view: ReleaseView = {
  release: 'release:lz4-1.10.0-r0',
  input: { ...input, package: 'lz4', version: '1.10.0' },
  stage: 'waits for a decision',
  builds: [build],
  verdicts: [verdict('package-tests', 'failed', 'lz4 --version says something else')],
  waivers: [],
  decisions: [],
  refused: [],
  waitingFor: {
    since: '2026-01-01T09:00:00Z',
    because: ['package-tests: lz4 --version says something else'],
    answers: ['millrace decide lz4-1.10.0-r0 retry'],
    remindedTimes: 0,
  },
  attempt: 0,
};
