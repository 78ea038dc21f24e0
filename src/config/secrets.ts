import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { statePaths, type Config } from './config';

/** Makes `<state>/secrets/<name>` (mode 0600, 32 random bytes in hexadecimal) unless it is there. Returns its path. */
export async function ensureSecret(config: Config, name: string): Promise<string> {
  const folder = statePaths(config.state).secrets;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, name);
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(`${randomBytes(32).toString('hex')}\n`);
    await handle.sync();
    await handle.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return file;
}

/** The live webhook secrets, at most two, so that a sender can be moved to a new one: MILLRACE_WEBHOOK_SECRET or `secrets/webhook`, and `secrets/webhook.previous`. Throws on a file that others may read. */
export async function webhookSecrets(config: Config, environment: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  const folder = statePaths(config.state).secrets;
  const current = environment.MILLRACE_WEBHOOK_SECRET?.trim() || (await readSecret(join(folder, 'webhook')));
  const previous = await readSecret(join(folder, 'webhook.previous'));
  return [current, previous].filter((secret): secret is string => secret !== undefined && secret.length > 0);
}

async function readSecret(file: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others (run: chmod 600 ${file})`);
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
