import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Known } from './cache';
import { makeHere, type Job, type MadeBy, type SpecText } from './jobs';

/** A thread loads the code and warms up before it makes anything: fewer specs than this are not worth one. */
const SPECS_A_THREAD = 100;

/** Only there where the code is compiled; tests that run the TypeScript itself do with one thread. */
const THREAD = join(__dirname, 'thread.js');

/** What the job makes of the specs, in their order: what is known is not made again, and of many specs every core makes a part. */
export async function makeAll<J extends Job>(
  job: J,
  specs: readonly SpecText[],
  known: Known<MadeBy<J>> | undefined,
): Promise<readonly MadeBy<J>[]> {
  const found = specs.map(({ file, text }) => known?.find(file, text));
  const missing = specs.flatMap((spec, index) => (found[index] === undefined ? [{ spec, index }] : []));
  const made = await makeInParts(job, missing.map(({ spec }) => spec)); // prettier-ignore
  missing.forEach(({ spec, index }, nth) => {
    found[index] = made[nth]!;
    known?.keep(spec.file, spec.text, made[nth]!);
  });
  return found as readonly MadeBy<J>[];
}

async function makeInParts<J extends Job>(job: J, specs: readonly SpecText[]): Promise<readonly MadeBy<J>[]> {
  const threads = existsSync(THREAD) ? Math.min(availableParallelism(), Math.floor(specs.length / SPECS_A_THREAD)) : 1;
  if (threads < 2) return makeHere(job, specs);
  const [here, ...elsewhere] = partsOf(specs, threads);
  const others = elsewhere.map((part) => makeElsewhere(job, part.map((index) => specs[index]!))); // prettier-ignore
  const results = [makeHere(job, here!.map((index) => specs[index]!)), ...(await Promise.all(others))]; // prettier-ignore
  const made: MadeBy<J>[] = [];
  [here!, ...elsewhere].forEach((part, nth) => part.forEach((index, place) => (made[index] = results[nth]![place]!)));
  return made;
}

/** Indexes of the specs in as many parts, of about as many characters each. */
function partsOf(specs: readonly SpecText[], count: number): readonly (readonly number[])[] {
  const parts = Array.from({ length: count }, () => ({ characters: 0, indexes: [] as number[] }));
  specs.forEach(({ text }, index) => {
    const least = parts.reduce((one, other) => (other.characters < one.characters ? other : one));
    least.characters += text.length;
    least.indexes.push(index);
  });
  return parts.map(({ indexes }) => indexes);
}

async function makeElsewhere<J extends Job>(job: J, specs: readonly SpecText[]): Promise<readonly MadeBy<J>[]> {
  const [made] = (await once(new Worker(THREAD, { workerData: { job, specs } }), 'message')) as [readonly MadeBy<J>[]];
  return made;
}
