// npm run bench:floor [-- 100 200 400] [--kills 2]: a rebuild of the first packages by name of the largest component of a real distribution, by the real workflows on a real Temporal server. Every activity succeeds
// at once, but for builds: they sleep the modelled time (at most 600 s) divided by 20, on 4 slots. Prints the bound or the peer beside each figure.
// With --kills each is done a second time, and every process is killed with SIGKILL so often, at moments drawn at random: the same set is rebuilt once each, in no more time than the stops cost and 5 %.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
process.env.PATH = require('../tools/locate.cjs').toolPath();
require('../test/e2e/typescript-hook.js');
const { Client, Connection } = require('@temporalio/client');
const { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
const { heartbeatInterceptor } = require('../dist/workers/heartbeat.js');
const { superviseChild } = require('../dist/workers/child.js');
const { temporalServer } = require('../dist/workers/temporal-server.js');
const { requireConfig } = require('../dist/config/load.js');
const { statePaths } = require('../dist/config/config.js');
const { freePorts } = require('../dist/demo/free-ports.js');
const { floorId, packageId, QUEUES, releaseId, repositoryId } = require('../dist/workflows/messages.js');
const { floorStart } = require('../dist/workflows/start.js');
const { planRebuild } = require('../src/domain/floor/plan.ts');
const { componentGraph, drawnSeconds, floorSettings, rebuildAll } = require('../test/domain/floor/mass-rebuild.ts');
const { distributionActivities, nothingYet } = require('../test/workflows/distribution.ts');

const SELF = fileURLToPath(import.meta.url);
const ROOT = path.dirname(path.dirname(SELF));
const [SLOTS, SEED, CAP, FASTER] = [4, 1, 600, 20];
const MOST = 1.1;
const TASK_MS = 200;
const RUN_EVENTS = 10_000;
const BARE_LOOPS = 10;
/** Heartbeat timeout of every activity (src/workflows/activities.ts), in seconds. */
const HEARTBEAT = 12;

if (process.argv[2] === '--activities') await serveActivities(...process.argv.slice(3));
else await main();

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { kills: { type: 'string', default: '0' } } });
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const measured = [];
  for (const count of positionals.length > 0 ? positionals.map(Number) : [100, 200, 400]) {
    const one = await measure(count, 0);
    report(one);
    measured.push(one);
    if (Number(values.kills) > 0) reportStops(one, await measure(count, Number(values.kills)));
  }
  if (measured.length > 1) reportGrowth(measured[0], measured.at(-1));
  process.exit();
}

function workOf(count) {
  const graph = componentGraph(count);
  const seconds = drawnSeconds(graph.names.length, SEED, 0).seconds.map((one) => Math.min(CAP, one));
  const policies = graph.names.map(() => 'abi');
  return {
    graph,
    plan: (packages) => planRebuild({ graph, policies, seconds, packages }),
    sleeps: (name) => seconds[graph.numbers.get(name)] / FASTER,
  };
}

/** The process of the builders and of everyone else whose work takes no time here. */
async function serveActivities(address, count, memory) {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const { plan, sleeps } = workOf(Number(count));
  const build = async (name) => {
    await sleep(1000 * sleeps(name));
    return sleeps(name);
  };
  const client = new Client({ connection: await Connection.connect({ address }) });
  const happened = existsSync(memory) ? readHappened(memory) : nothingYet();
  const save = () => {
    writeFileSync(`${memory}.new`, JSON.stringify(happened));
    renameSync(`${memory}.new`, memory);
  };
  const { activities } = distributionActivities({ plan, build, client, happened, save });
  const interceptors = { activity: [heartbeatInterceptor] };
  for (const taskQueue of [QUEUES.control, QUEUES.tester, QUEUES.signer, QUEUES.publisher, QUEUES.builder('x86_64')])
    void (await Worker.create({ connection, taskQueue, activities, interceptors })).run();
  void (await Worker.create({ connection, taskQueue: 'bare-activities', activities: { nothing: async () => undefined } })).run();
  process.stdout.write('{"ready":"activities"}\n');
}

