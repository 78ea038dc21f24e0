// npm run bench:line: wall time of real releases by station, the factory's own share, history events, CPU. Prints the bound beside each figure.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(import.meta.url);
process.env.PATH = require('../tools/locate.cjs').toolPath();
const { prepareStage } = require('../dist/demo/stage.js');
const { createFolderStore } = require('../dist/activities/store/folder-store.js');
const { statePaths } = require('../dist/config/config.js');

const RELEASES = 5;
const SAMPLE_MS = 50;
const TOOLS = new Set(['melange', 'apko', 'bwrap']);
const OWN_SHARE = 0.05;
const OWN_SECONDS = 3;

const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bench-'));
const stage = await prepareStage(folder, {
  packages: [['zlib', '1.2.13']],
  images: false,
  onMain: ['zlib'],
  say: (text) => console.error(text),
});
try {
  const { person, outside, client, factory, config } = stage;
  await until(() => outside.has('zlib-1.2.13-r0'));
  const store = createFolderStore(statePaths(config.state).store);
  const runs = [];
  for (let epoch = 1; epoch <= RELEASES; epoch += 1) {
    const before = cpuOf(factory.pids);
    const sampler = sampleTools();
    await person.commit('main', `zlib: rebuild ${epoch}`, {
      'packages/zlib.yaml': (spec) => spec.replace(/epoch: \d+/, `epoch: ${epoch}`),
    });
    await until(() => outside.has(`zlib-1.2.13-r${epoch}`));
    const busy = sampler.stop();
    const id = `release:zlib-1.2.13-r${epoch}`;
    await until(async () => (await recordOf(store, id)) !== undefined);
    const record = await recordOf(store, id);
    const from = Date.parse(record.startedAt);
    const wall = (Date.parse(record.finishedAt) - from) / 1000;
    const tools = busy.filter((at) => at >= from && at <= Date.parse(record.finishedAt)).length * (SAMPLE_MS / 1000);
    const { historyLength } = await client.workflow.getHandle(id).describe();
    const after = cpuOf(factory.pids);
    const cpu = Object.fromEntries(Object.keys(after).map((role) => [role, after[role] - (before[role] ?? 0)]));
    runs.push({ wall, own: Math.max(0, wall - tools), events: historyLength, seconds: record.seconds, cpu });
    console.error(`zlib 1.2.13-r${epoch}: ${wall.toFixed(1)} s, of it ${Math.max(0, wall - tools).toFixed(1)} s the factory's own`);
  }
  report(runs);
} finally {
  await stage.stop();
  await rm(folder, { recursive: true, force: true });
}

function report(runs) {
  const wall = median(runs.map((run) => run.wall));
  const own = median(runs.map((run) => run.own));
  const bound = Math.max(OWN_SHARE * wall, OWN_SECONDS);
  console.log(`A real release of zlib (build with its own tests, 16 checks, signed, published), median of ${runs.length}`);
  console.log(`wall time            ${wall.toFixed(1)} s`);
  for (const station of ['change', 'build', 'checks', 'merge', 'sign', 'publish']) {
    console.log(`  ${station.padEnd(18)} ${median(runs.map((run) => run.seconds[station] ?? 0)).toFixed(1)} s`);
  }
  console.log(
    `the factory's own    ${own.toFixed(1)} s (${((100 * own) / wall).toFixed(0)} %; bound: ${bound.toFixed(1)} s, the larger of 5 % and 3 s): ${own <= bound ? 'within' : 'OVER'}`,
  );
  console.log(`history events       ${median(runs.map((run) => run.events))} a release`);
  console.log('CPU seconds a release (own, without the tools they run)');
  for (const role of Object.keys(runs[0].cpu))
    console.log(`  ${role.padEnd(18)} ${median(runs.map((run) => run.cpu[role] ?? 0)).toFixed(2)} s`);
}

/** Instants at which some build tool ran, sampled from the process table: an outside look, no hook in the product. */
function sampleTools() {
  const busy = [];
  let running = true;
  const loop = (async () => {
    for (;;) {
      if (!running) return;
      if (toolRuns()) busy.push(Date.now());
      await sleep(SAMPLE_MS);
    }
  })();
  return {
    stop() {
      running = false;
      void loop;
      return busy;
    },
  };
}

function toolRuns() {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return TOOLS.has(readFileSync(`/proc/${entry}/comm`, 'utf8').trim());
    } catch {
      return false;
    }
  });
}

/** User and system seconds of each process itself. */
function cpuOf(pids) {
  return Object.fromEntries(
    Object.entries(pids).map(([role, pid]) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return [role, (Number(fields[11]) + Number(fields[12])) / 100];
    }),
  );
}

async function recordOf(store, id) {
  const names = await store.listRecords('release');
  const name = names.find((candidate) => candidate.startsWith(`${id}@`));
  return name ? store.readRecord('release', name) : undefined;
}

async function until(holds) {
  const deadline = Date.now() + 300_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('not within five minutes');
    await sleep(100);
  }
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
