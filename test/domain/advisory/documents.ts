import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdvisoryDocument } from '../../../src/domain/advisory/advisory';
import { readAdvisories } from '../../../src/domain/advisory/read';
import { formatProblem } from '../../../src/domain/result';

const DATA = join(__dirname, '..', '..', '..', '..', 'shared', 'data');

/** `describe` where the data pack lies beside the checkout, else one that is skipped by name. */
export const withPack = (name: string) => (existsSync(join(DATA, name)) ? describe : describe.skip);

/** Runs `use` with the folder of an unpacked data pack. */
export function unpacked<T>(name: string, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'advisories-'));
  try {
    execFileSync('tar', ['-xzf', join(DATA, name), '-C', folder]);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function filesOf(folder: string, suffix: string): readonly (readonly [string, string])[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
}

/** The document, or a test failure that shows why it cannot be read. */
export function documentFrom(text: string, file = 'zlib.advisories.yaml'): AdvisoryDocument {
  const read = readAdvisories(text, file);
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
  return read.value;
}

export const ZLIB = `schema-version: 2.0.2

package:
  name: zlib # the library

advisories:
  # found by hand
  - id: CGA-phgv-wf69-p9vc
    aliases:
      - CVE-2018-25032
      - GHSA-jc36-42cf-vqwj
    events:
      - timestamp: 2022-10-11T11:16:06Z
        type: fixed
        data:
          fixed-version: 1.2.13-r1 # by a patch

  - id: CGA-jq67-276v-crw8
    aliases:
      - CVE-2023-45853
    events:
      - timestamp: 2023-10-20T08:03:07Z
        type: detection
        data:
          type: manual
`;
