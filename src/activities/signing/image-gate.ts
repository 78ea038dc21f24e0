import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { imageGateObjection } from '../../domain/image/gate';
import type { ImageGateRecord } from '../../domain/image/image';
import { GateRefused } from './gate-record';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const text = z.string();

/** Only what is decided by is checked; the rest of the record is for people. */
const RECORD = z.object({
  release: text.min(1),
  image: text.min(1),
  repository: text.regex(/^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/),
  lock: z.object({
    image: text.min(1),
    key: digest,
    suites: z.array(z.object({ name: text.min(1) })),
    variants: z.array(z.object({ variant: text })).min(1),
  }),
  variants: z.array(z.object({ variant: text, digest })).min(1),
  verdicts: z.array(z.object({ check: text.min(1), outcome: z.enum(['passed', 'failed', 'skipped']), summary: text })),
  accepted: z.array(z.object({ check: text, by: text, reason: text, at: text })),
});

/** Reads the gate record of an image from a file and answers it if it allows its digests to be signed and tagged. `where` names it in the message. Throws `GateRefused`. */
export async function readImageGate(file: string, where: string): Promise<ImageGateRecord> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new GateRefused(`${where} cannot be read: ${(error as Error).message}`);
  }
  const parsed = RECORD.safeParse(content);
  if (!parsed.success) throw new GateRefused(`${where} is no gate record of an image: ${z.prettifyError(parsed.error)}`);
  const record = content as ImageGateRecord;
  const objection = imageGateObjection(record);
  if (objection) throw new GateRefused(`${where} of image ${record.image} does not allow to sign and tag: ${objection}`);
  return record;
}
