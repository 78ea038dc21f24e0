import { text as readAll } from 'node:stream/consumers';
import { Command } from 'commander';
import { Complaint } from '../config/complaint';
import { formatProblem } from '../domain/result';
import { compareInApko } from '../domain/version/apko-order';
import { compareVersions, explainOrder, parseVersion } from '../domain/version/version';
import { print } from './output';

interface Options {
  readonly stdin?: boolean;
  readonly json?: boolean;
}

interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly operator?: string;
  readonly explanation?: string;
  /** What apko's solver says; null where it cannot read one of them. */
  readonly apko?: string | null;
  readonly invalid?: string;
}

export function versionCommand(): Command {
  const version = new Command('version').summary('order versions as apk does').description('Orders versions as apk does.');
  version.addCommand(compareCommand());
  return version;
}

function compareCommand(): Command {
  return new Command('compare')
    .summary('print <, = or > for two versions')
    .description(
      'Compares two versions as apk-tools does and prints <, = or >. An invalid version is an error: a valid and an invalid one have no order.\nNeeds neither a millrace.yaml nor a running factory.',
    )
    .argument('[a]', 'version, with or without -rN')
    .argument('[b]', 'version, with or without -rN')
    .option('--stdin', 'read lines `A B`; print one operator, or `invalid: …`, a line')
    .option('--json', 'print as JSON, with --stdin one document a line')
    .addHelpText(
      'after',
      `
JSON: {"a", "b", "operator", "explanation", "apko": the operator of apko's solver or null where it cannot read one}, or {"a", "b", "invalid": why}.

Examples:
  millrace version compare 1.05 1.5
  printf '1.0_rc1 1.0\\n' | millrace version compare --stdin

Exit codes: 0 compared (with --stdin: whatever the lines say), 1 invalid version, 2 usage`,
    )
    .action(async (a: string | undefined, b: string | undefined, options: Options, command: Command) => {
      if (options.stdin) {
        if (a !== undefined) command.error('error: --stdin takes no versions as arguments');
        return compareLines(await readAll(process.stdin), options);
      }
      if (a === undefined || b === undefined) command.error('error: two versions are needed, or --stdin');
      const comparison = compare(a, b);
      if (comparison.invalid !== undefined) throw new Complaint({ message: comparison.invalid });
      print(options.json ? JSON.stringify(comparison) : comparison.operator!);
    });
}

function compareLines(input: string, options: Options): void {
  const lines = input.endsWith('\n') ? input.slice(0, -1).split('\n') : input ? input.split('\n') : [];
  const comparisons = lines.map((line) => {
    const [a = '', b = '', ...more] = line.trim().split(/\s+/);
    return b === '' || more.length ? { a, b, invalid: `${JSON.stringify(line.trim())} is not two versions` } : compare(a, b);
  });
  const shown = comparisons.map((each) => (options.json ? JSON.stringify(each) : (each.operator ?? `invalid: ${each.invalid!}`)));
  if (shown.length) print(shown.join('\n'));
}

const OPERATORS = { [-1]: '<', 0: '=', 1: '>' } as const;

function compare(a: string, b: string): Comparison {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (!left.ok) return { a, b, invalid: formatProblem(left.error) };
  if (!right.ok) return { a, b, invalid: formatProblem(right.error) };
  const apko = compareInApko(left.value, right.value);
  return {
    a,
    b,
    operator: OPERATORS[compareVersions(left.value, right.value)],
    explanation: explainOrder(left.value, right.value),
    apko: apko === undefined ? null : OPERATORS[apko],
  };
}
