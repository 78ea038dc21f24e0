import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { GateRecord } from '../../domain/release/release';
import { gateObjection } from '../../domain/repository/permission';

/** Nothing is signed: the gate record does not allow it, or what it names is not there as it says. */
export class GateRefused extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'GateRefused';
  }
}

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const text = z.string();
const architecture = z.string().regex(/^[a-z0-9_]+$/);

/** Only what is decided by is checked; the rest of the record is for people. */
const RECORD = z.object({
  release: text,
  package: text.min(1),
  version: text.min(1),
  epoch: z.int().min(0),
  commit: text,
  verdicts: z.array(z.object({ check: text.min(1), outcome: z.enum(['passed', 'failed', 'skipped']), summary: text })),
  waivers: z.array(z.object({ check: text, by: text, reason: text, at: text })),
  builds: z.array(
    z.object({
      architecture,
      key: digest,
      packages: z.array(
        z.object({
          name: text.regex(/^[A-Za-z0-9][A-Za-z0-9+._-]*$/),
          file: text.regex(/^[^/\0]+\.apk$/),
          object: digest,
          checksum: text.regex(/^Q1[A-Za-z0-9+/]+=*$/),
          bytes: z.int().min(1),
        }),
      ),
    }),
  ),
});

/** Reads a gate record from a file and answers it if it allows its packages to be signed and published. `where` names it in the message. Throws `GateRefused`. */
export async function readGateRecord(file: string, where: string): Promise<GateRecord> {
  const written = await readFile(file, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(written);
  } catch (error) {
    throw new GateRefused(`${where} is no gate record: ${(error as Error).message}`);
  }
  return allowedBy(content, where);
}

/** The record if it allows its packages to be signed. `where` names it in the message. Throws `GateRefused`. */
export function allowedBy(content: unknown, where: string): GateRecord {
  const parsed = RECORD.safeParse(content);
  if (!parsed.success) throw new GateRefused(`${where} is no gate record: ${z.prettifyError(parsed.error)}`);
  const record = content as GateRecord;
  const objection = gateObjection(record);
  if (objection)
    throw new GateRefused(`${where} of ${record.package} ${record.version}-r${record.epoch} does not allow to sign: ${objection}`);
  return record;
}
