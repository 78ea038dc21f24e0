import { writeFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { Complaint } from '../../config/complaint';
import { formatProblem, type Problem, type Result } from '../../domain/result';
import { bumpSpec, type BumpRequest } from '../../domain/spec/bump';
import { bumpDependency, bumpEpoch } from '../../domain/spec/edit';
import { print, progress } from '../output';
import { readText } from './files';

interface Options {
  readonly to?: string;
  readonly commit: readonly string[];
  readonly sha256: readonly string[];
  readonly sha512: readonly string[];
  readonly epoch?: number;
  readonly reason?: string;
  readonly dependency: readonly string[];
  readonly write?: boolean;
  readonly stdin?: boolean;
  readonly json?: boolean;
}

const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

export function bumpCommand(): Command {
  return new Command('bump')
    .summary('write another version, epoch or dependency into a spec')
    .description(
      'Edits a spec at the places of its values; everything else stays byte for byte. A bump to another version sets epoch 0 and the digests and commits of the sources\nthat depend on the version. A bump to the version it has is refused, unless there is a reason to build it again.',
    )
    .argument('[file]', 'spec')
    .option('--to <version>', 'the version')
    .option('--commit <sha>', 'expected-commit of a git-checkout; again for each, in the order of the file', collect, [])
    .option('--sha256 <hex>', 'expected-sha256 of a fetch; again for each, in the order of the file', collect, [])
    .option('--sha512 <hex>', 'expected-sha512 of a fetch; again for each, in the order of the file', collect, [])
    .option('--epoch <n>', 'another epoch than 0; wants --reason', epochOf)
    .option('--reason <text>', 'why it is built again: the comment beside the epoch')
    .option(
      '--dependency <name@version>',
      'bump a dependency of the upstream in the steps like go/bump; wants --reason, and is repeatable',
      collect,
      [],
    )
    .option('--write', 'write the file instead of printing it')
    .option('--stdin', 'read one request a line: {"file", "to", "commit"?, "sha256"?, "sha512"?, "epoch"?, "reason"?, "out"?}')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
JSON: {"file", "text"}. With --stdin, one line for each request: {"file", "ok": true, "text"} (or "out", where the text was written to it),
or {"file", "ok": false, "problems": [text]}. "commit", "sha256" and "sha512" are a text or a list.

Examples:
  millrace spec bump zlib.yaml --to 1.3.2 --commit da607da739fa6047df13e66a2af6b8bec7c2a498 --write
  millrace spec bump hugo.yaml --to 0.150.0 --epoch 1 --reason "go 1.26 transition" --write
  millrace spec bump hugo.yaml --dependency golang.org/x/net@v0.38.0 --reason GHSA-vvgc-356p-c3xw --write

Exit codes: 0 edited, 1 refused (with --stdin: one of them), 2 usage`,
    )
    .action(async (file: string | undefined, options: Options, command: Command) => {
      if (options.stdin) {
        if (file !== undefined) command.error('error: --stdin takes its files from the requests');
        return bumpLines(await readAll(process.stdin));
      }
      if (file === undefined) command.error('error: a spec is needed, or --stdin');
      if (options.to === undefined && !options.dependency.length) command.error('error: --to or --dependency is needed');
      if (options.to !== undefined && options.dependency.length)
        command.error('error: --to and --dependency are two edits: make one after the other');
      const edited =
        options.to === undefined
          ? bumpDependencies(readText(file), file, options)
          : bumpSpec(readText(file), file, requestOf(options, options.to));
      if (!edited.ok) throw new Complaint(edited.error);
      if (options.write) writeFileSync(file, edited.value);
      if (options.json) print(JSON.stringify({ file, text: edited.value }));
      else if (options.write) progress(`wrote ${file}`);
      else process.stdout.write(edited.value);
    });
}

function epochOf(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('it is a whole number of 0 or more');
  return Number(text);
}

function requestOf({ commit, sha256, sha512, epoch, reason }: Omit<Options, 'dependency'>, to: string): BumpRequest {
  return { to, commits: commit, sha256, sha512, ...(epoch === undefined ? {} : { epoch }), ...(reason === undefined ? {} : { reason }) };
}

function bumpDependencies(text: string, file: string, { dependency, epoch, reason }: Options): Result<string, readonly Problem[]> {
  let edited: Result<string, readonly Problem[]> = bumpEpoch(text, file, {
    reason: reason ?? '',
    ...(epoch === undefined ? {} : { epoch }),
  });
  for (const each of dependency) {
    if (!edited.ok) return edited;
    const at = each.lastIndexOf('@');
    edited = bumpDependency(edited.value, file, each.slice(0, Math.max(at, 0)), each.slice(at + 1));
  }
  return edited;
}

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]).default([]);
const requestSchema = z.strictObject({
  file: z.string(),
  to: z.string(),
  commit: texts,
  sha256: texts,
  sha512: texts,
  epoch: z.int().min(0).optional(),
  reason: z.string().optional(),
  out: z.string().optional(),
});

function bumpLines(input: string): void {
  for (const [index, line] of input.split('\n').entries()) {
    if (!line.trim()) continue;
    const { answer, problems } = bumpLine(line, index + 1);
    for (const problem of problems) progress(problem);
    if (problems.length) process.exitCode = 1;
    print(JSON.stringify(answer));
  }
}

function bumpLine(line: string, number: number): { readonly answer: object; readonly problems: readonly string[] } {
  const refuse = (file: string | null, problems: readonly string[]) => ({ answer: { file, ok: false, problems }, problems });
  let request: z.infer<typeof requestSchema>;
  try {
    request = requestSchema.parse(JSON.parse(line));
  } catch (error) {
    const why =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`.trim()).join('; ')
        : (error as Error).message;
    return refuse(null, [`line ${number} is no request: ${why}`]);
  }
  const { file, to, out, commit, sha256, sha512, epoch, reason } = request;
  try {
    const options = { commit, sha256, sha512, ...(epoch === undefined ? {} : { epoch }), ...(reason === undefined ? {} : { reason }) };
    const edited = bumpSpec(readText(file), file, requestOf(options, to));
    if (!edited.ok) return refuse(file, edited.error.map(formatProblem));
    if (out === undefined) return { answer: { file, ok: true, text: edited.value }, problems: [] };
    writeFileSync(out, edited.value);
    return { answer: { file, ok: true, out }, problems: [] };
  } catch (error) {
    return refuse(file, [(error as Error).message]);
  }
}
