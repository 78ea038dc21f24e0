import { readFileSync } from 'node:fs';

/**
 * When a living process started, in clock ticks since boot (fields 3 and 22 of /proc/<pid>/stat, proc(5)): with it, a reused process id is not taken for the old process.
 * Undefined for one that has ended, a zombie too.
 */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
