import { fail, ok } from '../result';
import type { Result } from '../result';
import { compareVersions, parseVersion } from '../version/version';
import type { IndexRecord, PackageInfo } from './apk';

/** The index record of a package: `checksum` as in `IndexRecord`, `size` in bytes of the whole file. An index has no `replaces`. */
export function indexRecord(info: PackageInfo, checksum: string, size: number): IndexRecord {
  const { datahash: _datahash, licenses: _licenses, comment: _comment, lines: _lines, ...rest } = info;
  return { ...rest, replaces: [], checksum, size };
}

/** Keys in the order of melange, which has those of `ALWAYS` also without a value. */
const ORDER = 'CPVASITULomtcDipk'.split(/(?:)/);
const ALWAYS = 'CPVT';
/** Numbers, of which melange leaves out zero. */
const NUMBERS = 'SItk';

/** One record of APKINDEX with the blank line that ends it. Keys and their order as melange writes them, unless it was read from an index with others. */
export function printIndexRecord(record: IndexRecord): string {
  const values = valuesOf(record);
  return `${(record.layout?.split(/(?:)/) ?? usualKeys(values)).map((key) => `${key}:${oneLine(values[key] ?? '')}\n`).join('')}\n`;
}

function valuesOf(record: IndexRecord): Readonly<Record<string, string>> {
  return {
    C: record.checksum,
    P: record.name,
    V: record.version,
    A: record.architecture,
    S: String(record.size),
    I: String(record.installedSize),
    T: record.description,
    U: record.url,
    L: record.license,
    o: record.origin,
    m: record.maintainer ?? '',
    t: String(record.buildDate),
    c: record.commit,
    D: record.depends.join(' '),
    i: record.installIf?.join(' ') ?? '',
    p: record.provides.join(' '),
    k: String(record.providerPriority ?? 0),
  };
}

function usualKeys(values: Readonly<Record<string, string>>): readonly string[] {
  return ORDER.filter((key) => ALWAYS.includes(key) || values[key] !== (NUMBERS.includes(key) ? '0' : ''));
}

/** A value cannot begin another line: it would be another field of the record. */
function oneLine(value: string): string {
  return value.replace(/[\r\n]+/g, ' ');
}

/** APKINDEX of the records, by name and then version: equal sets give equal text. */
export function printIndex(records: readonly IndexRecord[]): string {
  return sortRecords(records).map(printIndexRecord).join('');
}

/** By name, then apk version (one that apk-tools would not read comes first), then as text. */
export function sortRecords(records: readonly IndexRecord[]): readonly IndexRecord[] {
  return records
    .map((record) => ({ record, version: parseVersion(record.version) }))
    .sort((a, b) => {
      const byName = compareTexts(a.record.name, b.record.name);
      if (byName !== 0) return byName;
      const byVersion =
        a.version.ok && b.version.ok ? compareVersions(a.version.value, b.version.value) : Number(a.version.ok) - Number(b.version.ok);
      return byVersion || compareTexts(a.record.version, b.record.version) || compareTexts(a.record.checksum, b.record.checksum);
    })
    .map(({ record }) => record);
}

const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Reads the text of APKINDEX. Unknown keys are left out, as apk-tools does with those of later versions. */
export function parseIndex(text: string): Result<readonly IndexRecord[]> {
  const records: IndexRecord[] = [];
  let fields: Record<string, string> = {};
  let start = 1;
  const lines = text.split('\n');
  for (let index = 0; index <= lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line === '') {
      if (Object.keys(fields).length > 0) {
        const record = toRecord(fields, start);
        if (!record.ok) return record;
        records.push(record.value);
      }
      fields = {};
      start = index + 2;
      continue;
    }
    const key = line[0] ?? '';
    if (line[1] !== ':') return broken(index + 1, `"${line.slice(0, 60)}" is not of the form "K:value"`);
    if (fields[key] !== undefined) return broken(index + 1, `the key ${key} stands twice in one record`);
    fields[key] = line.slice(2);
  }
  return ok(records);
}

const FILE_NAME_PART = /^[^./\s\0][^/\s\0]*$/;

function toRecord(fields: Readonly<Record<string, string>>, line: number): Result<IndexRecord> {
  const { C: checksum = '', P: name = '', V: version = '' } = fields;
  if (name === '' || version === '' || checksum === '') return broken(line, 'a record without C, P or V');
  // Both become part of a file name, and an index may come from elsewhere.
  if (!FILE_NAME_PART.test(name) || !FILE_NAME_PART.test(version)) return broken(line, `"${name}" "${version}" cannot name a package`);
  for (const key of ['S', 'I', 't', 'k']) {
    if (!/^\d*$/.test(fields[key] ?? '')) return broken(line, `${key}:${fields[key]} of ${name}-${version} is not a whole number`);
  }
  const list = (key: string) => (fields[key] ?? '').split(' ').filter((atom) => atom !== '');
  const record: IndexRecord = {
    name,
    version,
    architecture: fields['A'] ?? '',
    installedSize: Number(fields['I'] ?? 0),
    origin: fields['o'] ?? name,
    description: fields['T'] ?? '',
    url: fields['U'] ?? '',
    commit: fields['c'] ?? '',
    buildDate: Number(fields['t'] ?? 0),
    license: fields['L'] ?? '',
    depends: list('D'),
    provides: list('p'),
    replaces: [],
    ...(fields['m'] ? { maintainer: fields['m'] } : {}),
    ...(Number(fields['k'] ?? 0) > 0 ? { providerPriority: Number(fields['k']) } : {}),
    ...(fields['i'] ? { installIf: list('i') } : {}),
    checksum,
    size: Number(fields['S'] ?? 0),
  };
  const layout = Object.keys(fields)
    .filter((key) => ORDER.includes(key))
    .join('');
  return ok(layout === usualKeys(valuesOf(record)).join('') ? record : { ...record, layout });
}

function broken(line: number, message: string): Result<never> {
  return fail({ message, at: { file: 'APKINDEX', line, column: 1 }, remedy: 'the index is damaged: take it from the generation before' });
}
