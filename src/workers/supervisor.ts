import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { processStart } from '../activities/process-start';
import { withoutCredentials } from '../activities/registry/credentials';
import { Complaint } from '../config/complaint';
import { statePaths, type Config } from '../config/config';
import { settingPlace } from '../config/load';
import { superviseChild, type Child, type ChildOptions } from './child';
import { connectClient } from './connection';
import { ensureFloor } from './floor-settings';
import { portProblems } from './ports';
import { prepareInstallation } from './prepare';
import { registryServer } from './registry-server';
import { rolesOf } from './roles';
import { ensureSearchAttributes } from './search-attributes';
import { ensureWatchSchedule } from './watch-schedule';
import { ownsTemporal, temporalServer } from './temporal-server';

/** Who is told how to log in to the registry. */
const REGISTRY_USERS = ['publisher', 'tester'];

/** A running factory: the Temporal server (where it is ours), a process per role and the gateway. */
export interface Factory {
  readonly addresses: { readonly temporal: string; readonly ui: string; readonly gateway: string };
  /** Process ids by role; one that is just being started again is absent. Also in `<state>/run/<role>.pid`. */
  readonly pids: Readonly<Record<string, number>>;
  /** Kills a role's process and waits for its end; it comes back as after any crash. */
  kill(role: string, signal?: NodeJS.Signals): Promise<void>;
  /** Starts a role anew at once and waits until it is ready. */
  restart(role: string): Promise<void>;
  /** Stops everything in order: gateway, workers, registry and Temporal. */
  stop(): Promise<void>;
}

export interface FactoryOptions {
  /** Told of each thing that is ready, and of each that crashed. */
  readonly onProgress?: (text: string) => void;
}

const WORKER_GRACE_SECONDS = 12;

/** Starts the factory of a configuration and waits until all of it is ready. Its parts die with this process. Throws a `Complaint` (and leaves nothing running) where a port is taken, a part does not come up, or it runs already. */
export async function startFactory(config: Config, options: FactoryOptions = {}): Promise<Factory> {
  const say = options.onProgress ?? (() => {});
  const paths = statePaths(config.state);
  for (const folder of [paths.run, paths.logs]) mkdirSync(folder, { recursive: true });
  const release = claim(`${paths.run}/supervisor.pid`, config);
  const children: Child[] = [];
  const begin = (child: Omit<ChildOptions, 'logFile' | 'pidFile'>) => {
    const started = superviseChild({
      ...child,
      env: REGISTRY_USERS.includes(child.name) ? process.env : withoutCredentials(process.env),
      logFile: `${paths.logs}/${child.name}.log`,
      pidFile: `${paths.run}/${child.name}.pid`,
      onRestart: say,
    });
    children.push(started);
    return started;
  };
  const stop = async () => {
    const byName = (names: readonly string[]) => children.filter((child) => names.includes(child.name));
    await Promise.all(byName(['gateway']).map((child) => child.stop(5)));
    await Promise.all(
      children
        .filter((child) => !['gateway', 'temporal', 'registry'].includes(child.name))
        .map((child) => child.stop(WORKER_GRACE_SECONDS)),
    );
    await Promise.all(byName(['temporal', 'registry']).map((child) => child.stop(10)));
    release();
  };
  try {
    const problems = await portProblems(config, { ownTemporal: ownsTemporal(config) });
    if (problems.length > 0) throw new Complaint(problems);
    await prepareInstallation(config, say);
    if (ownsTemporal(config)) {
      await begin(temporalServer(config)).ready();
      say(`temporal is ready at ${config.temporal.address}`);
    }
    if (config.images?.localRegistry) {
      await begin(registryServer(config)).ready();
      say(`registry is ready at ${config.images.registry}`);
    }
    const { client, connection } = await connectClient(config);
    try {
      await ensureSearchAttributes(connection, config.temporal.namespace);
      await ensureWatchSchedule(client, config);
      await ensureFloor(client, config);
    } finally {
      await connection.close();
    }
    await Promise.all(
      rolesOf(config).map(async (role) => {
        await begin(processOf(config, role, 'workers/main.js', [role])).ready();
        say(`${role} is ready`);
      }),
    );
    await begin(processOf(config, 'gateway', 'gateway/main.js', [])).ready();
    say(`gateway is ready at http://${config.gateway.host}:${config.gateway.port}`);
  } catch (error) {
    await stop();
    throw error;
  }
  const childOf = (role: string) => {
    const child = children.find((candidate) => candidate.name === role);
    if (!child)
      throw new Complaint({
        message: `there is no role ${role}`,
        remedy: `roles: ${children.map((candidate) => candidate.name).join(', ')}`,
      });
    return child;
  };
  return {
    addresses: {
      temporal: config.temporal.address,
      ui: `http://${config.temporal.address.replace(/:\d+$/, '')}:${config.temporal.uiPort}`,
      gateway: `http://${config.gateway.host}:${config.gateway.port}`,
    },
    get pids() {
      return Object.fromEntries(children.flatMap((child) => (child.pid === undefined ? [] : [[child.name, child.pid]])));
    },
    kill: (role, signal = 'SIGKILL') => childOf(role).kill(signal),
    restart: (role) => childOf(role).restart(),
    stop,
  };
}

/** The built file is run even where this one is loaded from source, as in tests. */
function processOf(config: Config, name: string, file: string, args: readonly string[]): Omit<ChildOptions, 'logFile' | 'pidFile'> {
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', resolve(__dirname, '../../dist', file), ...args, '--config', config.file],
    readySeconds: 90,
  };
}

/** One factory a state folder. The claim of a process that is no more is taken over. */
function claim(file: string, config: Config): () => void {
  const mine = `${process.pid} ${processStart(process.pid)}`;
  try {
    writeFileSync(file, mine, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const [pid, since] = readFileSync(file, 'utf8').split(' ');
    if (since && processStart(Number(pid)) === since) {
      throw new Complaint({
        message: `the factory in ${config.state} already runs (process ${pid})`,
        remedy: `stop that one first, or give this one a folder of its own: ${settingPlace(config, 'state')}`,
      });
    }
    rmSync(file, { force: true });
    return claim(file, config);
  }
  return () => rmSync(file, { force: true });
}
