/** Whole numbers from 0 on, as LEB128 in base64: one byte below 128. */
export interface Packer {
  readonly write: (value: number) => void;
  readonly text: () => string;
}

/** Reads what a packer wrote. Throws `ended` where nothing is left. */
export interface Unpacker {
  readonly read: () => number;
  readonly done: () => boolean;
}

export function packer(): Packer {
  const bytes: number[] = [];
  return {
    write(value) {
      let rest = value;
      // No shifts: a number may have more than 32 bits.
      for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
      bytes.push(rest);
    },
    text: () => base64(bytes),
  };
}

export function unpacker(text: string, ended: string): Unpacker {
  const bytes = unbase64(text);
  let at = 0;
  return {
    read() {
      let value = 0;
      for (let place = 1; ; place *= 0x80) {
        const byte = bytes[at++];
        if (byte === undefined) throw new Error(ended);
        value += (byte % 0x80) * place;
        if (byte < 0x80) return value;
      }
    },
    done: () => at === bytes.length,
  };
}

// Workflow code has no Buffer, and its isolate promises no atob.
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map(Array.from(DIGITS, (digit, value) => [digit, value]));

function base64(bytes: readonly number[]): string {
  const digits: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const word = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const used = Math.min(3, bytes.length - at) + 1;
    for (let digit = 0; digit < 4; digit += 1) digits.push(digit < used ? DIGITS[(word >>> (18 - 6 * digit)) & 63]! : '=');
  }
  return digits.join('');
}

function unbase64(text: string): Uint8Array {
  const length = text.endsWith('==') ? (text.length / 4) * 3 - 2 : text.endsWith('=') ? (text.length / 4) * 3 - 1 : (text.length / 4) * 3;
  const bytes = new Uint8Array(length);
  for (let at = 0, to = 0; at < text.length; at += 4) {
    let word = 0;
    for (let digit = 0; digit < 4; digit += 1) word = (word << 6) | (VALUES.get(text[at + digit]!) ?? 0);
    for (let byte = 0; byte < 3 && to < length; byte += 1) bytes[to++] = (word >>> (16 - 8 * byte)) & 0xff;
  }
  return bytes;
}