async function measure(count, kills) {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-floor-'));
  const [port, uiPort] = await freePorts(2);
  const file = path.join(folder, 'millrace.yaml');
  writeFileSync(
    file,
    `distribution: bench\nspecs: {repository: none}\ntemporal: {address: "127.0.0.1:${port}", ui-port: ${uiPort}}\nstate: state\n`,
  );
  const config = requireConfig(file);
  mkdirSync(config.state);
  const supervised = (child) =>
    superviseChild({ ...child, logFile: path.join(folder, `${child.name}.log`), pidFile: path.join(folder, `${child.name}.pid`) });
  const memory = path.join(folder, 'happened.json');
  const children = [];
  try {
    const server = supervised(temporalServer(config));
    children.unshift(server);
    await server.ready();
    const args = ['--enable-source-maps', path.join(ROOT, 'dist/workers/main.js'), 'workflows', '--config', file];
    const workflows = supervised({ name: 'workflows', command: process.execPath, args, readySeconds: 90 });
    children.unshift(workflows);
    const { address } = config.temporal;
    const scripted = supervised({
      name: 'activities',
      command: process.execPath,
      args: [SELF, '--activities', address, String(count), memory],
      readySeconds: 90,
    });
    children.unshift(scripted);
    await Promise.all([workflows.ready(), scripted.ready()]);
    const client = new Client({ connection: await Connection.connect({ address }) });
    const parts = { server: server.pid, workflows: workflows.pid, activities: scripted.pid };
    const work = workOf(count);
    const database = `${statePaths(config.state).temporal}/temporal.db`;

    const before = { cpu: cpuOf(parts), bytes: bytesOf(database) };
    const startedAt = await rebuild(client, work.graph.names);
    const stops = stop(children, memory, kills, count);
    const ended = await endOf(client, work.graph.names);
    const happened = readHappened(memory);
    checkOnce(happened.published, work.graph.names);
    const makespan = (ended.at - startedAt) / 1000;
    if (kills > 0) return { makespan, stops: await stops };
    const after = { cpu: cpuOf(parts), bytes: bytesOf(database) };

    const activities = Object.values(happened.calls).reduce((sum, calls) => sum + calls, 0) / count;
    const latency = await bareLatency(address, client, Math.round(activities));
    const plan = work.plan(work.graph.names);
    const alike = (longer) => rebuildAll(plan, (name) => work.sleeps(name) + longer, SLOTS).makespan;
    return {
      count,
      activities,
      latency,
      makespan,
      simulated: alike(0),
      lengthened: alike(latency),
      events: {
        ...ended.events,
        total: (ended.events.release + ended.events.package + ended.events.floor + ended.events.repository) / count,
      },
      task: ended.task,
      bytes: (after.bytes - before.bytes) / count,
      cpu: Object.fromEntries(Object.keys(parts).map((part) => [part, (after.cpu[part] - before.cpu[part]) / count])),
    };
  } finally {
    for (const child of children) await child.stop(10);
    rmSync(folder, { recursive: true, force: true });
  }
}

function readHappened(memory) {
  return JSON.parse(readFileSync(memory, 'utf8'));
}

/**
 * Kills every process, `kills` times while the releases run. What each stop costs, in seconds: until all are ready again, until the server has noticed the activities that are gone, and the most that a
 * build had behind it, for it begins anew.
 */
async function stop(children, memory, kills, count) {
  const costs = [];
  for (let number = 1; number <= kills; number += 1) {
    // Drawn within the part of the run that is this kill's, by what is published.
    const due = Math.floor((count * 0.9 * (number - 1 + Math.random())) / kills);
    while (!existsSync(memory) || readHappened(memory).published.length < due) await sleep(100);
    const at = Date.now();
    const began = Object.values(readHappened(memory).building);
    await Promise.all(children.map((child) => child.kill('SIGKILL')));
    // After many crashes a process is started again only after a pause: until then the one that answers is the one that was killed.
    while (children.some((child) => child.pid === undefined)) await sleep(100);
    await Promise.all(children.map((child) => child.ready()));
    const down = (Date.now() - at) / 1000;
    costs.push({ down, noticed: HEARTBEAT, lost: Math.max(0, ...began.map((since) => (at - since) / 1000)) });
  }
  return costs;
}

/** A person asks for everything anew. */
async function rebuild(client, packages) {
  const decision = { kind: 'rebuild', id: 'everything', by: 'bench', reason: 'measured', packages };
  const defaults = {
    distribution: 'bench',
    architectures: ['x86_64'],
    reminders: { everySeconds: 14_400, escalateAfterSeconds: 86_400 },
    floor: floorSettings(SLOTS),
  };
  const { type, taskQueue, input } = floorStart(defaults);
  const startedAt = Date.now();
  await client.workflow.signalWithStart(type, {
    workflowId: floorId('bench'),
    taskQueue,
    args: [input],
    signal: 'decide',
    signalArgs: [decision],
  });
  return startedAt;
}

/** Waits until every release has closed; when the last did (milliseconds), and what the histories hold. */
async function endOf(client, packages) {
  const left = new Set(packages);
  const events = { release: 0, package: 0, floor: 0, repository: 0 };
  let at = 0;
  while (left.size > 0) {
    for (const name of [...left].slice(0, 20)) {
      const seen = await client.workflow
        .getHandle(releaseId(name, '1.0', 1))
        .describe()
        // Not there yet, or the server is just being started again.
        .catch(() => undefined);
      if (!seen?.closeTime) continue;
      if (seen.status.name !== 'COMPLETED') throw new Error(`${seen.workflowId} ended ${seen.status.name}`);
      at = Math.max(at, seen.closeTime.getTime());
      events.release += seen.historyLength;
      left.delete(name);
    }
    await sleep(left.size > 0 ? 1000 : 3000);
  }
  for (const name of packages) events.package += (await client.workflow.getHandle(packageId(name)).describe()).historyLength;
  const task = [];
  for (const [key, id] of [
    ['floor', floorId('bench')],
    ['repository', repositoryId('bench')],
  ]) {
    for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${id}'` })) {
      const { historyLength } = await client.workflow.getHandle(id, runId).describe();
      events[key] += historyLength;
      if (key === 'repository') continue;
      if (historyLength > RUN_EVENTS) throw new Error(`a run of the floor has ${historyLength} events, more than ${RUN_EVENTS}`);
      task.push(...tasksOf(await client.workflow.getHandle(id, runId).fetchHistory()));
    }
  }
  return { at, events, task: percentile(task, 0.99) };
}

