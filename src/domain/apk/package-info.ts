import { fail, ok } from '../result';
import type { Result } from '../result';
import type { PackageInfo } from './apk';

const NUMBER = /^\d+$/;
const FIELD = /^([a-z_]+)\s*=\s?(.*)$/;
/** What may become a file name, a line of an index and an argument of a tool. Rule: apk-tools `apk_pkg_name` and its version characters. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;
const VERSION = /^[0-9][A-Za-z0-9._~-]*$/;
const ARCHITECTURE = /^[a-z0-9_]+$/;

/** Reads the text of `.PKGINFO`: `key = value` lines, `#` comments; keys that Millrace does not know are kept for printing only. Several licence lines mean all of them, as in melange. */
export function parsePackageInfo(text: string): Result<PackageInfo> {
  const fields = new Map<string, { readonly value: string; readonly line: number }[]>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = FIELD.exec(line);
    if (!match) return broken(index + 1, `"${line.slice(0, 60)}" is not of the form "key = value"`);
    const [, key = '', value = ''] = match;
    fields.set(key, [...(fields.get(key) ?? []), { value, line: index + 1 }]);
  }
  const all = (key: string) => (fields.get(key) ?? []).map(({ value }) => value).filter((value) => value !== '');
  const one = (key: string) => fields.get(key)?.[0]?.value ?? '';

  for (const [key, form] of [
    ['pkgname', NAME],
    ['pkgver', VERSION],
    ['arch', ARCHITECTURE],
    ['origin', /^$|^[A-Za-z0-9][A-Za-z0-9+._-]*$/],
  ] as const) {
    if (!form.test(one(key))) return broken(fields.get(key)?.[0]?.line ?? 1, `${key} "${one(key).slice(0, 60)}" is missing or malformed`);
  }
  for (const key of ['pkgname', 'pkgver', 'arch', 'size', 'origin', 'datahash']) {
    const second = fields.get(key)?.[1];
    if (second) return broken(second.line, `${key} is given twice`);
  }
  for (const key of ['size', 'builddate', 'provider_priority']) {
    const value = one(key);
    if (value !== '' && !NUMBER.test(value)) return broken(fields.get(key)?.[0]?.line ?? 1, `${key} "${value}" is not a whole number`);
  }
  const maintainer = one('maintainer');
  const priority = one('provider_priority');
  const licenses = all('license');
  const info: PackageInfo = {
    name: one('pkgname'),
    version: one('pkgver'),
    architecture: one('arch'),
    installedSize: Number(one('size')),
    origin: one('origin') || one('pkgname'),
    description: one('pkgdesc'),
    url: one('url'),
    commit: one('commit'),
    buildDate: Number(one('builddate')),
    license: licenses.join(' AND '),
    depends: all('depend'),
    provides: all('provides'),
    replaces: all('replaces'),
    ...(maintainer === '' ? {} : { maintainer }),
    ...(priority === '' || priority === '0' ? {} : { providerPriority: Number(priority) }),
    datahash: one('datahash'),
    ...(licenses.length > 1 ? { licenses } : {}),
    ...(text.startsWith('#') ? { comment: text.split('\n', 1)[0]! } : {}),
  };
  return ok(printPackageInfo(info) === text ? info : { ...info, lines: linesOf(text, info) });
}

/** The text of `.PKGINFO`: what was read prints as it was, byte for byte, and anything else as melange writes it. Rule: `controlTemplate` of melange 0.59.1, `pkg/build/package.go`. */
export function printPackageInfo(info: PackageInfo): string {
  const values = valuesOf(info);
  const usual = [...(info.comment === undefined ? [] : [info.comment]), ...Object.keys(values), ''];
  return (info.lines ?? usual).flatMap((line) => (Object.hasOwn(values, line) ? printed(line, values[line]!) : [line])).join('\n');
}

/** The keys in the order of melange, each with the values that it has a line for. */
function valuesOf(info: PackageInfo): Readonly<Record<string, readonly string[]>> {
  const given = (value: string | number | undefined) => (value ? [String(value)] : []);
  return {
    pkgname: [info.name],
    pkgver: [info.version],
    arch: [info.architecture],
    size: [String(info.installedSize)],
    origin: [info.origin],
    pkgdesc: [info.description],
    url: [info.url],
    commit: [info.commit],
    maintainer: given(info.maintainer),
    builddate: given(info.buildDate),
    license: info.licenses ?? given(info.license),
    depend: info.depends,
    provides: info.provides,
    replaces: info.replaces,
    provider_priority: given(info.providerPriority),
    datahash: [info.datahash],
  };
}

/** A value cannot begin another line: it would be another field. */
function printed(key: string, values: readonly string[]): readonly string[] {
  return values.map((value) => `${key} = ${value.replace(/[\r\n]+/g, ' ')}`);
}

/** The lines of a text of another tool or time. Only lines that a key prints again are left to it. */
function linesOf(text: string, info: PackageInfo): readonly string[] {
  const lines: string[] = [];
  const written = text.split('\n');
  const values = valuesOf(info);
  for (let at = 0; at < written.length;) {
    const key = FIELD.exec(written[at]!)?.[1] ?? '';
    const expected = Object.hasOwn(values, key) ? printed(key, values[key]!) : [];
    const isPrinted = expected.length > 0 && expected.every((line, index) => line === written[at + index]);
    lines.push(isPrinted ? key : written[at]!);
    at += isPrinted ? expected.length : 1;
  }
  return lines;
}

function broken(line: number, message: string): Result<PackageInfo> {
  return fail({ message, at: { file: '.PKGINFO', line, column: 1 }, remedy: 'build the package again with melange' });
}
