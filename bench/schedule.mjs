// npm run bench:schedule: a rebuild of all 3,401 packages of ../shared/data by the floor's reducer under a virtual clock, beside first-in-first-out and the bound. The same figures on every machine.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('../test/e2e/typescript-hook.js');
const { rankOf } = require('../src/domain/floor/rank.ts');
const { planRebuild } = require('../src/domain/floor/plan.ts');
const { boundOf, drawnSeconds, queued, realGraph, rebuildAll } = require('../test/domain/floor/mass-rebuild.ts');

const MOST = { 16: 1.05, 32: 1.03 };
const SEEDS = 20;
const NOISE = 1;

const graph = realGraph();
const policies = graph.names.map(() => 'abi');
console.log(`${graph.names.length} packages; makespan divided by max(critical path, work / slots)`);
for (const slots of Object.keys(MOST).map(Number)) {
  console.log(`\n${slots} slots   bound    floor    known    flat     first-in-first-out`);
  const rows = Array.from({ length: SEEDS }, (_, seed) => row(slots, seed));
  rows.forEach((ratios, seed) => console.log(line(`seed ${String(seed).padStart(2)}`, ratios)));
  const mean = (key) => rows.reduce((sum, ratios) => sum + ratios[key], 0) / rows.length;
  const means = Object.fromEntries(Object.keys(rows[0]).map((key) => [key, mean(key)]));
  console.log(line('mean   ', means));
  const within = means.floor <= MOST[slots];
  console.log(`at most ${MOST[slots]}: ${within ? 'within' : 'OVER'}`);
  if (!within) process.exitCode = 1;
}

/** `floor`: the reducer with estimates that are wrong by a lognormal factor of sigma 1.0. Beside it plain queues: `known`, by the critical path of durations known before; `flat`, with none known. */
function row(slots, seed) {
  const { seconds, estimates } = drawnSeconds(graph.names.length, seed, NOISE);
  const bound = boundOf(graph, seconds, slots);
  const plan = planRebuild({ graph, policies, seconds: estimates, packages: graph.names });
  const { makespan } = rebuildAll(plan, (name) => seconds[graph.numbers.get(name)], slots);
  const ranked = (expected) => queued(graph, seconds, slots, rankOf(graph.neededBy, expected)) / bound;
  return {
    bound,
    floor: makespan / bound,
    known: ranked(seconds),
    flat: ranked(seconds.map(() => 1)),
    fifo: queued(graph, seconds, slots) / bound,
  };
}

function line(name, { bound, ...ratios }) {
  return [name, `${Math.round(bound)} s`.padStart(8), ...Object.values(ratios).map((ratio) => ratio.toFixed(4).padStart(8))].join(' ');
}