/** Milliseconds of each workflow task of a history. */
function tasksOf({ events }) {
  const millis = ({ eventTime: { seconds, nanos } }) => Number(seconds) * 1000 + nanos / 1e6;
  return events.flatMap((event) => {
    const done = event.workflowTaskCompletedEventAttributes;
    return done ? [millis(event) - millis(events[Number(done.startedEventId) - 1])] : [];
  });
}

function checkOnce(published, packages) {
  const expected = [...packages].sort().join();
  if ([...published].sort().join() !== expected)
    throw new Error(`${published.length} publications of ${packages.length} packages, not each once`);
}

/** Seconds that `count` activities take one after another that do nothing, in the mean of loops that have the machine to themselves, as a rebuild has between two builds. */
async function bareLatency(address, client, count) {
  const logger = new DefaultLogger('ERROR');
  const connection = await NativeConnection.connect({ address });
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: path.join(ROOT, 'bench/bare-loop.cjs'), logger });
  const worker = await Worker.create({ connection, taskQueue: 'bare', workflowBundle });
  return worker.runUntil(async () => {
    const loop = (name) => client.workflow.execute('bareLoop', { workflowId: `bare:${name}`, taskQueue: 'bare', args: [count] });
    await loop('warm-up');
    const at = performance.now();
    for (let done = 0; done < BARE_LOOPS; done += 1) await loop(String(done));
    return (performance.now() - at) / 1000 / BARE_LOOPS;
  });
}

function report(one) {
  const { count, activities, latency, makespan, simulated, lengthened, events, task, bytes, cpu } = one;
  const ratio = makespan / lengthened;
  console.log(`\n${count} packages on ${SLOTS} slots`);
  console.log(`makespan             ${makespan.toFixed(1)} s; simulated ${simulated.toFixed(1)} s`);
  console.log(`bare loop            ${(1000 * latency).toFixed(0)} ms for ${activities.toFixed(1)} activities a rebuild`);
  console.log(
    `of the simulated, each build longer by it (${lengthened.toFixed(1)} s): ${ratio.toFixed(3)} (at most ${MOST}: ${within(ratio <= MOST)})`,
  );
  console.log(
    `history events       ${events.total.toFixed(0)} a rebuild: release ${(events.release / count).toFixed(0)}, package ${(events.package / count).toFixed(0)}, floor ${(events.floor / count).toFixed(1)}, repository ${(events.repository / count).toFixed(1)}`,
  );
  console.log(`a task of the floor  ${task.toFixed(0)} ms at the 99th percentile (at most ${TASK_MS}: ${within(task <= TASK_MS)})`);
  console.log(`database             ${(bytes / 1024).toFixed(0)} KiB a rebuild`);
  console.log(
    `CPU                  ${Object.entries(cpu)
      .map(([part, seconds]) => `${part} ${seconds.toFixed(2)} s`)
      .join(', ')} a rebuild`,
  );
}

function reportStops({ makespan: undisturbed, count }, { makespan, stops }) {
  const cost = stops.reduce((sum, { down, noticed, lost }) => sum + down + noticed + lost, 0);
  const most = 1.05 * undisturbed + cost;
  console.log(`\n${count} packages, every process killed ${stops.length} times: each rebuilt once`);
  for (const { down, noticed, lost } of stops)
    console.log(
      `a stop               ${down.toFixed(1)} s until all ran again, ${noticed} s until it was noticed, ${lost.toFixed(1)} s of a build lost`,
    );
  console.log(`makespan             ${makespan.toFixed(1)} s (at most ${most.toFixed(1)}, 5 % and the stops: ${within(makespan <= most)})`);
}

/** What a rebuild costs in the largest run beside the smallest: it must not grow. */
function reportGrowth(small, large) {
  const total = ({ cpu }) => Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0);
  console.log(`\na rebuild of ${large.count} beside one of ${small.count}`);
  for (const [what, of] of [
    ['events', (one) => one.events.total],
    ['bytes', (one) => one.bytes],
    ['CPU', total],
  ])
    console.log(`${what.padEnd(20)} ${(of(large) / of(small)).toFixed(2)}`);
}

function within(holds) {
  if (!holds) process.exitCode = 1;
  return holds ? 'within' : 'OVER';
}

/** User and system seconds of each process so far. */
function cpuOf(pids) {
  return Object.fromEntries(
    Object.entries(pids).map(([part, pid]) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return [part, (Number(fields[11]) + Number(fields[12])) / 100];
    }),
  );
}

function bytesOf(database) {
  return [database, `${database}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

function percentile(values, share) {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];
}
