import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { Complaint } from '../config/complaint';
import { readSpec } from '../domain/spec/read';
import type { UpdateDecision } from '../domain/update/candidate';
import { chooseVersion } from '../domain/update/choose';
import { print, printJson } from './output';
import { table, terminalStyle } from './view/style';

const CANDIDATE = z.strictObject({
  name: z.string().min(1),
  commit: z.string().optional(),
  link: z.string().optional(),
  draft: z.boolean().optional(),
  prerelease: z.boolean().optional(),
  source: z.string().optional(),
});
const CANDIDATES = z.array(
  z.union([
    z
      .string()
      .min(1)
      .transform((name) => ({ name })),
    CANDIDATE,
  ]),
);

interface Options {
  readonly candidates: string;
  readonly now?: number;
  readonly lastUpdate?: number;
  readonly json?: boolean;
}

export function updatesCommand(): Command {
  const updates = new Command('updates')
    .summary('what the update rules of a spec make of what upstream offers')
    .description('Looks at the `update:` block of a spec.');
  updates.addCommand(explainCommand());
  return updates;
}

function explainCommand(): Command {
  return new Command('explain')
    .summary('which candidate the rules choose, and which rule decided each')
    .description(
      'Applies the `update:` block of a spec to what upstream offers. Asks no upstream, and needs neither a millrace.yaml nor a running factory.',
    )
    .argument('<file>', 'spec')
    .requiredOption('--candidates <file>', 'JSON: what upstream offers')
    .option('--last-update <date>', 'when the package was last updated (ISO 8601): for a schedule', date)
    .option('--now <date>', 'the time to decide at (default: now)', date)
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
The candidates are a JSON list; each is a name as upstream wrote it (tag, version, file-name part), or an object:
  {"name": "v1.2.3", "commit"?: "…", "link"?: "…", "draft"?: true, "prerelease"?: true, "source"?: "name of a source of version_data"}

JSON: {"chosen": {"version", "candidate"} or null, "reason", "rebuildsDependents", "retagged": {"name", "was", "is"} or null, "trace": [{"name", "version"?, "kept", "rule"}]}

Example:
  millrace updates explain zlib.yaml --candidates tags.json

Exit codes: 0 told, whatever was chosen; 1 a file could not be read; 2 usage`,
    )
    .action((file: string, options: Options) => {
      const spec = readSpec(contentOf(file), file);
      if (!spec.ok) throw new Complaint(spec.error);
      const offered = candidatesIn(options.candidates);
      const timing = { now: options.now ?? Date.now(), ...(options.lastUpdate === undefined ? {} : { lastUpdate: options.lastUpdate }) };
      const decision = chooseVersion(spec.value, offered, timing);
      if (options.json) return printJson(decisionJson(decision));
      print(decisionText(decision));
    });
}

function date(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('write a date such as 2026-08-22 or 2026-08-22T12:00:00Z');
  return time;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Complaint({ message: `${file}: ${(error as Error).message}` });
  }
}

function candidatesIn(file: string) {
  const remedy = 'a list of names or objects with a name: `millrace updates explain --help` tells the form';
  let json: unknown;
  try {
    json = JSON.parse(contentOf(file));
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint({ message: `${file} is no JSON: ${(error as Error).message}`, remedy });
  }
  const read = CANDIDATES.safeParse(json);
  if (!read.success) {
    throw new Complaint(read.error.issues.map(({ path, message }) => ({ message: `${file}: [${path.join('.')}] ${message}`, remedy })));
  }
  return read.data.map(({ name, ...rest }) => ({
    name,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
  }));
}

function decisionJson({ chosen, reason, rebuildsDependents, retagged, trace }: UpdateDecision) {
  return { chosen: chosen ?? null, reason, rebuildsDependents: rebuildsDependents ?? false, retagged: retagged ?? null, trace };
}

function decisionText({ chosen, reason, rebuildsDependents, retagged, trace }: UpdateDecision): string {
  const style = terminalStyle(0);
  const rows = trace.map(({ name, version, kept, rule }) => [name, version ?? '', kept ? 'kept' : 'dropped', rule]);
  return [
    ...(rows.length ? [table(style, ['CANDIDATE', 'VERSION', '', 'RULE'], rows), ''] : []),
    ...(retagged ? [`security: upstream moved the tag ${retagged.name} from ${retagged.was} to ${retagged.is}`] : []),
    chosen ? `${chosen.version} is chosen: ${reason}` : `nothing is chosen: ${reason}`,
    ...(rebuildsDependents ? ['what depends on it must be built again (shared)'] : []),
  ].join('\n');
}
