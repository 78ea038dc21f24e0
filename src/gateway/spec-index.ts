import type { Forge } from '../activities/forge/forge';
import { readSpecFile } from '../activities/change/spec-at';
import type { Config } from '../config/config';
import { packagesAmong, specPath } from '../domain/change/files';
import type { Spec } from '../domain/spec/spec';
import { sourcesOf } from '../domain/spec/sources';
import { upstreamOf } from '../domain/update/upstream';

/** Which packages there are, and which come from which GitHub repository, as main says. */
export interface SpecIndex {
  readonly packages: ReadonlySet<string>;
  /** Specs by `owner/name` in lower case. */
  readonly byRepository: ReadonlyMap<string, readonly Spec[]>;
}

/** Keeps the index of the newest main commit; specs that did not change are not read again. */
export function createSpecIndex(forge: Pick<Forge, 'head' | 'list' | 'readAll'>, specs: Config['specs']): () => Promise<SpecIndex> {
  let kept: { readonly commit: string; readonly index: Promise<SpecIndex> } | undefined;
  const read = new Map<string, { readonly content: Buffer; readonly spec: Spec | undefined }>();

  const build = async (commit: string): Promise<SpecIndex> => {
    const packages = packagesAmong(await forge.list(commit, specs.directory), specs.directory);
    const contents = await forge.readAll(
      commit,
      packages.map((name) => specPath(specs.directory, name)),
    );
    const byRepository = new Map<string, Spec[]>();
    for (const name of packages) {
      const path = specPath(specs.directory, name);
      const content = contents.get(path);
      if (!content) continue;
      const known = read.get(name);
      const spec = known?.content.equals(content) ? known.spec : specOf(path, name, content);
      read.set(name, { content, spec });
      for (const repository of spec ? githubRepositories(spec) : [])
        byRepository.set(repository, [...(byRepository.get(repository) ?? []), spec!]);
    }
    for (const name of read.keys()) if (!packages.includes(name)) read.delete(name);
    return { packages: new Set(packages), byRepository };
  };

  return async () => {
    const commit = await forge.head(specs.branch);
    if (kept?.commit !== commit) {
      const index = build(commit);
      kept = { commit, index };
      index.catch(() => (kept = undefined));
    }
    return kept.index;
  };
}

function specOf(path: string, name: string, content: Buffer): Spec | undefined {
  const found = readSpecFile(path, name, content);
  return 'spec' in found ? found.spec : undefined;
}

/** `owner/name` in lower case of the GitHub repositories that a spec's releases come from: its update block's, else those of its sources. */
export function githubRepositories(spec: Spec): readonly string[] {
  const upstream = upstreamOf(spec);
  const sources = sourcesOf(spec);
  const urls = [
    ...(upstream.ok && upstream.value.kind === 'git' ? [upstream.value.repository] : []),
    ...(sources.ok
      ? sources.value.filter((source) => source.versioned).map((source) => (source.kind === 'fetch' ? source.uri : source.repository))
      : []),
  ];
  return [...new Set(urls.flatMap((url) => repositoryOf(url) ?? []))];
}

/** `owner/name` in lower case of a URL at github.com. */
export function repositoryOf(url: string): string | undefined {
  const found = /^(?:https?:\/\/(?:[^@/]*@)?|git:\/\/|ssh:\/\/git@|git@)github\.com[/:]([\w.-]+)\/([\w.-]+?)(?:\.git)?(?:\/|$)/i.exec(url);
  return found ? `${found[1]}/${found[2]}`.toLowerCase() : undefined;
}
