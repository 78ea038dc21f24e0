import type { ImageGateRecord, ImageLock } from './image';

/** Stands for the suites of an image that has none: the entrypoint starts. */
export const ENTRYPOINT_SUITE = 'entrypoint';

/** How a check is called in the verdicts of an image: those of the plain variant by its name, of others `image-sbom:dev`. */
export function imageCheck(check: 'image-sbom' | 'image-structure' | `suite-${string}`, variant: string): string {
  return variant === '' ? check : `${check}:${variant}`;
}

/** The verdicts that the gate of an image needs: every suite on every variant. */
export function requiredImageChecks(lock: Pick<ImageLock, 'variants' | 'suites'>): readonly string[] {
  const suites = lock.suites.length > 0 ? lock.suites.map(({ name }) => name) : [ENTRYPOINT_SUITE];
  return lock.variants.flatMap(({ variant }) => [
    imageCheck('image-sbom', variant),
    imageCheck('image-structure', variant),
    ...suites.map((suite) => imageCheck(`suite-${suite}`, variant)),
  ]);
}

/** Whether a person may accept an image although this check failed: a suite only. No reason makes an image other than what image.yaml says it is. */
export function imageWaivable(check: string): boolean {
  return check.startsWith('suite-');
}

/**
 * Why a gate record does not allow to sign and to tag; undefined if it does. Of two verdicts of one check the later counts; one that is missing is not a pass,
 * a skipped one counts with its reason, a failed suite only with a name and a reason.
 */
export function imageGateObjection(record: ImageGateRecord): string | undefined {
  const { lock, variants, verdicts, accepted } = record;
  if (lock.image !== record.image) return `its lock is one of ${lock.image}`;
  const names = variants.map(({ variant }) => variant);
  const unbuilt = lock.variants.find(({ variant }) => !names.includes(variant));
  if (lock.variants.length === 0 || unbuilt) return `the variant ${unbuilt?.variant || '(plain)'} was not built`;
  if (names.length !== lock.variants.length) return 'it names a variant that the lock does not have, or one twice';
  const known = new Map(verdicts.map((verdict) => [verdict.check, verdict]));
  for (const check of new Set([...requiredImageChecks(lock), ...known.keys()])) {
    const verdict = known.get(check);
    if (!verdict) return `${check} has no verdict`;
    if (verdict.outcome === 'passed' || (verdict.outcome === 'skipped' && verdict.summary.trim() !== '')) continue;
    if (verdict.outcome === 'skipped') return `${check} was skipped without a reason`;
    const isAccepted = accepted.some((item) => item.check === check && item.by.trim() !== '' && item.reason.trim() !== '');
    if (!imageWaivable(check) || !isAccepted) return `${check} failed: ${verdict.summary}`;
  }
  return undefined;
}
