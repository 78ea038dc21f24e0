import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IndexRecord } from '../../src/domain/apk/apk';
import { imageReference, vulnerabilityDiff } from '../../src/views/locked-image';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['pigz:latest', { image: 'pigz', tag: 'latest' }],
  ['xml-tools:2.15.1', { image: 'xml-tools', tag: '2.15.1' }],
  [`pigz@${digest}`, { image: 'pigz', digest }],
  ['pigz', undefined],
  ['pigz@sha256:a', undefined],
  ['./pigz:latest', undefined],
  ['pigz:-', undefined],
])('%s is an image of the factory or not', (text, expected) => expect(imageReference(text)).toEqual(expected));

test('fixes are those of the feed, for packages that the repository has by checksum', async () => {
  const location = mkdtempSync(join(tmpdir(), 'millrace-feed-'));
  try {
    const record = { name: 'libz', version: '1.3.2-r0', origin: 'zlib', checksum: 'Q1a=' } as IndexRecord;
    const published = { location, readIndex: (architecture: string) => Promise.resolve(architecture === 'x86_64' ? [record] : []) };
    const locked = { name: 'libz', version: '1.3.2-r0', architecture: 'x86_64', checksum: 'Q1a=' };
    const changed = [{ name: 'libz', from: '1.3.1-r0', to: '1.3.2-r0', architectures: ['x86_64'], bytes: {} }];
    expect(await vulnerabilityDiff(published, [locked], changed)).toBeUndefined();
    const packages = [{ pkg: { name: 'zlib', secfixes: { '1.3.2-r0': ['CVE-2026-1'], '0': ['CVE-2026-2'] } } }];
    writeFileSync(join(location, 'security.json'), JSON.stringify({ packages }));
    expect(await vulnerabilityDiff(published, [locked], changed)).toEqual({
      fixed: [{ package: 'zlib', id: 'CVE-2026-1', fixedIn: '1.3.2-r0' }],
      back: [],
    });
    expect(await vulnerabilityDiff(published, [{ ...locked, checksum: 'Q1b=' }], changed)).toBeUndefined();
  } finally {
    rmSync(location, { recursive: true });
  }
});
