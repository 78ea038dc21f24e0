import { readFileSync, writeFileSync } from 'node:fs';
import { readIndexArchive, writeIndexArchive } from '../../../src/activities/apk/index-archive';
import { readApk } from '../../../src/activities/apk/read';
import { loadPrivateKey } from '../../../src/activities/signing/factory-key';
import { isSigned, signatureMember } from '../../../src/activities/signing/signature';
import type { IndexRecord } from '../../../src/domain/apk/apk';
import type { GateRecord } from '../../../src/domain/release/release';
import { makeApk, makeFactory, removeTemporaryFolders, testKey } from '../repository/support';

const key = testKey();
const factory = () => makeFactory({ key, architectures: ['x86_64'] });
afterAll(removeTemporaryFolders);

describe('signPackages', () => {
  test('signs each package of the gate over its control member, and again with the same bytes', async () => {
    const { passGate, signer, store } = factory();
    const gate = await passGate({ name: 'zlib', version: '1.3', subpackages: ['zlib-dev'] });
    const { packages } = await signer.signPackages({ gate });
    expect(packages.map((item) => `${item.architecture}/${item.file}`)).toEqual(['x86_64/zlib-1.3-r0.apk', 'x86_64/zlib-dev-1.3-r0.apk']);
    for (const item of packages) {
      const apk = await readApk(await store.object(item.signed));
      expect(apk).toMatchObject({ checksum: item.checksum, size: item.signedBytes });
      expect(isSigned(apk.control, apk.signatures, { ...(await loadPrivateKey(key.privateKey)), publicName: key.publicName })).toBe(true);
      const unsigned = readFileSync(await store.object(item.object));
      expect(readFileSync(await store.object(item.signed)).subarray(-unsigned.length)).toEqual(unsigned);
    }
    expect((await signer.signPackages({ gate })).packages).toEqual(packages);
  });

  const verdict = (gate: GateRecord, check: string, outcome: 'failed' | 'skipped', summary = 'why') => ({
    ...gate,
    verdicts: gate.verdicts.map((item) => (item.check === check ? { ...item, outcome, summary } : item)),
  });
  const waived = (gate: GateRecord, by: string, reason: string) => ({
    ...verdict(gate, 'abi', 'failed'),
    waivers: [{ check: 'abi', by, reason, at: '2026-01-02T03:04:05Z' }],
  });

  test.each<[string, (gate: GateRecord) => GateRecord]>([
    ['skipped with a reason', (gate) => verdict(gate, 'abi', 'skipped')],
    ['failed and waived by somebody for a reason', (gate) => waived(gate, 'ada', 'nothing uses it')],
  ])('a check that was %s does not stand in the way', async (_name, change) => {
    const { passGate, signer } = factory();
    const gate = await passGate({ name: 'zlib', version: '1.3', change });
    expect((await signer.signPackages({ gate })).packages).toHaveLength(1);
  });

  const first = (gate: GateRecord, change: object): GateRecord => ({
    ...gate,
    builds: gate.builds.map((build) => ({ ...build, packages: build.packages.map((item) => ({ ...item, ...change })) })),
  });

  test.each<[string, (gate: GateRecord) => unknown, RegExp]>([
    ['a failed check', (gate) => verdict(gate, 'abi', 'failed'), /zlib 1.3-r0 does not allow to sign: failed and not waived: abi/],
    ['a check skipped without a reason', (gate) => verdict(gate, 'abi', 'skipped', ' '), /a verdict is missing: abi/],
    ['a waiver without a name', (gate) => waived(gate, ' ', 'because'), /failed and not waived: abi/],
    ['a waiver without a reason', (gate) => waived(gate, 'ada', ''), /failed and not waived: abi/],
    [
      'a check without a verdict',
      (gate) => ({ ...gate, verdicts: gate.verdicts.filter((item) => item.check !== 'sbom') }),
      /missing: sbom/,
    ],
    [
      'an architecture without a verdict of its build',
      (gate) => ({ ...gate, builds: [...gate.builds, { ...gate.builds[0]!, architecture: 'aarch64' }] }),
      /missing: build-aarch64/,
    ],
    [
      'a further check that failed',
      (gate) => ({ ...gate, verdicts: [...gate.verdicts, { ...gate.verdicts[0]!, check: 'own', outcome: 'failed' as const }] }),
      /own/,
    ],
    ['no build', (gate) => ({ ...gate, builds: [] }), /it names no build/],
    [
      'a build that made nothing',
      (gate) => ({ ...gate, builds: gate.builds.map((build) => ({ ...build, packages: [] })) }),
      /made no package/,
    ],
    ['another checksum', (gate) => first(gate, { checksum: 'Q1AAAA' }), /its checksum is Q1.*, but the gate passed Q1AAAA/],
    ['another size', (gate) => first(gate, { bytes: 7 }), /has \d+ bytes, but the gate passed 7/],
    [
      'another version',
      (gate) => ({ ...first(gate, { file: 'zlib-1.4-r0.apk' }), version: '1.4' }),
      /the package in it is zlib-1.3-r0.apk/,
    ],
    ['another package', (gate) => ({ ...gate, package: 'pigz' }), /its origin is zlib, not pigz/],
    [
      'another architecture',
      (gate) => JSON.parse(JSON.stringify(gate).replaceAll('x86_64', 'aarch64')) as GateRecord,
      /zlib-1.3-r0.apk for aarch64: it is for x86_64/,
    ],
    ['a file that is a path', (gate) => first(gate, { file: '../zlib-1.3-r0.apk' }), /is no gate record/],
    ['nonsense', () => ({ hello: 'world' }), /is no gate record/],
  ])('refuses a gate record with %s', async (_name, change, message) => {
    const { passGate, signer } = factory();
    const gate = await passGate({ name: 'zlib', version: '1.3', change: change as (gate: GateRecord) => GateRecord });
    await expect(signer.signPackages({ gate })).rejects.toMatchObject({ name: 'GateRefused', message: expect.stringMatching(message) });
  });

  test('refuses when the object is not the package that was built', async () => {
    const { passGate, signer, store } = factory();
    const evil = await store.putFile(makeApk({ name: 'zlib', version: '1.3-r0' }, { 'usr/bin/evil': 'x' }));
    const gate = await passGate({ name: 'zlib', version: '1.3', change: (record) => first(record, { object: evil }) });
    await expect(signer.signPackages({ gate })).rejects.toMatchObject({ name: 'GateRefused' });
  });
});

