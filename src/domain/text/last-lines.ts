const MOST = 20;
const LINE = 400;

/** The last lines of a text that say something, at most 20 of 400 characters: enough for a person, small in a history. */
export function lastLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-MOST)
    .map((line) => line.slice(0, LINE));
}
