/** The disk that a folder lies on is full. Nothing was left half written; a retry after space was made succeeds. */
export class DiskFull extends Error {
  constructor(folder: string, cause: unknown) {
    super(
      `no space left on the disk of ${folder}: free some there, or move \`state\` of millrace.yaml to a larger disk; work goes on by itself`,
      {
        cause,
      },
    );
    this.name = 'DiskFull';
  }
}

/** The error to throw in place of `error`, which happened while writing to `folder`: a `DiskFull` if that was the reason (no space, or none left of a quota). */
export function fullDisk(error: unknown, folder: string): unknown {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' ? new DiskFull(folder, error) : error;
}
