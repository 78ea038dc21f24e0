import { runOrThrow } from '../process';

/** Modification times, in seconds, of what is in a source archive; none for a file that is no archive. Any form that the system's tar unpacks. */
export async function modificationTimes(file: string): Promise<readonly number[]> {
  const listing = await runOrThrow('tar', ['--list', '--verbose', '--full-time', '--utc', '--quoting-style=escape', '--file', file], {
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  }).catch(() => '');
  return [...listing.matchAll(/^\S+ \S+ +\S+ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/gm)].map(
    ([, day, time]) => Date.parse(`${day}T${time}Z`) / 1000,
  );
}
