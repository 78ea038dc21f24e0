import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { Complaint } from '../config/complaint';
import { readSuite, suiteName } from '../domain/image/suite';
import { readSuiteManifests } from '../domain/image/suite-manifests';
import { formatProblem, type Problem } from '../domain/result';
import { safeLines } from '../domain/text/safe';
import { print } from './output';
import { readText } from './spec/files';

export function suiteCommand(): Command {
  const suite = new Command('suite')
    .summary('check test suites of images')
    .description('Works on the files of suites alone: needs neither a millrace.yaml nor a running factory.');
  return suite.addCommand(lintCommand());
}

function lintCommand(): Command {
  return new Command('lint')
    .summary('every error of suites')
    .description(
      'Checks the files of test suites, with the manifests that they name: what is an error here keeps an image from being locked. docs/images.md tells their form.',
    )
    .argument('<path...>', 'file <name>.test.yaml, or folder with such files in it, at any depth')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
JSON: {"files", "errors", "findings": [{"message", "remedy"?, "file", "line", "column"}]}

Examples:
  millrace suite lint images
  millrace suite lint images/pigz/compress.test.yaml --json

Exit codes: 0 no errors, 1 errors, 2 usage`,
    )
    .action((paths: readonly string[], options: { readonly json?: boolean }) => {
      const files = [...new Set(paths.flatMap(suiteFiles))];
      const findings = files.flatMap(problemsOf);
      if (findings.length > 0) process.exitCode = 1;
      if (options.json) return print(JSON.stringify({ files: files.length, errors: findings.length, findings: findings.map(jsonOf) }));
      const lines = findings.map((problem) => safeLines(formatProblem(problem)).join(' '));
      print([...lines, `${count(files.length, 'file')}: ${count(findings.length, 'error')}`].join('\n'));
    });
}

/** Every defect of a suite and of its manifests; that of its name stands at the top, for nothing else of it is wrong. */
function problemsOf(file: string): readonly Problem[] {
  const named: readonly Problem[] = suiteName(file)
    ? []
    : [
        {
          message: 'the file is not called like a suite',
          at: { file, line: 1, column: 1 },
          remedy: 'call it <name>.test.yaml: lower-case letters, digits and single dashes',
        },
      ];
  const read = readSuite(readText(file, 'suite'), file);
  if (!read.ok) return [...named, ...read.error];
  const manifests = readSuiteManifests(read.value, file, (path) => (existsSync(path) ? readText(path, 'manifest') : undefined));
  return manifests.ok ? named : [...named, ...manifests.error];
}

/** A file as it is; of a folder every suite below it. Throws a `Complaint` where there is none. */
function suiteFiles(path: string): readonly string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.yaml'));
  if (names.length === 0)
    throw new Complaint({ message: `${path} has no suites`, remedy: 'name a folder with files <name>.test.yaml in it' });
  return names.sort().map((name) => join(path, name));
}

function jsonOf({ at, ...finding }: Problem) {
  return { ...finding, ...at };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
