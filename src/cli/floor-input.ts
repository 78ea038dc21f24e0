import { InvalidArgumentError } from 'commander';
import { Complaint } from '../config/complaint';
import type { RebuildPolicy } from '../domain/floor/floor';
import { policyOf, type PolicyRule } from '../domain/floor/policy';
import { linkedOf } from '../domain/floor/simulate/linked';
import type { IndexRecord } from '../domain/apk/apk';
import type { Adjacency } from '../domain/graph/adjacency';
import { distributionOf, type Distribution } from '../domain/graph/distribution';
import type { GraphPackage } from '../domain/graph/package';
import { formatProblem } from '../domain/result';
import type { SpecArchitecture } from '../domain/spec/architecture';
import { readGraphInput, readIndexFile } from './graph-input';
import { progress } from './output';

/** What `--policy` takes: one policy for every package, or that of the floor. */
export const POLICY_CHOICES = ['static', 'content', 'abi', 'default'] as const;
export type PolicyChoice = (typeof POLICY_CHOICES)[number];

/** A distribution as the floor sees it. */
export interface FloorInput {
  readonly distribution: Distribution;
  readonly linked: Adjacency;
}

/** Reads a folder of specs, with a published index where one is named. Defects of specs are told and set the exit code, as `millrace graph` does; a folder of which nothing can be read is a `Complaint`. */
export async function readFloorInput(folder: string, arch: SpecArchitecture, index?: string): Promise<FloorInput> {
  const records = index === undefined ? [] : await readIndexFile(index);
  const { packages, warnings, errors } = await readGraphInput(folder, arch);
  for (const problem of [...warnings.map((one) => ({ ...one, message: `warning: ${one.message}` })), ...errors])
    progress(formatProblem(problem));
  if (errors.length) process.exitCode = 1;
  if (packages.length === 0)
    throw new Complaint({ message: `${folder}: none of its specs can be read`, remedy: '`millrace spec lint` tells more' });
  return floorInputOf(packages, records);
}

/** The same of packages at hand. */
export function floorInputOf(packages: readonly GraphPackage[], records: readonly IndexRecord[]): FloorInput {
  return { distribution: distributionOf(packages, 'build', records), linked: linkedOf(distributionOf(packages, 'build+runtime', records)) };
}

/** The policy of each of these packages. */
export function policiesOf(names: readonly string[], choice: PolicyChoice, rules: readonly PolicyRule[] = []): readonly RebuildPolicy[] {
  return names.map((name) => (choice === 'default' ? policyOf(name, rules) : choice));
}

/** A whole number above 0 of an option. */
export function slotsOf(text: string): number {
  const slots = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(slots) || slots < 1) throw new InvalidArgumentError('a whole number above 0.');
  return slots;
}
