import { markdownCell } from '../text/clamp';
import type { PackageState } from './package';

/** Current details of `package:<name>` in the Temporal UI, in Markdown. */
export function packageDetails(state: PackageState): string {
  const lines = [`**${markdownCell(state.package)}**`];
  if (state.stopped) lines.push(`### Stopped\n\n${markdownCell(state.stopped)}`);
  if (state.inFlight) lines.push(`In flight: \`${state.inFlight.release}\``);
  if (state.next) lines.push(`Then: ${state.next.version}-r${state.next.epoch}`);
  if (state.lastLook) lines.push(`Last look, ${new Date(state.lastLook.at).toISOString()}: ${markdownCell(state.lastLook.text)}`);
  const history = [...state.history]
    .reverse()
    .map((entry) => `- ${entry.version}-r${entry.epoch} ${entry.outcome}: ${markdownCell(entry.reason)}`);
  if (history.length > 0) lines.push(`### Releases\n\n${history.join('\n')}`);
  const rejected = state.rejected.map((entry) => `- ${entry.version}: ${markdownCell(entry.reason)}`);
  if (rejected.length > 0) lines.push(`### Not released\n\n${rejected.join('\n')}`);
  return lines.join('\n\n');
}
