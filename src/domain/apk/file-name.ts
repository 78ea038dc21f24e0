/** Name of a package's file in a repository, the same for every architecture: `<name>-<version>-r<epoch>.apk`. `version` includes the `-rN`. */
export function fileName(name: string, version: string): string {
  return `${name}-${version}.apk`;
}
