import { fail, ok } from '../result';
import type { Result } from '../result';
import { compareVersions, parseVersion } from '../version/version';
import type { IndexRecord, PackageInfo } from './apk';

/** The index record of a package: `checksum` as in `IndexRecord`, `size` in bytes of the whole file. An index has no `replaces`. */
export function indexRecord(info: PackageInfo, checksum: string, size: number): IndexRecord {
  const { datahash: _, ...rest } = info;
  return { ...rest, replaces: [], checksum, size };
}

/** One record of APKINDEX with the blank line that ends it. Keys and their order as apk-tools and melange write them. */
export function printIndexRecord(record: IndexRecord): string {
  const optional = (key: string, value: string | number) => (value === '' || value === 0 ? [] : [`${key}:${oneLine(String(value))}`]);
  const lines = [
    `C:${record.checksum}`,
    `P:${record.name}`,
    `V:${record.version}`,
    ...optional('A', record.architecture),
    ...optional('S', record.size),
    ...optional('I', record.installedSize),
    `T:${oneLine(record.description)}`,
    ...optional('U', record.url),
    ...optional('L', record.license),
    ...optional('o', record.origin),
    ...optional('m', record.maintainer ?? ''),
    ...optional('t', record.buildDate),
    ...optional('c', record.commit),
    ...optional('D', record.depends.join(' ')),
    ...optional('p', record.provides.join(' ')),
    ...optional('k', record.providerPriority ?? 0),
  ];
  return `${lines.join('\n')}\n\n`;
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
  return ok({
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
    checksum,
    size: Number(fields['S'] ?? 0),
  });
}

function broken(line: number, message: string): Result<never> {
  return fail({ message, at: { file: 'APKINDEX', line, column: 1 }, remedy: 'the index is damaged: take it from the generation before' });
}
