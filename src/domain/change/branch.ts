/** Millrace makes, resets and deletes only branches below this. */
export const BRANCH_PREFIX = 'millrace/';

/** The branch of a release's change, `millrace/<name>-<version>-r<epoch>`; what git refuses in a ref (`~` of a hash suffix, `..`, `.lock`) becomes `-`. */
export function changeBranch(name: string, version: string, epoch: number): string {
  const leaf = `${name}-${version}-r${epoch}`.replace(/[^A-Za-z0-9+._-]/g, '-').replace(/\.{2,}/g, '-');
  return `${BRANCH_PREFIX}${leaf}`;
}

/** Whether git takes the name for a branch, by a stricter rule than `git check-ref-format`: plain characters only. */
export function isBranchName(name: string): boolean {
  if (name.length > 200 || !/^[A-Za-z0-9+._/-]+$/.test(name)) return false;
  return name
    .split('/')
    .every(
      (part) =>
        part !== '' &&
        !part.startsWith('.') &&
        !part.startsWith('-') &&
        !part.endsWith('.') &&
        !part.endsWith('.lock') &&
        !part.includes('..'),
    );
}
