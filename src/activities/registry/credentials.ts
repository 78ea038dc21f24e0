import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { RegistryRefused } from './errors';

/** Who one is to a registry. Only in the memory of publisher and tester, and in requests: never in messages, logs and records. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Undefined where there are none for this `host[:port]`. */
export type CredentialSource = (host: string) => Promise<Credentials | undefined>;

export const CREDENTIALS_REMEDY =
  'set MILLRACE_REGISTRY_USERNAME and MILLRACE_REGISTRY_PASSWORD for publisher and tester, or log in with docker, so that its config.json has them';

const CONFIG = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() })).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});

/**
 * Reads credentials, each time anew so that changed ones count at once: MILLRACE_REGISTRY_USERNAME and MILLRACE_REGISTRY_PASSWORD, else the `auths` of docker's config.json in
 * $DOCKER_CONFIG or ~/.docker. Helpers of docker are not run. Throws `RegistryRefused` on a file that is none.
 */
export function registryCredentials(environment: NodeJS.ProcessEnv = process.env): CredentialSource {
  return async (host) => {
    const { MILLRACE_REGISTRY_USERNAME: username, MILLRACE_REGISTRY_PASSWORD: password } = environment;
    if (username && password) return { username, password };
    const file = join(environment.DOCKER_CONFIG || join(environment.HOME || homedir(), '.docker'), 'config.json');
    return await fromDocker(file, host);
  };
}

/** What a process of a role that is not to have them gets of an environment. */
export function withoutCredentials(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { MILLRACE_REGISTRY_USERNAME: _, MILLRACE_REGISTRY_PASSWORD: __, DOCKER_AUTH_CONFIG: ___, ...rest } = environment;
  return rest;
}

async function fromDocker(file: string, host: string): Promise<Credentials | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new RegistryRefused(`${file} cannot be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  const config = configOf(text, file);
  // `docker login` writes the whole address for some registries.
  const [, entry] = Object.entries(config.auths ?? {}).find(([name]) => hostOf(name) === host) ?? [];
  const decoded = Buffer.from(entry?.auth ?? '', 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon > 0 && !entry?.identitytoken) return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  const helper = entry?.identitytoken ? 'an identity token' : (config.credHelpers?.[host] ?? config.credsStore);
  if (helper === undefined || (!entry && !config.credHelpers?.[host])) return undefined;
  throw new RegistryRefused(`${file} has for ${host} only ${helper}, which Millrace does not use; ${CREDENTIALS_REMEDY}`);
}

function configOf(text: string, file: string): z.output<typeof CONFIG> {
  try {
    return CONFIG.parse(JSON.parse(text));
  } catch {
    // What is wrong may be quoted by the parser, and the file holds secrets.
    throw new RegistryRefused(`${file} is no configuration of docker: mend it, or ${CREDENTIALS_REMEDY}`);
  }
}

function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}
