import { ActivityFailure } from '@temporalio/workflow';
import { clamp, SUMMARY_BYTES } from '../domain/text/clamp';
import { imageControl } from './image-activities';

/** What images were not told yet: origins published or withdrawn, and the generation that has it. */
export interface OwedHints {
  readonly generation: number;
  readonly packages: readonly string[];
  /** ISO 8601. */
  readonly at: string;
}

/** Tells images of new generations beside the work of the repository, which neither waits for it nor fails with it. What comes meanwhile is told together. */
export function openImageHints(carried: OwedHints | undefined) {
  let owed = carried;
  let underWay: OwedHints | undefined;

  const send = async (): Promise<void> => {
    if (underWay) return;
    for (underWay = owed; underWay; underWay = owed) {
      owed = undefined;
      const { generation, packages, at } = underWay;
      const id = `generation:${generation}`;
      const text = clamp(`generation ${generation} changed ${packages.join(', ')}`, SUMMARY_BYTES);
      try {
        await imageControl.hintImages({ id, cause: { id, kind: 'rebuild', text, at }, packages });
      } catch (error) {
        if (!(error instanceof ActivityFailure)) throw error;
      }
    }
  };
  void send();
  return {
    tell(news: OwedHints): void {
      owed = owed ? both(owed, news) : news;
      void send();
    },
    /** To be carried through continue-as-new: also what is under way, which ends with the run. */
    owed: (): OwedHints | undefined => (underWay && owed ? both(underWay, owed) : (underWay ?? owed)),
  };
}

const both = (before: OwedHints, after: OwedHints): OwedHints => ({
  ...after,
  packages: [...new Set([...before.packages, ...after.packages])],
});
