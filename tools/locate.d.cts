export interface Located {
  readonly name: string;
  readonly from: 'path' | 'cache' | 'missing';
  readonly file?: string;
  readonly folder?: string;
  readonly version?: string;
  /** What stands on PATH but does not fit. */
  readonly rejected?: { readonly file: string; readonly version: string };
}

export interface Program {
  readonly purpose: string;
  /** The option of set-up that it comes with; always without one. */
  readonly only?: string;
  readonly version: string;
  readonly fits: { readonly atLeast: string; readonly below: string };
}

export const versions: {
  readonly programs: Readonly<Record<string, Program>>;
  readonly system: Readonly<Record<string, { readonly purpose: string; readonly package: string; readonly only?: string }>>;
  readonly testServer: { readonly name: string; readonly purpose: string; readonly version: string };
};
export function cacheFolder(env?: NodeJS.ProcessEnv): string;
export function programFolder(name: string, version: string, env?: NodeJS.ProcessEnv): string;
export function onPath(name: string, env?: NodeJS.ProcessEnv): string | undefined;
export function locateProgram(name: string, env?: NodeJS.ProcessEnv): Located;
export function locateTestServer(env?: NodeJS.ProcessEnv): Located;
export function toolPath(env?: NodeJS.ProcessEnv): string;
export function fits(version: string, range: { readonly atLeast: string; readonly below: string }): boolean;
