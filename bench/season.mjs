// npm run bench:season: the 91 days of a real distribution of ../shared/data (or the folder that MILLRACE_DATA names) through the rules of the floor on 16 slots, under each policy; the rebuilds that really happened
// beside it. With `-- --sensitivity` also what other seeds and other answers of the oracle do to the figures, with `-- --state` how large
// the state of the floor becomes. But for the CPU-seconds the same on every machine.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const { policiesOf, POLICY_CHOICES, readFloorInput } = require('../dist/cli/floor-input.js');
const { readSeasonFile } = require('../dist/cli/season-file.js');
const { FIGURES } = require('../dist/cli/simulate.js');
const { modelSeconds } = require('../dist/domain/floor/duration.js');
const { policyOf } = require('../dist/domain/floor/policy.js');
const { ORACLE } = require('../dist/domain/floor/simulate/oracle.js');
const { readSeason } = require('../dist/domain/floor/simulate/season.js');
const { simulate } = require('../dist/domain/floor/simulate/simulate.js');
const { randomOf } = require('../dist/domain/random.js');
const { duration } = require('../dist/domain/text/duration.js');

const SLOTS = 16;
const CPU_BOUND = 180;

const data = process.env.MILLRACE_DATA ?? path.join(root, '../shared/data');
const archive = path.join(data, 'wolfi-os-specs.tar.gz');
const events = path.join(data, 'season-2026-q2.jsonl.gz');
for (const file of [archive, events]) {
  if (existsSync(file)) continue;
  console.error(`no ${file}: set MILLRACE_DATA to the folder of data packs`);
  process.exit(1);
}

const { distribution, linked, season } = await inputs();
const { graph } = distribution;
const plays = POLICY_CHOICES.map((policy) => ({ policy, ...play(policy, 0, ORACLE) }));
console.log(`${graph.names.length} packages, ${season.arrivals.length} events played, ${SLOTS} slots, seed 0\n`);
console.log(
  row(
    '',
    plays.map(({ policy }) => policy),
  ),
);
for (const { name, of } of FIGURES)
  console.log(
    row(
      name,
      plays.map(({ result }) => of(result)),
    ),
  );
console.log(
  row(
    'CPU-seconds',
    plays.map(({ cpu }) => cpu.toFixed(1)),
  ),
);
console.log(`\nrebuilds that really happened: ${season.counts.rebuilt.taken}, and ${season.counts.rebuilt.mass} in mass commits`);
const used = plays.reduce((sum, { cpu }) => sum + cpu, 0);
console.log(`all policies: ${used.toFixed(1)} CPU-s, at most ${CPU_BOUND}: ${used <= CPU_BOUND ? 'within' : 'OVER'}`);
if (used > CPU_BOUND) process.exitCode = 1;
if (process.argv.includes('--sensitivity')) sensitivity();
if (process.argv.includes('--state')) stateBytes();

async function inputs() {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-season-'));
  try {
    const done = spawnSync('tar', ['-xzf', archive, '-C', folder], { stdio: 'inherit' });
    if (done.status !== 0) throw new Error(`${archive} cannot be unpacked`);
    const read = await readFloorInput(folder, 'x86_64');
    return { ...read, season: readSeason(readSeasonFile(events), (name) => read.distribution.graph.numbers.has(name)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function play(policy, seed, assumptions) {
  const random = randomOf(seed);
  const started = process.cpuUsage();
  const result = simulate({
    graph,
    linked,
    policies: policiesOf(graph.names, policy),
    isToolchain: graph.names.map((name) => policyOf(name, []) === 'static'),
    seconds: graph.names.map(() => Math.max(1, Math.round(modelSeconds(random)))),
    arrivals: season.arrivals,
    settings: { slots: SLOTS, debounceSeconds: 30, cycleBudget: 1, breaker: { after: 20, share: 0.5 } },
    seed,
    assumptions,
  });
  const { user, system } = process.cpuUsage(started);
  return { result, cpu: (user + system) / 1e6 };
}

function sensitivity() {
  const { breaks, equal, fails } = ORACLE;
  const scaled = (factor) => ({ major: Math.min(1, breaks.major * factor), minor: breaks.minor * factor, patch: breaks.patch * factor });
  const seeds = [0, 1, 2, 3, 4].map((seed) => [`seed ${seed}`, seed, ORACLE]);
  const cases = {
    default: [
      ...seeds,
      ['breaks, a half', 0, { ...ORACLE, breaks: scaled(0.5) }],
      ['breaks, twice', 0, { ...ORACLE, breaks: scaled(2) }],
      ['breaks, four times', 0, { ...ORACLE, breaks: scaled(4) }],
      [`fails 6 % for ${fails * 100} %`, 0, { ...ORACLE, fails: 0.06 }],
    ],
    content: [
      ...seeds.slice(0, 3),
      [`equal 90 % for ${equal * 100} %`, 0, { ...ORACLE, equal: 0.9 }],
      [`equal 50 % for ${equal * 100} %`, 0, { ...ORACLE, equal: 0.5 }],
      [`fails 0.5 % for ${fails * 100} %`, 0, { ...ORACLE, fails: 0.005 }],
    ],
  };
  console.log('');
  console.log(row('policy, case', ['builds', 'of rebuilds', 'slot-hours', 'event p50', 'event p99', 'rebuilt p50', 'longest hold']));
  for (const [policy, all] of Object.entries(cases)) {
    for (const [name, seed, assumptions] of all) {
      const { result } = play(policy, seed, assumptions);
      const { builds, rebuildBuilds, slotSeconds, released, rebuilt, longestHold } = result;
      const times = [released.p50, released.p99, rebuilt.p50, longestHold.seconds].map(duration);
      console.log(row(`${policy}, ${name}`, [builds, rebuildBuilds, Math.round(slotSeconds / 3600), ...times]));
    }
  }
}

/** The largest state that the shell would carry to its next run, of every hundredth event: nobody mends what failed within a month, and more fails. */
function stateBytes() {
  const rules = require('../dist/domain/floor/reduce.js');
  const { carryFloor } = require('../dist/domain/floor/carried.js');
  const { reduceFloor } = rules;
  let [events, carried, plain] = [0, 0, 0];
  rules.reduceFloor = (state, event) => {
    const step = reduceFloor(state, event);
    events += 1;
    if (events % 100 === 0) {
      const bytes = JSON.stringify(carryFloor(step.state)).length;
      if (bytes > carried) [carried, plain] = [bytes, JSON.stringify(step.state).length];
    }
    return step;
  };
  console.log('');
  console.log(row('policy, case', ['events', 'state in KiB', 'unpacked']));
  for (const policy of POLICY_CHOICES) {
    for (const [name, assumptions] of [
      ['as assumed', ORACLE],
      [`fails 6 % for ${ORACLE.fails * 100} %`, { ...ORACLE, fails: 0.06 }],
    ]) {
      [events, carried, plain] = [0, 0, 0];
      play(policy, 0, assumptions);
      console.log(row(`${policy}, ${name}`, [events, Math.round(carried / 1024), Math.round(plain / 1024)]));
      if (carried > 1024 * 1024) process.exitCode = 1;
    }
  }
  rules.reduceFloor = reduceFloor;
}

function row(name, cells) {
  return [name.padEnd(34), ...cells.map((cell) => String(cell).padStart(18))].join(' ');
}
