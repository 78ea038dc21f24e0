/** The linters whose findings melange lets fail a build (its default of `--lint-require`, v0.59). */
export const REQUIRED_LINTERS: readonly string[] = [
  'dev',
  'infodir',
  'libtool/la-files',
  'setuidgid',
  'tempdir',
  'usrmerge',
  'varempty',
  'worldwrite',
];

interface Checks {
  readonly name?: unknown;
  readonly checks?: { readonly disabled?: unknown } | null;
}

/** What a resolved spec, as an apk carries it, says under `checks.disabled` of one of its packages. */
export function disabledLinters(spec: unknown, name: string): readonly string[] {
  const { package: origin, subpackages } = (spec ?? {}) as { readonly package?: Checks; readonly subpackages?: readonly Checks[] };
  const found = [origin, ...(Array.isArray(subpackages) ? (subpackages as readonly Checks[]) : [])].find((item) => item?.name === name);
  const disabled = found?.checks?.disabled;
  return Array.isArray(disabled) ? disabled.filter((item) => typeof item === 'string') : [];
}
