import { readFile, stat } from 'node:fs/promises';
import { Command } from 'commander';
import { AdvisoriesRefused, RecordRefused } from '../activities/advisories/errors';
import { createAdvisoryActivities, type Ingested, type OfferedRecord } from '../activities/advisories/ingest';
import { Complaint } from '../config/complaint';
import type { Finding } from '../domain/advisory/detect';
import { safe } from '../domain/text/safe';
import { advisoryForgeOf } from '../workers/spec-forge';
import { print, printJson } from './output';
import { withSession } from './session';

/** Records are some kilobytes; more than this is another kind of file. */
const LARGEST_BYTES = 64 * 1024 * 1024;

export function ingestCommand(): Command {
  return new Command('ingest')
    .summary('take in vulnerability records, and open advisories for what they affect')
    .description(
      'Takes in OSV records and opens an advisory for each package whose newest published version they say is affected, by a commit to the advisory repository.\n' +
        'The records are kept: a release that contains the fix they name turns an open advisory to fixed. Ingesting the same again changes nothing.',
    )
    .argument('<file...>', 'JSON files, each with an OSV record or a list of them')
    .option('--json', 'print what was found as JSON')
    .addHelpText(
      'after',
      `
Example:
  millrace ingest CVE-2022-40303.json

Which packages a record is about: docs/advisories.md.

Exit codes: 0 done, 1 refused (no OSV record, or advisories that cannot be read), 2 usage or configuration`,
    )
    .action(async (files: readonly string[], options: { readonly json?: boolean }, command: Command) => {
      await withSession(command, async ({ config, store, published }) => {
        const { advisories } = config;
        const forge = advisoryForgeOf(config);
        if (!advisories || !forge)
          throw new Complaint(
            {
              message: `there is no advisory repository: ${config.file} has no advisories`,
              remedy: 'add `advisories: {repository: <path of a bare git repository>, prefix: <of the ids, such as MLR>}`',
            },
            2,
          );
        const mapping = { distribution: config.distribution, rules: advisories.packages };
        const { branch, directory, prefix } = advisories;
        const activities = createAdvisoryActivities({
          forge,
          store,
          published,
          branch,
          directory,
          prefix,
          mapping,
          clock: () => new Date(),
        });
        const records = (await Promise.all(files.map(recordsIn))).flat();
        const ingested = await activities.ingest({ records }).catch((error: unknown) => {
          throw error instanceof RecordRefused || error instanceof AdvisoriesRefused ? new Complaint(error.problems) : error;
        });
        if (options.json) printJson(ingested);
        else for (const line of linesOf(ingested)) print(safe(line));
      });
    });
}

async function recordsIn(file: string): Promise<readonly OfferedRecord[]> {
  const value = parsed(await textOf(file), file);
  return Array.isArray(value) ? value.map((item: unknown, index) => ({ file: `${file}[${index}]`, value: item })) : [{ file, value }];
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Complaint({ message: `${file} is not JSON: ${(error as Error).message}`, remedy: 'name files with OSV records in JSON' });
  }
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST_BYTES)
      throw new Complaint({ message: `${file} has ${size} bytes: it is no OSV record`, remedy: 'name files of JSON' });
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint({
      message: `cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      remedy: 'check the path',
    });
  }
}

/** One line for each record and package, and what to do where a person must look. */
function linesOf(ingested: Ingested): readonly string[] {
  const lines = ingested.records.flatMap(({ id, kept, findings }) => {
    if (!kept) return [`${id}: a newer record of it is here already`];
    if (findings.length === 0) return [`${id}: about no package of this distribution`];
    return findings.map((finding) => `${id}: ${finding.name} ${finding.version} ${meaning(finding)}`);
  });
  return ingested.commit ? [...lines, `advisories are at ${ingested.commit.slice(0, 12)}`] : lines;
}

function meaning(finding: Finding & { readonly advisory?: string }): string {
  switch (finding.outcome) {
    case 'opens':
      return `is affected: ${finding.advisory ?? 'an advisory'} opened (${finding.aliases.join(', ')})`;
    case 'known':
      return `has an advisory already: ${finding.id}`;
    case 'not-affected':
      return 'is not affected';
    case 'withdrawn':
      return 'is left: the record was withdrawn';
    case 'unnamed':
      return 'is affected, but the record has no CVE, GHSA or GO id: write the advisory by hand';
    case 'unknown':
      return 'cannot be judged: the versions of the record have no order here; look at it and write the advisory by hand';
  }
}
