import type { Verdict } from '../check/verdict';
import type { ImageGateRecord, ImageLock } from './image';

/** Stands for the suites of an image that has none: the entrypoint starts. */
export const ENTRYPOINT_SUITE = 'entrypoint';

/** The checks of what was built, by whoever builds it; suites run when it is pushed. */
export const BUILD_CHECKS = ['image-sbom', 'image-structure', 'image-reproducible', 'image-scan'] as const;

/** How a check is called in the verdicts of an image: those of the plain variant by its name, of others `image-sbom:dev`. */
export function imageCheck(check: (typeof BUILD_CHECKS)[number] | `suite-${string}`, variant: string): string {
  return variant === '' ? check : `${check}:${variant}`;
}

/** The suites that run on every variant. */
export function suitesOf({ suites }: Pick<ImageLock, 'suites'>): readonly string[] {
  return suites.length > 0 ? suites.map(({ name }) => name) : [ENTRYPOINT_SUITE];
}

/** The verdicts that the gate of an image needs: every check of what was built, and every suite, on every variant. */
export function requiredImageChecks(lock: Pick<ImageLock, 'variants' | 'suites'>): readonly string[] {
  const suites = suitesOf(lock);
  return lock.variants.flatMap(({ variant }) => [
    ...BUILD_CHECKS.map((check) => imageCheck(check, variant)),
    ...suites.map((suite) => imageCheck(`suite-${suite}`, variant)),
  ]);
}

/** Whether a person may accept an image although this check failed: a suite, or the scan. No reason makes an image other than what image.yaml says it is, or one that can be built again. */
export function imageWaivable(check: string): boolean {
  return check.startsWith('suite-') || check.split(':')[0] === 'image-scan';
}

export type ImageStanding = 'passed' | 'skipped' | 'accepted' | 'failed' | 'missing';

/**
 * How every check of an image stands: the required ones, then whatever else has a verdict. Of two verdicts of one check the later counts; one that is missing, or skipped without a
 * reason, is not a pass; a failed one that can be waived counts only with a name and a reason.
 */
export function imageStandings({
  lock,
  verdicts,
  accepted,
}: Pick<ImageGateRecord, 'verdicts' | 'accepted'> & { readonly lock: Pick<ImageLock, 'variants' | 'suites'> }): readonly {
  readonly check: string;
  readonly is: ImageStanding;
  readonly verdict?: Verdict;
}[] {
  const known = new Map(verdicts.map((verdict) => [verdict.check, verdict]));
  const standing = (check: string, verdict: Verdict | undefined): ImageStanding => {
    if (!verdict) return 'missing';
    if (verdict.outcome === 'passed') return 'passed';
    if (verdict.outcome === 'skipped') return verdict.summary.trim() === '' ? 'missing' : 'skipped';
    const isAccepted = accepted.some((item) => item.check === check && item.by.trim() !== '' && item.reason.trim() !== '');
    return imageWaivable(check) && isAccepted ? 'accepted' : 'failed';
  };
  return [...new Set([...requiredImageChecks(lock), ...known.keys()])].map((check) => {
    const verdict = known.get(check);
    return { check, is: standing(check, verdict), ...(verdict ? { verdict } : {}) };
  });
}

/** "5 of 6 passed, 1 failed": one line for lists and titles. */
export function imageSummary(gate: Parameters<typeof imageStandings>[0]): string {
  const standings = imageStandings(gate);
  const count = (is: ImageStanding) => standings.filter((item) => item.is === is).length;
  const rest = (['skipped', 'accepted', 'failed', 'missing'] as const).filter((is) => count(is) > 0).map((is) => `, ${count(is)} ${is}`);
  return `${count('passed')} of ${standings.length} passed${rest.join('')}`;
}

/** Why a gate record does not allow to sign and to tag; undefined if it does. */
export function imageGateObjection(record: ImageGateRecord): string | undefined {
  const { lock, variants } = record;
  if (lock.image !== record.image) return `its lock is one of ${lock.image}`;
  const names = variants.map(({ variant }) => variant);
  const unbuilt = lock.variants.find(({ variant }) => !names.includes(variant));
  if (lock.variants.length === 0 || unbuilt) return `the variant ${unbuilt?.variant || '(plain)'} was not built`;
  if (names.length !== lock.variants.length) return 'it names a variant that the lock does not have, or one twice';
  const shut = imageStandings(record).find(({ is }) => is === 'failed' || is === 'missing');
  if (!shut) return undefined;
  if (shut.is === 'failed') return `${shut.check} failed: ${shut.verdict!.summary}`;
  return shut.verdict ? `${shut.check} was skipped without a reason` : `${shut.check} has no verdict`;
}
