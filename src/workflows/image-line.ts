import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import type { Verdict } from '../domain/check/verdict';
import { BUILD_CHECKS, imageCheck, imageStandings, requiredImageChecks } from '../domain/image/gate';
import type { BuiltVariant } from '../domain/image/image';
import { imageBuilder, imagePublisher, imageTester } from './image-activities';
import type { ImageDesk } from './image-desk';
import { reasonOf } from './release-line';

/** One pass over the line up to the gate; what passed before is kept. Returns why the gate is shut. */
export async function attemptImage(desk: ImageDesk): Promise<string[]> {
  try {
    await build(desk);
    // What is not as image.yaml says it is is neither pushed nor tested.
    if (shut(desk).some(({ is }) => is === 'failed')) return because(desk);
    await push(desk);
    await test(desk);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return [reasonOf(error)];
  }
  return because(desk);
}

/** Builds the variants that were not built, or not as they must be. */
async function build(desk: ImageDesk): Promise<void> {
  const { state, input } = desk;
  const { lock, architectures } = input;
  const due = lock.variants.filter(({ variant }) => BUILD_CHECKS.some((check) => !has(desk, imageCheck(check, variant))));
  if (due.length === 0) return;
  desk.enter('builds', 'build');
  const results = await Promise.all(
    due.map(({ variant, version }) =>
      imageBuilder(architectures[0]!, `${lock.image} ${version} ${variant || 'plain'}: every architecture`).buildImage({ lock, variant }),
    ),
  );
  const anew = results.map(({ built }) => built);
  state.built = [...state.built.filter(({ variant }) => !anew.some((built) => built.variant === variant)), ...anew];
  remember(
    desk,
    results.flatMap(({ verdicts }) => verdicts),
  );
}

/** By digest, without a tag: what is tested is what a registry serves. */
async function push(desk: ImageDesk): Promise<void> {
  const { state, input } = desk;
  const due = state.built.filter(({ digest }) => !state.pushed.has(digest));
  if (due.length === 0) return;
  desk.enter('built: pushes without a tag', 'push');
  await Promise.all(due.map((built) => imagePublisher.pushImage({ lock: input.lock, built })));
  due.forEach(({ digest }) => state.pushed.add(digest));
}

/** Runs the suites of the variants that lack a verdict. */
async function test(desk: ImageDesk): Promise<void> {
  const { state, input } = desk;
  const { lock } = input;
  const due = state.built.filter((built) => requiredOf(desk, built).some((check) => !has(desk, check)));
  if (due.length === 0) return;
  desk.enter('pushed: runs its test suites', 'test');
  const verdicts = await Promise.all(
    due.map((built) =>
      imageTester(`${lock.image} ${built.variant || 'plain'} ${built.digest}`).testImage({ lock, built, attempt: state.attempt }),
    ),
  );
  remember(desk, verdicts.flat());
}

/** The checks that one variant needs. */
function requiredOf({ input }: ImageDesk, { variant }: BuiltVariant): readonly string[] {
  const { lock } = input;
  return requiredImageChecks({ ...lock, variants: lock.variants.filter((locked) => locked.variant === variant) });
}

const has = ({ state }: ImageDesk, check: string) => state.verdicts.some((verdict) => verdict.check === check);

const shut = ({ state, input }: ImageDesk) =>
  imageStandings({ ...state, lock: input.lock }).filter(({ is }) => is === 'failed' || is === 'missing');

const because = (desk: ImageDesk) => shut(desk).map(({ check, verdict }) => `${check}: ${verdict?.summary ?? 'no result yet'}`);

function remember({ state }: ImageDesk, verdicts: readonly Verdict[]): void {
  const names = new Set(verdicts.map(({ check }) => check));
  state.verdicts = [...state.verdicts.filter(({ check }) => !names.has(check)), ...verdicts];
}
