/** Summary and static details of `floor:<distribution>` in the Temporal UI. */
export function floorPage(distribution: string): { readonly summary: string; readonly details: string } {
  return {
    summary: `${distribution}: orders the rebuilds of what depends on what was published`,
    details: [
      'Runs for ever. Every release tells it how it ended and what changed; what must be rebuilt, because of what and in which order, is decided here.',
      ['```', 'millrace floor status', 'millrace floor why <package>', 'millrace floor pause --reason "…"', '```'].join('\n'),
    ].join('\n\n'),
  };
}
