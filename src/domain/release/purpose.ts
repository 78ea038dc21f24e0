import { fullVersion } from '../version/version';
import type { ReleaseInput } from './release';

/** What a release was started to do, in one line for people. */
export function purposeOf({ change, version, epoch }: Pick<ReleaseInput, 'change' | 'version' | 'epoch'>): string {
  if (change === 'bump') return `the spec was to move to ${version}`;
  return change === 'rebuild' ? `it was to be built again as ${fullVersion(version, epoch)}` : 'main says what was not published';
}
