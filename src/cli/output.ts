/** Results go to standard output, what happens meanwhile to standard error: `--json` output stays one document (or one a line). */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
