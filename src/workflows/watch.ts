import { patched, setCurrentDetails } from '@temporalio/workflow';
import type { PackageDefaults } from './start';
import { hintMessage } from './start';
import { clamp, DETAILS_BYTES, markdownCell } from '../domain/text/clamp';
import { control, looks } from './activities';
import { sweptImages } from './image-activities';

/** One sweep, started by the Temporal Schedule `watch:<distribution>`: looks at every package, hints those with something to do. */
export async function watch(
  defaults: PackageDefaults,
): Promise<{ readonly looked: number; readonly hinted: number; readonly problems: number }> {
  const { looked, hints, problems } = await looks(`all specs of ${defaults.distribution}`).sweep();
  const messages = hints.map(({ package: name, cause }) => hintMessage(defaults, name, { id: cause.id, cause }));
  if (messages.length > 0) await control.announce({ messages });
  if (patched('images-are-swept')) await sweepImages();
  const lines = [
    `### Looked at ${looked} packages: ${hints.length} to look at closer, ${problems.length} with a problem`,
    ...(problems.length > 0 ? [problems.map((problem) => `- problem: ${markdownCell(problem)}`).join('\n')] : []),
    ...(hints.length > 0 ? [hints.map(({ cause }) => `- ${markdownCell(cause.text)}`).join('\n')] : []),
  ];
  setCurrentDetails(clamp(lines.join('\n\n'), DETAILS_BYTES));
  return { looked, hinted: hints.length, problems: problems.length };
}

/** Images whose files changed on main, and those that could not be locked: no package tells them. */
async function sweepImages(): Promise<void> {
  const at = new Date().toISOString();
  const cause = {
    id: `sweep:${at}`,
    kind: 'spec-change',
    text: 'its files on main changed, or it could not be locked before',
    at,
  } as const;
  await sweptImages.hintImages({ id: cause.id, cause, packages: [] }).catch(() => undefined);
}
