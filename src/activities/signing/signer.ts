import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { IndexRecord } from '../../domain/apk/apk';
import { fileName } from '../../domain/apk/file-name';
import { indexRecord, printIndexRecord } from '../../domain/apk/index-text';
import type { Digest } from '../../domain/digest';
import type { BuiltPackage, GateRecord } from '../../domain/release/release';
import { firstDifference, gateName, nextIndexes } from '../../domain/repository/index-rules';
import type { Indexes } from '../../domain/repository/index-rules';
import { formatProblem } from '../../domain/result';
import { fullVersion } from '../../domain/version/version';
import { readIndexArchive, writeIndexArchive } from '../apk/index-archive';
import { readApk } from '../apk/read';
import type { Apk } from '../apk/read';
import type { SignedPackage, SignerActivities } from '../contract';
import { newestGeneration } from '../repository/current';
import { codeOf } from '../repository/disk';
import { Conflict, IndexRefused } from '../repository/errors';
import { repositoryPaths } from '../repository/layout';
import { createRepositoryReader } from '../repository/reader';
import { readWithdrawals } from '../repository/withdrawals';
import type { Store } from '../store/store';
import { loadPrivateKey } from './factory-key';
import type { FactoryKey } from './factory-key';
import { allowedBy, GateRefused, readGateRecord } from './gate-record';
import { isSigned, signatureMember } from './signature';

export interface SignerDeps {
  readonly store: Store;
  readonly key: Pick<FactoryKey, 'privateKey' | 'publicName'>;
  /** Folder of the published repository, which the signer only reads. */
  readonly root: string;
}

