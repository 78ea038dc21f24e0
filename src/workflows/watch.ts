import { setCurrentDetails } from '@temporalio/workflow';
import type { PackageDefaults } from './start';
import { hintMessage } from './start';
import { clamp, DETAILS_BYTES } from '../domain/text/clamp';
import { control, looks } from './activities';

/** One sweep, started by the Temporal Schedule `watch:<distribution>`: looks at every package, hints those with something to do. */
export async function watch(
  defaults: PackageDefaults,
): Promise<{ readonly looked: number; readonly hinted: number; readonly problems: number }> {
  const { looked, hints, problems } = await looks.sweep();
  const messages = hints.map(({ package: name, cause }) => hintMessage(defaults, name, { id: cause.id, cause }));
  if (messages.length > 0) await control.announce({ messages });
  const lines = [
    `Looked at ${looked} packages, hinted ${hints.length}.`,
    ...hints.map(({ cause }) => `- ${cause.text}`),
    ...problems.map((problem) => `- problem: ${problem}`),
  ];
  setCurrentDetails(clamp(lines.join('\n'), DETAILS_BYTES));
  return { looked, hinted: hints.length, problems: problems.length };
}
