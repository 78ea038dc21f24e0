/** The fields of a Debian package's control file that stage0 reads. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly homepage: string;
  /** Comma-separated groups of alternatives, Pre-Depends first. */
  readonly depends: readonly (readonly string[])[];
  readonly provides: readonly string[];
}

/** Reads a control file (Debian policy, chapter 5: fields, and lines of continuation that begin with a space). */
export function parseControl(text: string): DebianPackage {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of text.split('\n')) {
    const field = /^([A-Za-z-]+): ?(.*)$/.exec(line);
    if (field) {
      last = field[1]!;
      fields.set(last, field[2]!);
    } else if (last) fields.set(last, `${fields.get(last)}\n${line}`);
  }
  const name = fields.get('Package') ?? '';
  const groups = (field: string) => (fields.get(field) ?? '').split(',').filter((group) => group.trim());
  return {
    name,
    version: fields.get('Version') ?? '',
    source: bareName(fields.get('Source') ?? name),
    homepage: fields.get('Homepage') ?? '',
    depends: [...groups('Pre-Depends'), ...groups('Depends')].map((group) => group.split('|').map(bareName)),
    provides: groups('Provides').map(bareName),
  };
}

/** A relation without version, architecture and qualifier: `libc6:any (>= 2.36)` is `libc6`. */
function bareName(relation: string): string {
  return relation.trim().replace(/[\s:([].*$/s, '');
}

/** Package managers' plumbing, and what only maintainer scripts, documentation, sanitizers or access to the network need: nothing of it is used in a build. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  `dpkg debconf debconf-2.0 cdebconf install-info base-files python3 python3-pyelftools debianutils media-types libpam0g init-system-helpers tzdata
   perl-openssl-defaults ucf sensible-utils libnsl-dev libtirpc-dev rpcsvc-proto libasan8 liblsan0 libtsan2 libubsan1 libhwasan0 libitm1 libquadmath0
   ca-certificates git-man liberror-perl libcurl3-gnutls libexpat1`.split(/\s+/),
);

export function isLeftOut(debianName: string): boolean {
  return LEFT_OUT.has(debianName);
}

const RENAMED: Readonly<Record<string, string>> = {
  libc6: 'glibc',
  'libc-bin': 'glibc-bin',
  'libc6-dev': 'glibc-dev',
  'libgcc-s1': 'libgcc',
  'libstdc++6': 'libstdc++',
  'busybox-static': 'busybox',
  'xz-utils': 'xz',
  'pax-utils': 'scanelf',
  'linux-libc-dev': 'linux-headers',
};

/** Libraries get a prefix: a distribution has packages of the same names, and those must never be satisfied by stage0. */
export function apkName(debianName: string): string {
  return RENAMED[debianName] ?? (/^(lib(?!tool$)|zlib1g)/.test(debianName) ? `stage0-${debianName}` : debianName);
}

/** The upstream part of a Debian version that is also an apk version, as release 0: `1:1.2.13.dfsg-1` is `1.2.13-r0`. */
export function apkVersion(debianVersion: string): string {
  const upstream = debianVersion.replace(/^\d+:/, '').replace(/-[^-]*$/, '');
  const version = /^\d+(\.\d+)*[a-z]?(?![a-z])/.exec(upstream) ?? /^\d+(\.\d+)*/.exec(upstream);
  return `${version?.[0] ?? '0'}-r0`;
}

/** The runtime of every program: only these provide `so:` names, so each other library is the distribution's own or missing. */
const RUNTIME_LIBRARIES: ReadonlySet<string> = new Set(['libc6', 'libgcc-s1', 'libstdc++6', 'libcrypt1', 'libatomic1', 'libgomp1']);

export function isRuntimeLibrary(debianName: string): boolean {
  return RUNTIME_LIBRARIES.has(debianName);
}

/** The packages reached from `roots`, each with the Debian names it depends on; relations to what was not downloaded or is left out fall away. */
export function closure(packages: readonly DebianPackage[], roots: readonly string[]): ReadonlyMap<DebianPackage, readonly string[]> {
  const byName = new Map(packages.filter(({ name }) => !isLeftOut(name)).map((found) => [found.name, found]));
  const providers = new Map(
    [...byName.values()].toReversed().flatMap(({ name, provides }) => provides.map((virtual) => [virtual, name] as const)),
  );
  const resolve = (alternatives: readonly string[]) =>
    alternatives.map((name) => (byName.has(name) ? name : providers.get(name))).find((name) => name !== undefined);
  const reached = new Map<DebianPackage, readonly string[]>();
  const open = [...roots];
  while (open.length > 0) {
    const found = byName.get(open.shift()!);
    if (!found || reached.has(found)) continue;
    const depends = new Set(found.depends.map(resolve).filter((name) => name !== undefined && name !== found.name) as string[]);
    reached.set(found, [...depends]);
    open.push(...depends);
  }
  return reached;
}