/** The only holder of the key. It believes no message: packages are signed by the gate record that it reads, indexes by what it works out itself. Throws `GateRefused`, `IndexRefused`, `Conflict`. */
export function createSignerActivities(deps: SignerDeps): SignerActivities {
  const { store, root } = deps;
  const paths = repositoryPaths(root);
  const reader = createRepositoryReader({ root });
  const loadKey = async () => ({ ...(await loadPrivateKey(deps.key.privateKey)), publicName: deps.key.publicName });

  const checkBuilt = async (built: BuiltPackage, architecture: string, gate: GateRecord): Promise<Apk> => {
    const apk = await readApk(await store.object(built.object));
    const refuse = (what: string) => new GateRefused(`${built.file} for ${architecture}: ${what}; build it again`);
    if (apk.checksum !== built.checksum) throw refuse(`its checksum is ${apk.checksum}, but the gate passed ${built.checksum}`);
    if (apk.size !== built.bytes) throw refuse(`it has ${apk.size} bytes, but the gate passed ${built.bytes}`);
    const named = fileName(apk.info.name, apk.info.version);
    if (named !== built.file || apk.info.name !== built.name || apk.info.version !== fullVersion(gate.version, gate.epoch))
      throw refuse(`the package in it is ${named}`);
    if (apk.info.origin !== gate.package) throw refuse(`its origin is ${apk.info.origin}, not ${gate.package}`);
    if (apk.info.architecture !== architecture) throw refuse(`it is for ${apk.info.architecture}`);
    return apk;
  };

  const signApk = async (apk: Apk, key: Awaited<ReturnType<typeof loadKey>>): Promise<Digest> => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-sign-'));
    try {
      const file = join(folder, 'signed.apk');
      const signature = await signatureMember(apk.control, key, apk.mtime);
      const target = createWriteStream(file, { flags: 'wx' });
      target.write(signature);
      await pipeline(createReadStream(apk.file, { start: apk.controlStart }), target);
      return await store.putFile(file, { move: true });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  const signPackages: SignerActivities['signPackages'] = async ({ gate: digest }) => {
    const gate = await readGateRecord(await store.object(digest), `gate record ${digest}`);
    const key = await loadKey();
    const built = gate.builds.flatMap((build) => build.packages.map((item) => ({ item, architecture: build.architecture })));
    // All are looked at before one is signed: a signature on half a release serves nobody but a thief.
    const apks = [];
    for (const { item, architecture } of built) apks.push({ item, architecture, apk: await checkBuilt(item, architecture, gate) });
    const packages: SignedPackage[] = [];
    for (const { item, architecture, apk } of apks) {
      const signed = await signApk(apk, key);
      const { size } = await readApk(await store.object(signed));
      packages.push({ ...item, architecture, signed, signedBytes: size });
    }
    return { packages };
  };

  /** The published indexes as this key signed them; one that was changed on disk is not built upon. */
  const readSigned = async (generation: number, key: Awaited<ReturnType<typeof loadKey>>): Promise<Indexes> => {
    if (generation === 0) return {};
    const manifest = await reader.readManifest(generation);
    if (!manifest) throw new Conflict(`generation ${generation} is not there: prepare again on the newest one`);
    const indexes: Record<string, readonly IndexRecord[]> = {};
    for (const architecture of Object.keys(manifest.indexes)) {
      const file = paths.index(generation, architecture);
      const archive = await readIndexArchive(await readFile(file), file);
      if (!isSigned(archive.unsigned, archive.signatures, key))
        throw new IndexRefused(
          `${file} does not carry a valid signature of ${key.publicName}: restore it from a backup before anything is published on it`,
        );
      indexes[architecture] = archive.records;
    }
    return indexes;
  };

  /** What a gate allows into an index: the records of its packages, from the objects that are in the repository, signed. */
  const allowedRecords = async (
    origin: string,
    version: string,
    key: Awaited<ReturnType<typeof loadKey>>,
  ): Promise<readonly { readonly architecture: string; readonly record: IndexRecord }[]> => {
    const name = gateName(origin, version);
    const content = await store.readRecord('gate', name);
    if (content === undefined) throw new IndexRefused(`${origin} ${version} is in the index, but there is no gate record ${name}`);
    let gate: GateRecord;
    try {
      gate = allowedBy(content, `gate record ${name}`);
    } catch (error) {
      throw error instanceof GateRefused ? new IndexRefused(error.message) : error;
    }
    if (gate.package !== origin || fullVersion(gate.version, gate.epoch) !== version)
      throw new IndexRefused(`gate record ${name} is one of ${gate.package} ${fullVersion(gate.version, gate.epoch)}`);
    const named = gate.builds.flatMap((build) => build.packages.map((built) => ({ built, architecture: build.architecture })));
    return Promise.all(
      named.map(async ({ built, architecture }) => ({ architecture, record: await recordOf(built, architecture, gate, key) })),
    );
  };

  const recordOf = async (
    built: BuiltPackage,
    architecture: string,
    gate: GateRecord,
    key: Awaited<ReturnType<typeof loadKey>>,
  ): Promise<IndexRecord> => {
    const file = paths.object(architecture, built.file);
    const apk = await readApk(file).catch((error: unknown) => {
      throw codeOf(error) === 'ENOENT'
        ? new IndexRefused(`${file} is missing: its object is written before the index that names it`)
        : error;
    });
    if (!isSigned(apk.control, apk.signatures, key))
      throw new IndexRefused(`${file} does not carry a valid signature of ${key.publicName}`);
    if (apk.checksum !== built.checksum)
      throw new IndexRefused(`${file}: its checksum is ${apk.checksum}, but the gate passed ${built.checksum}`);
    if (
      apk.info.origin !== gate.package ||
      apk.info.architecture !== architecture ||
      fileName(apk.info.name, apk.info.version) !== built.file
    )
      throw new IndexRefused(
        `${file}: the package in it is ${fileName(apk.info.name, apk.info.version)} of ${apk.info.origin} for ${apk.info.architecture}`,
      );
    return indexRecord(apk.info, apk.checksum, apk.size);
  };

  const signIndexes: SignerActivities['signIndexes'] = async ({ generation, previous, indexes }) => {
    const newest = await newestGeneration(root);
    if (generation !== previous + 1 || newest !== previous)
      throw new Conflict(`generation ${generation} would follow ${previous}, but the newest is ${newest}: prepare it again`);
    const key = await loadKey();
    const before = await readSigned(previous, key);
    const candidate: Record<string, readonly IndexRecord[]> = {};
    for (const [architecture, digest] of Object.entries(indexes))
      candidate[architecture] = (
        await readIndexArchive(await readFile(await store.object(digest)), `the candidate index of ${architecture}`)
      ).records;

    const added: Record<string, IndexRecord[]> = {};
    for (const { origin, version } of newVersions(before, candidate))
      for (const { architecture, record } of await allowedRecords(origin, version, key)) (added[architecture] ??= []).push(record);
    const expected = nextIndexes(before, added, await readWithdrawals(store), Object.keys(candidate));
    if (!expected.ok) throw new IndexRefused(formatProblem(expected.error));
    const difference = firstDifference(expected.value, candidate);
    if (difference)
      throw new IndexRefused(
        `generation ${generation} is not generation ${previous}, plus packages with a gate record, minus recorded withdrawals: ${difference}`,
      );

    const signed: Record<string, Digest> = {};
    for (const [architecture, records] of Object.entries(expected.value)) {
      const unsigned = await writeIndexArchive(records, `generation ${generation}`);
      signed[architecture] = await store.putBytes(Buffer.concat([await signatureMember(unsigned, key, 0), unsigned]));
    }
    return { signed };
  };

  return { signPackages, signIndexes };
}

/** Origins and versions of the records that the index before does not have as they are. */
function newVersions(before: Indexes, candidate: Indexes): readonly { readonly origin: string; readonly version: string }[] {
  const found = new Map<string, { readonly origin: string; readonly version: string }>();
  for (const [architecture, records] of Object.entries(candidate)) {
    const known = new Set((before[architecture] ?? []).map(printIndexRecord));
    for (const record of records)
      if (!known.has(printIndexRecord(record)))
        found.set(`${record.origin}-${record.version}`, { origin: record.origin, version: record.version });
  }
  return [...found.values()];
}
