import { statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { run } from '../activities/process';
import { cacheFolder, toolStatuses, type ToolStatus } from '../config/tools';
import { print, printJson } from './output';

/** What is asked of the machine beside programs. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

const LEAST_FREE_GIB = 5;

/** `millrace doctor`: what is there, from where, in which version; what is missing and the remedy. Ends with code 1 if something needed is missing. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('what is there and what is missing')
    .description(
      'Shows the programs that Millrace runs, their versions and where they are taken from, whether the build sandbox works, and the remedy for what is missing.',
    )
    .option('--json', 'print the findings for programs')
    .addHelpText('after', '\nExit codes: 0 everything is there, 1 something is missing, 2 usage')
    .action(async (options: { json?: boolean }) => {
      const tools = toolStatuses();
      const findings = await examineMachine();
      const healthy = tools.every((tool) => tool.from !== 'missing' || tool.optional) && findings.every((finding) => finding.ok);
      if (options.json) printJson({ healthy, cache: cacheFolder(), tools, findings });
      else show(tools, findings, healthy);
      if (!healthy) process.exitCode = 1;
    });
}

/** The sandbox, started once for real, and the free space where Millrace writes. */
export async function examineMachine(): Promise<readonly Finding[]> {
  return [
    nodeVersion(),
    await sandbox('build sandbox', 'bwrap', ['--unshare-all', '--dev-bind', '/', '/', 'true']),
    await sandbox('builds without network', 'unshare', ['--map-root-user', '--net', 'true']),
    await freeSpace(cacheFolder()),
    { name: 'machine', ok: true, detail: `${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB of memory` },
  ];
}

function nodeVersion(): Finding {
  return { name: 'node', ok: true, detail: `${process.versions.node}, ${process.execPath}` };
}

async function sandbox(name: string, command: string, args: readonly string[]): Promise<Finding> {
  const finished = await run(command, args, { timeoutSeconds: 20 }).catch((error: Error) => ({ code: -1, stderr: error.message }));
  if (finished.code === 0) return { name, ok: true, detail: `${command} makes its namespaces` };
  const remedy =
    finished.code === -1
      ? 'run  npm run setup  in the checkout'
      : 'allow user namespaces: as root  sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0  (those that the kernel has), or run as root';
  return { name, ok: false, detail: finished.stderr.trim().split('\n').at(-1) ?? '', remedy };
}

async function freeSpace(folder: string): Promise<Finding> {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = (bavail * bsize) / 2 ** 30;
  const ok = free >= LEAST_FREE_GIB;
  return {
    name: 'disk space',
    ok,
    detail: `${free.toFixed(1)} GiB free at ${existing}`,
    ...(!ok && { remedy: `free some: Millrace wants ${LEAST_FREE_GIB} GiB, or set MILLRACE_CACHE to another disk` }),
  };
}

function show(tools: readonly ToolStatus[], findings: readonly Finding[], healthy: boolean): void {
  const rows = [
    ...tools.map((tool) => ({
      mark: tool.from !== 'missing' ? 'ok' : tool.optional ? 'optional' : 'MISSING',
      name: tool.version ? `${tool.name} ${tool.version}` : tool.name,
      detail: tool.file ?? `${tool.purpose}: ${tool.remedy}`,
    })),
    ...findings.map(({ ok, name, detail, remedy }) => ({
      mark: ok ? 'ok' : 'MISSING',
      name,
      detail: remedy ? `${detail}: ${remedy}` : detail,
    })),
  ];
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { mark, name, detail } of rows) print(`${mark.padEnd(8)}  ${name.padEnd(width)}  ${detail}`);
  print(healthy ? 'Everything that Millrace needs is there.' : 'Something is missing: the remedy stands beside it.');
}
