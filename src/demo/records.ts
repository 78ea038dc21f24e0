import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Scene } from './scene';

/** CVE-2022-40303 as upstream's record tells it: in versions of upstream. */
export const CVE_OF_LIBXML2 = {
  schema_version: '1.7.0',
  id: 'CVE-2022-40303',
  modified: '2023-11-07T03:52:00Z',
  summary: 'Integer overflows in the parser of libxml2 with XML_PARSE_HUGE',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' }],
  affected: [
    {
      package: { ecosystem: 'Generic', name: 'libxml2', purl: 'pkg:generic/libxml2' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.10.3' }] }],
    },
  ],
} as const;

/** CVE-2023-45853 as this distribution's own record tells it: the patch that `1.2.13-r1` carries has the fix, which upstream has in 1.3.1. */
export const CVE_OF_ZLIB = {
  schema_version: '1.7.0',
  id: 'CVE-2023-45853',
  modified: '2023-10-14T02:15:00Z',
  summary: 'Overflow in MiniZip of zlib by a long file name',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'demo', name: 'zlib', purl: 'pkg:apk/demo/zlib' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.2.13-r1' }] }],
    },
  ],
} as const;

/** A person ingests a record, and is told what it means. */
export async function ingest(scene: Scene, record: { readonly id: string }, expected: string): Promise<void> {
  const file = path.join(scene.scratch, `${record.id}.json`);
  await writeFile(file, JSON.stringify(record));
  const said = await scene.person.millrace('ingest', file);
  scene.verify(`millrace ingest ${record.id}: ${expected}`, said.code === 0 && said.text.includes(`${expected}: `), said.text);
}
