import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The version of this installation, from its package.json. */
export function version(): string {
  const file = resolve(__dirname, '../../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