describe('signIndexes', () => {
  /** A published zlib 1.2, and a candidate with zlib 1.3 whose index a test changes before it is offered to the signer. */
  const prepare = async (change: (records: readonly IndexRecord[]) => readonly IndexRecord[]) => {
    const made = factory();
    await made.publish({ publish: [await made.request({ name: 'zlib', version: '1.2', subpackages: ['zlib-dev'] })], withdraw: [] });
    const prepared = await made.publisher.prepareGeneration({
      publish: [await made.request({ name: 'zlib', version: '1.3', subpackages: ['zlib-dev'] })],
      withdraw: [],
    });
    const { records } = await readIndexArchive(readFileSync(await made.store.object(prepared.indexes['x86_64']!)), 'candidate');
    const changed = await made.store.putBytes(await writeIndexArchive(change(records), 'a test'));
    return { ...made, prepared, offered: { ...prepared, indexes: { x86_64: changed } } };
  };

  test('signs what follows from the generation before, with the same bytes again', async () => {
    const { signer, store, offered } = await prepare((records) => records);
    const { signed } = await signer.signIndexes(offered);
    const archive = await readIndexArchive(readFileSync(await store.object(signed['x86_64']!)), 'signed');
    expect(archive.records.map((record) => `${record.name}-${record.version}`)).toEqual([
      'zlib-1.2-r0',
      'zlib-1.3-r0',
      'zlib-dev-1.2-r0',
      'zlib-dev-1.3-r0',
    ]);
    expect(isSigned(archive.unsigned, archive.signatures, { ...(await loadPrivateKey(key.privateKey)), publicName: key.publicName })).toBe(
      true,
    );
    expect(await signer.signIndexes(offered)).toEqual({ signed });
  });

  const change = (name: string, version: string, to: Partial<IndexRecord>) => (records: readonly IndexRecord[]) =>
    records.map((record) => (record.name === name && record.version === version ? { ...record, ...to } : record));
  const without = (name: string, version: string) => (records: readonly IndexRecord[]) =>
    records.filter((record) => record.name !== name || record.version !== version);

  test.each<[string, (records: readonly IndexRecord[]) => readonly IndexRecord[], RegExp]>([
    ['a published package is left out', without('zlib', '1.2-r0'), /zlib-1.2-r0 is missing in the index of x86_64/],
    ['a package of a gate is left out', without('zlib-dev', '1.3-r0'), /zlib-dev-1.3-r0 is missing/],
    ['a published record is changed', change('zlib', '1.2-r0', { depends: ['evil'] }), /zlib-1.2-r0 differs \("D:evil" should be/],
    ['a new record is changed', change('zlib', '1.3-r0', { checksum: 'Q1AAAA' }), /zlib-1.3-r0 differs \("C:Q1AAAA" should be "C:Q1/],
    [
      'a package that no gate let through is put in',
      (records) => [...records, { ...records[0]!, name: 'evil', origin: 'evil' }],
      /evil 1.2-r0 is in the index, but there is no gate record release:evil-1.2-r0/,
    ],
    [
      'a package is put in under the origin of another',
      (records) => [...records, { ...records[0]!, name: 'evil' }],
      /evil-1.2-r0 should not be there/,
    ],
    ['a package stands twice', (records) => [...records, records[0]!], /zlib stands twice/],
  ])('refused: %s', async (_name, alter, message) => {
    const { signer, offered } = await prepare(alter);
    await expect(signer.signIndexes(offered)).rejects.toMatchObject({ name: 'IndexRefused', message: expect.stringMatching(message) });
  });

  test('refused: a gate record that would not open now, and an object of another content', async () => {
    const { signer, offered, store, root } = await prepare((records) => records);
    const gate = (await store.readRecord<GateRecord>('gate', 'release:zlib-1.3-r0'))!;
    await store.writeRecord('gate', gate.release, { ...gate, verdicts: gate.verdicts.map((item) => ({ ...item, outcome: 'failed' })) });
    await expect(signer.signIndexes(offered)).rejects.toMatchObject({
      name: 'IndexRefused',
      message: expect.stringMatching(/failed and not waived/),
    });
    await store.writeRecord('gate', gate.release, gate);
    const unsigned = readFileSync(await store.object(gate.builds[0]!.packages[0]!.object));
    writeFileSync(`${root}/objects/x86_64/zlib-1.3-r0.apk`, unsigned);
    await expect(signer.signIndexes(offered)).rejects.toThrow(/zlib-1.3-r0.apk does not carry a valid signature of factory.rsa.pub/);

    const elsewhere = factory();
    const { packages } = await elsewhere.request({ name: 'zlib', version: '1.3', content: 'another build, signed by the same key' });
    writeFileSync(`${root}/objects/x86_64/zlib-1.3-r0.apk`, readFileSync(await elsewhere.store.object(packages[0]!.signed)));
    await expect(signer.signIndexes(offered)).rejects.toThrow(/its checksum is Q1.*, but the gate passed Q1/);
  });

  test('refused: a withdrawal that is not recorded, or a withdrawn package that stays', async () => {
    const dropsBoth = await prepare((records) => records.filter((record) => record.version !== '1.2-r0'));
    await expect(dropsBoth.signer.signIndexes(dropsBoth.offered)).rejects.toThrow(/zlib-1.2-r0 is missing/);
    await dropsBoth.store.writeRecord('withdrawal', 'zlib-1.2-r0', {
      package: 'zlib',
      version: '1.2-r0',
      by: 'ada',
      reason: 'old',
      at: '2026-01-02T03:04:05Z',
    });
    expect(Object.keys((await dropsBoth.signer.signIndexes(dropsBoth.offered)).signed)).toEqual(['x86_64']);

    const keeps = await prepare((records) => records);
    await keeps.store.writeRecord('withdrawal', 'zlib-1.2-r0', {
      package: 'zlib',
      version: '1.2-r0',
      by: 'ada',
      reason: 'old',
      at: '2026-01-02T03:04:05Z',
    });
    await expect(keeps.signer.signIndexes(keeps.offered)).rejects.toThrow(/zlib-1.2-r0 should not be there/);
  });

  test('refused: to build on an index that somebody changed or signed with another key', async () => {
    const { signer, offered, root } = await prepare((records) => records);
    const file = `${root}/generations/1/x86_64/APKINDEX.tar.gz`;
    const { unsigned } = await readIndexArchive(readFileSync(file), file);
    const other = { ...(await loadPrivateKey(testKey().privateKey)), publicName: key.publicName };
    for (const bytes of [unsigned, Buffer.concat([await signatureMember(unsigned, other, 0), unsigned])]) {
      writeFileSync(file, bytes);
      await expect(signer.signIndexes(offered)).rejects.toThrow(/does not carry a valid signature of factory.rsa.pub/);
    }
  });

  test('refused: a missing architecture, and a generation that is not the next', async () => {
    const { signer, offered } = await prepare((records) => records);
    await expect(signer.signIndexes({ ...offered, indexes: {} })).rejects.toThrow(/the index of x86_64 is missing/);
    for (const [generation, previous] of [
      [1, 0],
      [3, 2],
      [3, 1],
    ] as const)
      await expect(signer.signIndexes({ ...offered, generation, previous })).rejects.toMatchObject({ name: 'Conflict' });
  });
});
