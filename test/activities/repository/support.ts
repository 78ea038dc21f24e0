import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readApk } from '../../../src/activities/apk/read';
import type { GenerationAdvisories } from '../../../src/activities/advisories/generation';
import type { PublishRequest } from '../../../src/activities/contract';
import type { Disk } from '../../../src/activities/repository/disk';
import { createPublisherActivities } from '../../../src/activities/repository/publisher';
import { createRepositoryReader } from '../../../src/activities/repository/reader';
import type { FactoryKey } from '../../../src/activities/signing/factory-key';
import { createSignerActivities } from '../../../src/activities/signing/signer';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import type { Store } from '../../../src/activities/store/store';
import { requiredChecks } from '../../../src/domain/check/gate';
import type { Digest } from '../../../src/domain/digest';
import type { BuiltPackage, GateRecord } from '../../../src/domain/release/release';
import { gateName } from '../../../src/domain/repository/index-rules';
import { writeApk } from '../../../src/stage0/apk-writer';
import type { ApkMetadata } from '../../../src/stage0/apk-writer';

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  folders.push(folder);
  return folder;
}

/** For `afterAll`. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A small key, made once for all tests of a file: strength is not what they are about. */
export function testKey(name = 'factory'): Pick<FactoryKey, 'privateKey' | 'publicName'> & { readonly publicKey: string } {
  const folder = temporaryFolder();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(`${folder}/${name}.rsa`, privateKey);
  writeFileSync(`${folder}/${name}.rsa.pub`, publicKey);
  return { privateKey: `${folder}/${name}.rsa`, publicKey: `${folder}/${name}.rsa.pub`, publicName: `${name}.rsa.pub` };
}

/** Writes an apk with the given files. */
export function makeApk(
  metadata: Pick<ApkMetadata, 'name' | 'version'> & Partial<ApkMetadata>,
  files: Readonly<Record<string, string>> = {},
): string {
  const folder = temporaryFolder();
  const root = join(folder, 'root');
  mkdirSync(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const file = join(folder, `${metadata.name}-${metadata.version}.apk`);
  writeApk(root, { architecture: 'x86_64', description: 'a test package', license: 'MIT', ...metadata }, file, 1_700_000_000);
  return file;
}

export interface Release {
  readonly name: string;
  /** Without `-rN`; the epoch is 0 unless given. */
  readonly version: string;
  readonly epoch?: number;
  readonly architectures?: readonly string[];
  readonly subpackages?: readonly string[];
  readonly depends?: readonly string[];
  readonly provides?: readonly string[];
  readonly content?: string;
  readonly description?: string;
  /** Beside the one that tells the version. */
  readonly files?: Readonly<Record<string, string>>;
  readonly change?: (gate: GateRecord) => GateRecord;
}

/** A factory without Temporal and builds: what a release leaves in the store, a signer and a publisher on one folder. */
export function makeFactory(
  options: {
    readonly architectures?: readonly string[];
    readonly root?: string;
    readonly store?: Store;
    readonly disk?: Disk;
    readonly key?: ReturnType<typeof testKey>;
    readonly advisories?: GenerationAdvisories;
  } = {},
) {
  const root = options.root ?? temporaryFolder();
  const store = options.store ?? createFolderStore(temporaryFolder());
  const key = options.key ?? testKey();
  const architectures = options.architectures ?? ['x86_64'];
  const signer = createSignerActivities({ store, key, root });
  const publisher = createPublisherActivities({
    store,
    root,
    architectures,
    clock: () => new Date('2026-01-02T03:04:05Z'),
    ...(options.disk ? { disk: options.disk } : {}),
    ...(options.advisories ? { advisories: options.advisories } : {}),
  });
  const reader = createRepositoryReader({ root });

  /** Builds and passes the gate: answers the digest of the gate record. */
  const passGate = async (release: Release): Promise<Digest> => {
    const { name, version, epoch = 0, architectures: built = ['x86_64'], subpackages = [] } = release;
    const full = `${version}-r${epoch}`;
    const builds = [];
    for (const architecture of built) {
      const packages: BuiltPackage[] = [];
      for (const part of [name, ...subpackages]) {
        const file = makeApk(
          {
            name: part,
            version: full,
            origin: name,
            architecture,
            depends: release.depends ?? [],
            provides: release.provides ?? [],
            ...(release.description ? { description: release.description } : {}),
          },
          { [`usr/share/${part}/version`]: `${full} ${release.content ?? ''}`, ...release.files },
        );
        const { checksum, size } = await readApk(file);
        packages.push({ name: part, file: `${part}-${full}.apk`, object: await store.putFile(file), checksum, bytes: size });
      }
      builds.push({ architecture, key: digestOf(`${name}-${full}-${architecture}`), packages });
    }
    const gate: GateRecord = {
      release: gateName(name, full),
      package: name,
      version,
      epoch,
      commit: '0'.repeat(40),
      verdicts: requiredChecks(built).map((check) => ({ check, outcome: 'passed', summary: 'fine', details: [], seconds: 1 })),
      waivers: [],
      builds,
      openedAt: '2026-01-02T03:04:05Z',
    };
    return store.writeRecord('gate', gateName(name, full), release.change ? release.change(gate) : gate);
  };

  const request = async (release: Release): Promise<PublishRequest> => {
    const gate = await passGate(release);
    const { packages } = await signer.signPackages({ gate });
    const version = `${release.version}-r${release.epoch ?? 0}`;
    return { id: gateName(release.name, version), gate, package: release.name, version, packages };
  };

  const withdrawal = (name: string, version: string) => ({
    id: `withdraw-${name}-${version}`,
    package: name,
    version,
    by: 'ada',
    reason: 'it eats files',
  });

  /** Prepare, sign, commit: what the repository workflow does with a group. */
  const publish = async (group: Parameters<typeof publisher.prepareGeneration>[0]) => {
    const prepared = await publisher.prepareGeneration(group);
    if (!prepared.changed) return prepared.previous;
    const { generation, previous, indexes, advisories } = prepared;
    const { signed } = await signer.signIndexes({ generation, previous, indexes });
    const contains = group.publish.map((item) => `${item.package}-${item.version}`);
    const withdrawn = group.withdraw.map((item) => `${item.package}-${item.version}`);
    const commitment = { generation, previous, signed, contains, withdrawn, ...(advisories ? { advisories } : {}) };
    return (await publisher.commitGeneration(commitment)).generation;
  };

  return { root, store, key, signer, publisher, reader, passGate, request, withdrawal, publish };
}

export function digestOf(content: string | Buffer): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

export function digestOfFile(file: string): Digest {
  return digestOf(readFileSync(file));
}
