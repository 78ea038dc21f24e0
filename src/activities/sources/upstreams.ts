import type { Upstream } from '../../domain/update/upstream';
import type { Store } from '../store/store';
import { createDirectorySource } from './directory/directory';
import { createGitSource } from './git/git';
import type { Offer } from './source';

const TIMEOUT_SECONDS = 60;

export interface UpstreamSources {
  /** What the upstream offers now, from the source of its kind. Throws what `UpstreamSource.candidates` throws. */
  candidatesOf(upstream: Upstream): Promise<Offer>;
}

/** All kinds of upstream; a new one is a folder beside these and a line here. */
export function createUpstreamSources(deps: { readonly store: Store }): UpstreamSources {
  const options = { store: deps.store, timeoutSeconds: TIMEOUT_SECONDS };
  const directory = createDirectorySource(options);
  const git = createGitSource(options);
  return {
    candidatesOf(upstream) {
      switch (upstream.kind) {
        case 'directory':
          return directory.candidates(upstream);
        case 'git':
          return git.candidates(upstream);
      }
    },
  };
}
