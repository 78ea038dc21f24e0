import type { Digest } from '../../domain/digest';

/** The artifact store: objects by digest, records by kind and name, logs by name. A folder here; the interface is what the activities need and no more. */
export interface Store {
  /** Writes an object from a file (moved when `move`), returns its address. Atomic; equal content is stored once. */
  putFile(file: string, options?: { readonly move?: boolean }): Promise<Digest>;
  putBytes(bytes: Uint8Array | string): Promise<Digest>;
  /** Path of an object that exists. Throws `ObjectMissing` naming the digest. */
  object(digest: Digest): Promise<string>;
  has(digest: Digest): Promise<boolean>;
  /** Canonical JSON under a name, replacing atomically; also kept as an object, whose digest is returned. */
  writeRecord(kind: RecordKind, name: string, value: unknown): Promise<Digest>;
  readRecord<T>(kind: RecordKind, name: string): Promise<T | undefined>;
  /** Names of a kind, oldest first by time of writing. */
  listRecords(kind: RecordKind): Promise<readonly string[]>;
  /** Path of a log file, its folder made; the name may contain `/`, never `..`. */
  log(name: string): Promise<string>;
}

export type RecordKind =
  | 'build'
  | 'release'
  | 'gate'
  | 'verdicts'
  | 'upstream'
  | 'withdrawal'
  | 'failed-build'
  | 'osv'
  | 'image-lock'
  | 'image-gate'
  | 'image'
  | 'image-tags';
