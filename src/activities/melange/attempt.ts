import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process';

/** A directory that one try of one piece of work has to itself. */
export interface Attempt {
  readonly id: string;
  readonly folder: string;
  /** Directories of tries whose process is gone; they were removed. */
  readonly leftovers: readonly string[];
  remove(): Promise<void>;
}

const OWNER = 'owner';

/** Makes a new directory below `parent` and removes those of dead processes beside it. A living one keeps its own. */
export async function openAttempt(parent: string): Promise<Attempt> {
  await mkdir(parent, { recursive: true });
  const leftovers: string[] = [];
  for (const name of await readdir(parent)) {
    const folder = join(parent, name);
    if (await ownerLives(folder)) continue;
    await removeTree(folder);
    leftovers.push(name);
  }
  const id = randomBytes(6).toString('hex');
  const folder = join(parent, id);
  await mkdir(folder);
  await writeFile(join(folder, OWNER), await identityOf(process.pid));
  return { id, folder, leftovers, remove: () => removeTree(folder) };
}

async function ownerLives(folder: string): Promise<boolean> {
  const owner = await readFile(join(folder, OWNER), 'utf8').catch(() => '');
  const pid = Number(owner.split(' ')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  return (await identityOf(pid).catch(() => undefined)) === owner;
}

/** Process id and its start time in clock ticks: an id alone is given again to another process. Field 22 of proc(5) `stat`. */
async function identityOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    // A build without root may leave folders that their owner may not enter. Only folders: files may be links to published ones.
    await run('find', [folder, '-type', 'd', '!', '-perm', '-u+rwx', '-exec', 'chmod', 'u+rwx', '{}', ';']);
    await rm(folder, { recursive: true, force: true });
  }
}
