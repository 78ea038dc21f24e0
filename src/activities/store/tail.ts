import { open } from 'node:fs/promises';

const BLOCK_BYTES = 64 * 1024;
/** A log without line ends must not be read whole. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The last `lines` lines of a file, oldest first, read from its end (at most 4 MiB; then the first line is cut). A last line without an end counts. A missing file has none. */
export async function tail(path: string, lines: number): Promise<readonly string[]> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined || lines <= 0) {
    await file?.close();
    return [];
  }
  try {
    const { size } = await file.stat();
    const blocks: Buffer[] = [];
    let start = size;
    let ends = 0;
    // One line end more than lines: the one before the first line.
    while (start > 0 && ends <= lines && size - start < MOST_BYTES) {
      const length = Math.min(BLOCK_BYTES, start);
      const block = Buffer.alloc(length);
      const { bytesRead } = await file.read(block, 0, length, start - length);
      start -= length;
      blocks.unshift(block.subarray(0, bytesRead));
      ends += countLineEnds(block);
    }
    const text = Buffer.concat(blocks).toString('utf8');
    if (text === '') return [];
    return text.replace(/\n$/, '').split('\n').slice(-lines);
  } finally {
    await file.close();
  }
}

function countLineEnds(block: Buffer): number {
  let ends = 0;
  for (let at = block.indexOf(10); at !== -1; at = block.indexOf(10, at + 1)) ends += 1;
  return ends;
}
