/** `.PKGINFO` of an apk (apk-tools v2 format; facts: melange pkg/build/package.go). */
export interface PackageInfo {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly installedSize: number;
  readonly origin: string;
  readonly description: string;
  readonly url: string;
  readonly commit: string;
  readonly buildDate: number;
  readonly license: string;
  readonly depends: readonly string[];
  readonly provides: readonly string[];
  readonly replaces: readonly string[];
  readonly providerPriority?: number;
  /** melange writes its namespace here. */
  readonly maintainer?: string;
  readonly datahash: string;
  /** The licences one by one, where the text has several lines of them. */
  readonly licenses?: readonly string[];
  /** The comment that the text starts with: which tool wrote it. */
  readonly comment?: string;
  /** The text line by line, where it is not as `printPackageInfo` would write it from the other fields: a key for all lines of that key, other lines as they are. */
  readonly lines?: readonly string[];
}

/** A file of an apk's data member. */
export interface ApkEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'device';
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Hex SHA-256 of a regular file's content. */
  readonly sha256?: string;
  readonly link?: string;
  /** Names of PAX `SCHILY.xattr.*` records; `security.capability` is a file capability. */
  readonly xattrs: readonly string[];
}

/** A record of APKINDEX. */
export interface IndexRecord extends Omit<PackageInfo, 'datahash' | 'licenses' | 'comment' | 'lines'> {
  /** `Q1` and the base64 SHA-1 of the compressed control member: the identity of a package, the same before and after signing. */
  readonly checksum: string;
  /** Bytes of the .apk file, signature included. */
  readonly size: number;
  /** Packages that, all installed, bring this one along. */
  readonly installIf?: readonly string[];
  /** Keys of the record in the order that it was read with, where that is not the one of melange: another tool's index prints as it was. */
  readonly layout?: string;
}
