import pc from 'picocolors';

/** Tells the demo's story on standard error as it happens, and keeps what was verified. */
export interface Narrator {
  chapter(title: string): void;
  say(text: string): void;
  /** Something that was seen from outside; throws `DemoFailed` when it does not hold. */
  verify(claim: string, holds: boolean, seen?: string): void;
  readonly verified: readonly { readonly claim: string; readonly atSeconds: number }[];
  readonly chapters: readonly { readonly title: string; readonly atSeconds: number }[];
}

/** A claim of the demo does not hold. */
export class DemoFailed extends Error {
  constructor(claim: string, seen: string | undefined) {
    super(`not so: ${claim}${seen ? ` (seen: ${seen})` : ''}`);
    this.name = 'DemoFailed';
  }
}

export function createNarrator(write: (line: string) => void, now: () => number): Narrator {
  const start = now();
  const seconds = () => Math.round((now() - start) / 100) / 10;
  const stamp = () => pc.dim(`${seconds().toFixed(1).padStart(6)} s`);
  const verified: { claim: string; atSeconds: number }[] = [];
  const chapters: { title: string; atSeconds: number }[] = [];
  return {
    verified,
    chapters,
    chapter(title) {
      chapters.push({ title, atSeconds: seconds() });
      write(`\n${stamp()}  ${pc.bold(title)}`);
    },
    say: (text) => write(`${stamp()}  ${text}`),
    verify(claim, holds, seen) {
      if (!holds) throw new DemoFailed(claim, seen);
      verified.push({ claim, atSeconds: seconds() });
      write(`${stamp()}  ${pc.green('✓')} ${claim}`);
    },
  };
}
