import type { RepositoryReader } from '../activities/repository/reader';
import type { ImageInFlight } from './images';
import type { InFlight } from './in-flight';
import type { Ended } from './records';
import { share, type Share } from './share';

/** How the factory stands: what `status`, `watch` and the gateway's page show. */
export interface Overview {
  readonly distribution: string;
  readonly generation: number;
  /** Undefined when no Temporal server answers: then nobody knows what is in flight. */
  readonly inFlight: readonly InFlight[] | undefined;
  /** Releases of images; absent when nobody knows. */
  readonly images?: readonly ImageInFlight[];
  /** Newest first. */
  readonly published: readonly Ended[];
  /** Ended otherwise than published, newest first. */
  readonly given: readonly Ended[];
  readonly share: Share;
}

/** Where an overview is read. */
export interface OverviewSources {
  readonly distribution: string;
  readonly published: Pick<RepositoryReader, 'currentGeneration'>;
  /** Oldest first. */
  readonly ended: () => Promise<readonly Ended[]>;
  readonly inFlight: () => Promise<readonly InFlight[] | undefined>;
  readonly images: () => Promise<readonly ImageInFlight[] | undefined>;
}

export async function overview(sources: OverviewSources): Promise<Overview> {
  const [ended, generation, inFlight, images] = await Promise.all([
    sources.ended(),
    sources.published.currentGeneration(),
    sources.inFlight(),
    sources.images(),
  ]);
  const newest = [...ended].reverse();
  return {
    distribution: sources.distribution,
    generation,
    inFlight,
    ...(images ? { images } : {}),
    published: newest.filter((release) => release.outcome === 'published'),
    given: newest.filter((release) => release.outcome !== 'published'),
    share: share(ended),
  };
}
