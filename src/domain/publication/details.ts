import { markdownCell } from '../text/clamp';

/** What the page of the repository shows of it; the lists are of `name version-rN`. */
export interface RepositoryStory {
  readonly generation: number;
  readonly waiting: readonly string[];
  readonly working: readonly string[];
  readonly problem?: string;
}

/** Current details of `repository:<distribution>` in the Temporal UI, in Markdown. */
export function repositoryDetails({ generation, waiting, working, problem }: RepositoryStory): string {
  const standing = working.length > 0 ? 'writes the next generation' : waiting.length > 0 ? 'about to write the next generation' : 'idle';
  return [
    `### Generation ${generation}: ${standing}`,
    ...(problem ? [`**The last try failed:** ${markdownCell(problem)}`] : []),
    ...list('Being written', working),
    ...list(
      'Waiting for the generation after',
      waiting.filter((item) => !working.includes(item)),
    ),
  ].join('\n\n');
}

const list = (title: string, items: readonly string[]) =>
  items.length === 0 ? [] : [`${title}:\n\n${items.map((item) => `- ${markdownCell(item)}`).join('\n')}`];

/** Summary and static details of `repository:<distribution>`. */
export function repositoryPage(distribution: string): { readonly summary: string; readonly details: string } {
  return {
    summary: `${distribution}: the only writer of its published repository`,
    details: [
      'Runs for ever. Releases that passed their gate, and withdrawals, come here; whatever waits goes into the next generation.',
      ['```', 'millrace status', 'millrace withdraw <package> <version-rN> --reason "…"', '```'].join('\n'),
    ].join('\n\n'),
  };
}
