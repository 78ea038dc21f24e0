import type { RebuildPolicy } from './floor';

export interface PolicyRule {
  /** A star stands for any characters. */
  readonly package: string;
  readonly policy: RebuildPolicy;
}

/**
 * What a Go, Rust or Haskell toolchain compiles has its standard library inside, so all that is built with it is built again. Everything else is told by its sonames: nothing is built again for a new
 * compiler, make or git, as in Wolfi, where only what directly depends on Go or Rust is (297 packages, against 3,219 that are built with git).
 */
const STATIC_TOOLCHAIN = /^(go|rust|ghc)(-[0-9.]+)?$/;

/** Policy of a provider: the first rule that matches; where none does, `static` for the toolchains of Go, Rust and Haskell and `abi` for all others. */
export function policyOf(name: string, rules: readonly PolicyRule[]): RebuildPolicy {
  const rule = rules.find(({ package: pattern }) => matches(pattern, name));
  return rule?.policy ?? (STATIC_TOOLCHAIN.test(name) ? 'static' : 'abi');
}

function matches(pattern: string, name: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${source}$`, 's').test(name);
}
