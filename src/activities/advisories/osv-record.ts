import { z } from 'zod';
import type { OsvEvent, OsvRecord } from '../../domain/advisory/osv';
import { fail, ok, type Problem, type Result } from '../../domain/result';

/** What is read of an OSV record (ossf.github.io/osv-schema 1.7); everything else in it is kept, and decides nothing. */
const text = z.string({ error: 'text' }).min(1, { error: 'text' }).max(1000, { error: 'text of at most 1,000 characters' });
const time = z.iso.datetime({ offset: true, error: 'a time such as 2026-01-31T12:00:00Z' });
const list = <T extends z.ZodType>(item: T) => z.array(item, { error: 'a list' });

const event = z
  .object(
    { introduced: text.optional(), fixed: text.optional(), last_affected: text.optional(), limit: text.optional() },
    { error: 'a bound' },
  )
  .transform((bounds, context): OsvEvent => {
    const [first, ...more] = Object.entries(bounds).filter(([, bound]) => bound !== undefined);
    if (first && more.length === 0) return { [first[0] === 'last_affected' ? 'lastAffected' : first[0]]: first[1] } as OsvEvent;
    context.addIssue({ code: 'custom', message: 'exactly one of introduced, fixed, last_affected and limit' });
    return z.NEVER;
  });

const range = z.object(
  {
    type: z.enum(['SEMVER', 'ECOSYSTEM', 'GIT'], { error: 'SEMVER, ECOSYSTEM or GIT' }),
    repo: text.optional(),
    events: list(event).min(1, { error: 'at least one bound' }),
  },
  { error: 'a range' },
);

const affected = z.object(
  {
    package: z.object({ ecosystem: text, name: text, purl: text.optional() }, { error: 'ecosystem and name' }).optional(),
    ranges: list(range).nullish(),
    versions: list(text).nullish(),
  },
  { error: 'a block with package, ranges and versions' },
);

const record = z.object(
  {
    id: text.regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, { error: 'an id such as CVE-2022-40303' }).max(200),
    modified: time,
    withdrawn: time.nullish(),
    aliases: list(text).nullish(),
    summary: z.string({ error: 'text' }).nullish(),
    severity: list(z.object({ type: text, score: text }, { error: 'type and score' })).nullish(),
    affected: list(affected).nullish(),
  },
  { error: 'an OSV record' },
);

/** Reads an OSV record from JSON. `file` is where it came from; the error is every defect, with the path of its key. */
export function readOsvRecord(value: unknown, file: string): Result<OsvRecord, readonly Problem[]> {
  const parsed = record.safeParse(value, { reportInput: true });
  if (!parsed.success)
    return fail(
      parsed.error.issues.map((issue) => ({
        message: `${file}: ${issue.path.map(String).join('.') || 'the record'} ${issue.input === undefined ? 'is missing' : `is ${shown(issue.input)}`}, expected ${issue.message}`,
        remedy: 'it should be an OSV record: https://ossf.github.io/osv-schema',
      })),
    );
  const { withdrawn, aliases, summary, severity, affected: entries, ...rest } = parsed.data;
  return ok({
    ...rest,
    ...(withdrawn ? { withdrawn } : {}),
    ...(summary ? { summary } : {}),
    aliases: aliases ?? [],
    severity: severity ?? [],
    affected: (entries ?? []).map((entry) => ({
      ...(entry.package ? { package: withoutAbsent(entry.package) } : {}),
      ranges: (entry.ranges ?? []).map(withoutAbsent),
      versions: entry.versions ?? [],
    })),
  });
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutAbsent<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'a block';
  return JSON.stringify(value).slice(0, 60);
}
