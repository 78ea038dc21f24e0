import { Command } from 'commander';
import { checkPipelines } from '../../domain/spec/check-pipelines';
import type { Finding } from '../../domain/spec/lint';
import { safeLines } from '../../domain/text/safe';
import { print } from '../output';
import { openKnown, type Known } from './cache';
import { pipelineFiles, readPipelines, readText, specFiles, type PipelineFile } from './files';
import { makeAll } from './make-all';

export function lintCommand(): Command {
  return new Command('lint')
    .summary('every error and warning of specs')
    .description(
      'Checks specs: their form, versions, variables, conditions, and the pipelines that they use, those in `pipelines/` beside them included.\nErrors are what melange or Millrace refuses; warnings are doubtful.',
    )
    .argument('<path...>', 'spec, or folder of specs')
    .option('--no-cache', 'check all anew, also what was checked before')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
JSON: {"files", "errors", "warnings", "findings": [{"severity", "rule", "message", "remedy"?, "file", "line", "column"}]}

Examples:
  millrace spec lint packages
  millrace spec lint packages/zlib.yaml --json

Exit codes: 0 no errors, 1 errors, 2 usage`,
    )
    .action(async (paths: readonly string[], options: { readonly cache: boolean; readonly json?: boolean }) => {
      const { findings, files } = await lintPaths(paths, options.cache);
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      const warnings = findings.length - errors;
      if (errors) process.exitCode = 1;
      if (options.json) return print(JSON.stringify({ files, errors, warnings, findings: findings.map(jsonOf) }));
      print([...findings.map(lineOf), `${files} files: ${count(errors, 'error')}, ${count(warnings, 'warning')}`].join('\n'));
    });
}

/** Checks the specs that the paths name and the pipelines beside them. Throws a `Complaint` where a path cannot be read. */
async function lintPaths(
  paths: readonly string[],
  cached: boolean,
): Promise<{ readonly findings: readonly Finding[]; readonly files: number }> {
  const findings: Finding[] = [];
  let files = 0;
  for (const [folder, names] of specFiles(paths)) {
    const pipelines = pipelineFiles(folder);
    const known = cached ? openKnown<readonly Finding[]>('spec-lint', ['spec', 'version'], pipelines) : undefined;
    const specs = names.map((file) => ({ file, text: readText(file) }));
    findings.push(...pipelineFindings(folder, pipelines, known));
    for (const found of await makeAll({ kind: 'lint', pipelines }, specs, known)) findings.push(...found);
    known?.save();
    files += pipelines.length + specs.length;
  }
  return { findings, files };
}

function pipelineFindings(folder: string, own: readonly PipelineFile[], known: Known<readonly Finding[]> | undefined): readonly Finding[] {
  const found = known?.find(folder, '');
  if (found) return found;
  const { pipelines, problems } = readPipelines(own);
  const names = own.map(({ uses }) => uses);
  const made: readonly Finding[] = [...problems, ...checkPipelines(names, pipelines)].map((problem) => ({ severity: 'error', ...problem }));
  known?.keep(folder, '', made);
  return made;
}

function jsonOf({ at, ...finding }: Finding) {
  return { ...finding, ...at };
}

function lineOf({ severity, rule, message, remedy, at }: Finding): string {
  const said = `${severity === 'warning' ? 'warning: ' : ''}${message}${remedy ? ` (${remedy})` : ''}`;
  return `${at.file}:${at.line}:${at.column}: ${rule}: ${safeLines(said).join(' ')}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
