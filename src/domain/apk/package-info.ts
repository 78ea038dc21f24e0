import { fail, ok } from '../result';
import type { Result } from '../result';
import type { PackageInfo } from './apk';

const NUMBER = /^\d+$/;
const FIELD = /^([a-z_]+)\s*=\s?(.*)$/;
/** What may become a file name, a line of an index and an argument of a tool. Rule: apk-tools `apk_pkg_name` and its version characters. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;
const VERSION = /^[0-9][A-Za-z0-9._~-]*$/;
const ARCHITECTURE = /^[a-z0-9_]+$/;

/** Reads the text of `.PKGINFO`: `key = value` lines, `#` comments; keys that Millrace does not know are left out. Several licence lines mean all of them, as in melange. */
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
  return ok({
    name: one('pkgname'),
    version: one('pkgver'),
    architecture: one('arch'),
    installedSize: Number(one('size')),
    origin: one('origin') || one('pkgname'),
    description: one('pkgdesc'),
    url: one('url'),
    commit: one('commit'),
    buildDate: Number(one('builddate')),
    license: all('license').join(' AND '),
    depends: all('depend'),
    provides: all('provides'),
    replaces: all('replaces'),
    ...(maintainer === '' ? {} : { maintainer }),
    ...(priority === '' || priority === '0' ? {} : { providerPriority: Number(priority) }),
    datahash: one('datahash'),
  });
}

function broken(line: number, message: string): Result<PackageInfo> {
  return fail({ message, at: { file: '.PKGINFO', line, column: 1 }, remedy: 'build the package again with melange' });
}
