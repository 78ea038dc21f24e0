import { markdownCell, markdownCode } from '../text/clamp';
import { moment } from '../text/moment';
import type { PackageState } from './package';

/** Current details of `package:<name>` in the Temporal UI, in Markdown: what it does now and why, what it did before, and what it does not release. */
export function packageDetails(state: PackageState): string {
  const newest = state.history.findLast((entry) => entry.outcome === 'published');
  const published = newest ? `Last published: ${full(newest)}` : 'Nothing was published yet.';
  const { lastLook } = state;
  return [
    `### ${markdownCell(state.package)}: ${standing(state)}`,
    published,
    ...(state.inFlight ? [`Open ${markdownCode(state.inFlight.release)} under Relationships to follow it.`] : []),
    ...(state.next ? [`Then: ${markdownCell(full(state.next))}`] : []),
    ...(state.owed.length > 0
      ? [`Then, for what it may have been built without: ${state.owed.map((cause) => markdownCell(cause.text)).join(', ')}`]
      : []),
    ...(state.stopped ? [`### Stopped\n\n${markdownCell(state.stopped)}`] : []),
    ...(lastLook ? [`Last look, ${moment(new Date(lastLook.at).toISOString())}: ${markdownCell(lastLook.text)}`] : []),
    ...section(
      'Releases, newest first',
      [...state.history].reverse().map((entry) => `${markdownCell(full(entry))} **${entry.outcome}**: ${markdownCell(entry.reason)}`),
    ),
    ...section(
      'Not released by itself',
      state.rejected.map((entry) => `${markdownCell(entry.version)}: ${markdownCell(entry.reason)}`),
    ),
    ...(state.rejected.length > 0
      ? [`All the same: ${markdownCode(`millrace release ${state.package} --insist`)}; what was withdrawn needs a raised epoch.`]
      : []),
  ].join('\n\n');
}

function standing(state: PackageState): string {
  if (state.stopped) return 'stopped until a person says otherwise';
  if (state.inFlight) return `${markdownCell(full(state.inFlight))} is in flight`;
  return state.looking ? 'looks' : 'nothing to do';
}

const full = (target: { readonly version: string; readonly epoch: number }) => `${target.version}-r${target.epoch}`;

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [`### ${title}\n\n${lines.map((line) => `- ${line}`).join('\n')}`];

/** Summary and static details of `package:<name>`. */
export function packagePage(name: string): { readonly summary: string; readonly details: string } {
  return {
    summary: `${name}: starts its releases, one at a time`,
    details: [
      'Runs for ever. Whatever says "look again" comes here as a hint; what to do is decided from the spec, the published repository and upstream.',
      ['```', `millrace show ${name}`, `millrace release ${name}`, '```'].join('\n'),
    ].join('\n\n'),
  };
}
