/** An architecture that Millrace builds for, by its name in apk. */
export type SpecArchitecture = 'x86_64' | 'aarch64';

export const SPEC_ARCHITECTURES: readonly SpecArchitecture[] = ['x86_64', 'aarch64'];

/** What `${{…}}` gives of an architecture (apko `pkg/build/types/types.go`, melange `NewSubstitutionMap`, for a build with glibc). */
export function architectureVariables(arch: SpecArchitecture): Readonly<Record<string, string>> {
  const gnu = arch === 'x86_64' ? 'x86_64-pc-linux' : 'aarch64-unknown-linux';
  const rust = `${arch}-unknown-linux`;
  return {
    'build.arch': arch,
    'build.goarch': arch === 'x86_64' ? 'amd64' : 'arm64',
    'host.triplet.gnu': `${gnu}-gnu`,
    'host.triplet.rust': `${rust}-gnu`,
    'cross.triplet.gnu.glibc': `${gnu}-gnu`,
    'cross.triplet.gnu.musl': `${gnu}-musl`,
    'cross.triplet.rust.glibc': `${rust}-gnu`,
    'cross.triplet.rust.musl': `${rust}-musl`,
  };
}
