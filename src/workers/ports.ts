import { createServer } from 'node:net';
import type { Config } from '../config/config';
import { settingPlace } from '../config/load';
import type { Problem } from '../domain/result';

/** What stands in the way of listening on the factory's ports: one problem for each that is taken or not allowed, naming the setting that owns it. */
export async function portProblems(config: Config, options: { readonly ownTemporal: boolean }): Promise<readonly Problem[]> {
  const { host, port } = splitAddress(config.temporal.address);
  const wanted = [
    ...(options.ownTemporal
      ? [
          { host, port, setting: 'temporal.address' },
          { host, port: config.temporal.uiPort, setting: 'temporal.ui-port' },
        ]
      : []),
    ...(config.images?.localRegistry
      ? [{ host: '127.0.0.1', port: Number(new URL(config.images.registry).port), setting: 'images.port' }]
      : []),
    { host: config.gateway.host, port: config.gateway.port, setting: 'gateway.port' },
  ];
  const problems = await Promise.all(wanted.map((entry) => tryPort(config, entry.host, entry.port, entry.setting)));
  return problems.filter((problem) => problem !== undefined);
}

export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

async function tryPort(config: Config, host: string, port: number, setting: string): Promise<Problem | undefined> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (code === undefined) return undefined;
  const at = config.positions?.[setting];
  const message = code === 'EADDRINUSE' ? `port ${port} of ${host} is in use` : `cannot listen on ${host}:${port}: ${code}`;
  return {
    message,
    ...(at ? { at } : {}),
    remedy: `stop what listens there (ss -ltnp 'sport = :${port}' shows it), or set another port: ${settingPlace(config, setting)}`,
  };
}
