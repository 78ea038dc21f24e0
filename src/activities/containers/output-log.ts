import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A log of which the first and the last 32 MiB are kept, with a line between that says what is missing. */
export interface OutputLog {
  /** Written at once: what writes faster than the disk waits. */
  write(text: Buffer | string): void;
  /** Puts the last part to the first. Nothing may be written afterwards. */
  close(): void;
}

const PART_BYTES = 32 * 1024 * 1024;
const COPIED_BYTES = 1024 * 1024;

/** A file that what comes after the first part is written into, and is begun anew when it is full. */
interface Segment {
  readonly file: string;
  readonly descriptor: number;
  bytes: number;
}

/** Appends to `file`. What may become the last part is in `folder` until the log is closed, and in no memory. */
export function openOutputLog(file: string, folder: string, partBytes = PART_BYTES): OutputLog {
  const head = openSync(file, 'a');
  let room = partBytes;
  let after = 0;
  let [older, newer]: [Segment | undefined, Segment | undefined] = [undefined, undefined];

  const next = (): Segment => {
    const full = older;
    older = newer;
    const name = full?.file ?? join(folder, older ? 'log-end-b' : 'log-end-a');
    if (full) closeSync(full.descriptor);
    newer = { file: name, descriptor: openSync(name, 'w+'), bytes: 0 };
    return newer;
  };

  return {
    write(text) {
      let rest = typeof text === 'string' ? Buffer.from(text) : text;
      const first = rest.subarray(0, room);
      writeAll(head, first);
      room -= first.length;
      rest = rest.subarray(first.length);
      while (rest.length > 0) {
        const segment = newer && newer.bytes < partBytes ? newer : next();
        const part = rest.subarray(0, partBytes - segment.bytes);
        writeAll(segment.descriptor, part);
        segment.bytes += part.length;
        after += part.length;
        rest = rest.subarray(part.length);
      }
    },
    close() {
      const last = newer?.bytes ?? 0;
      const before = Math.min(older?.bytes ?? 0, partBytes - last);
      const missing = after - before - last;
      if (missing > 0) writeAll(head, Buffer.from(`\n… ${missing} bytes are left out here …\n`));
      if (older) copy(older, older.bytes - before, head);
      if (newer) copy(newer, 0, head);
      for (const segment of [older, newer]) {
        if (!segment) continue;
        closeSync(segment.descriptor);
        rmSync(segment.file);
      }
      closeSync(head);
    },
  };
}

function copy({ descriptor, bytes }: Segment, from: number, to: number): void {
  const buffer = Buffer.alloc(COPIED_BYTES);
  for (let at = from; at < bytes;) {
    const read = readSync(descriptor, buffer, 0, Math.min(buffer.length, bytes - at), at);
    writeAll(to, buffer.subarray(0, read));
    at += read;
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}
