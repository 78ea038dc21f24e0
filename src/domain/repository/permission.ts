import { fileName } from '../apk/file-name';
import { gate } from '../check/gate';
import type { GateRecord } from '../release/release';
import { fullVersion } from '../version/version';

/**
 * Why nothing may be signed by this gate record; undefined when it allows it. Judged again from the verdicts, not from the fact that there is a record:
 * whoever writes records is not trusted to sign.
 */
export function gateObjection(record: GateRecord): string | undefined {
  const architectures = record.builds.map((build) => build.architecture);
  if (architectures.length === 0) return 'it names no build';
  if (new Set(architectures).size !== architectures.length) return 'it names two builds of one architecture';
  const state = gate(record.verdicts, record.waivers, architectures);
  if (state.missing.length > 0) return `a verdict is missing: ${state.missing.join(', ')}`;
  if (state.failed.length > 0) return `failed and not waived: ${state.failed.join(', ')}`;
  if (!state.open) return 'it is shut';
  const version = fullVersion(record.version, record.epoch);
  for (const build of record.builds) {
    if (build.packages.length === 0) return `the build for ${build.architecture} made no package`;
    if (new Set(build.packages.map((built) => built.name)).size !== build.packages.length)
      return `the build for ${build.architecture} names a package twice`;
    const wrong = build.packages.find((built) => built.file !== fileName(built.name, version));
    if (wrong) return `${wrong.file} should be ${fileName(wrong.name, version)}`;
  }
  return undefined;
}
