import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { statePaths, type Config } from '../config/config';
import type { ChildOptions } from './child';

/** The registry of an installation on one machine: Debian's docker-registry on the loopback, its blobs in the state folder. Only where `images` names no other. */
export function registryServer(config: Config): Omit<ChildOptions, 'logFile' | 'pidFile'> {
  const { registry } = config.images!;
  const folder = statePaths(config.state).registry;
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/config.yml`;
  // JSON is YAML, and needs no quoting rules.
  const settings = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: `${folder}/data` }, delete: { enabled: true } },
    http: { addr: new URL(registry).host },
  };
  writeFileSync(file, JSON.stringify(settings));
  return {
    name: 'registry',
    command: 'docker-registry',
    args: ['serve', file],
    probe: (signal) => answers(`${registry}/v2/`, signal),
    readySeconds: 30,
  };
}

/** Resolves when the registry answers. */
async function answers(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100, undefined, { signal }).catch(() => undefined);
  }
  // Whoever waits is told by the end of the process.
  await new Promise<never>(() => {});
}
