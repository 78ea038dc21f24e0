import { readFile } from 'node:fs/promises';
import type { KeyObject } from 'node:crypto';
import { parse } from 'yaml';
import type { Digest } from '../../domain/digest';
import type { BuiltVariant, ImageGateRecord } from '../../domain/image/image';
import type { ImageSignerActivities } from '../contract';
import { packedIndex, platformsOf } from '../images/layout';
import { readLockedFile } from '../images/locked-file';
import type { Store } from '../store/store';
import { keyHint, signContent, signStatement } from './dsse';
import type { Envelope } from './dsse';
import { GateRefused } from './gate-record';
import { readImageGate } from './image-gate';
import { loadImageKey } from './image-key';
import { PREDICATES, provenanceOf, signingPayload, statementOf } from './statements';
import type { Statement } from './statements';

/** What the signer made for one gate record, as one object of the store. */
export interface SignedImages {
  /** Names the key in Sigstore bundles. */
  readonly keyHint: string;
  /** By digest, of image indexes and of the platforms in them: the "simple signing" payload with its signature in base64, and the same said as a statement. */
  readonly signatures: Readonly<Record<string, { readonly payload: string; readonly signature: string; readonly envelope: Envelope }>>;
  /** `subjects` are the digests that a statement is about and is found at. */
  readonly attestations: readonly { readonly predicateType: string; readonly subjects: readonly string[]; readonly envelope: Envelope }[];
}

export interface ImageSignerDeps {
  readonly store: Store;
  /** File of the private key. */
  readonly key: string;
  /** `host[:port]` that images are named by. */
  readonly registry: string;
  readonly distribution: string;
  /** URL of the spec repository; absent where it is a folder of this machine. */
  readonly specs?: string;
}

/** How OCI calls the architectures of packages. */
const PLATFORMS: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/**
 * Signs what a gate record names, and says of it what it is made of (SPDX), how it is configured and how it came to be (SLSA provenance). It believes no message: all of it is
 * read from the gate record and from what that names by digest. The same gate record gives the same object. Throws `GateRefused` and `LayoutBroken`.
 */
export function createImageSignerActivities(deps: ImageSignerDeps): ImageSignerActivities {
  const { store } = deps;
  return {
    async signImages({ gate: digest }) {
      const gate = await readImageGate(await store.object(digest), `gate record ${digest}`);
      const key = await loadImageKey(deps.key);
      const name = `${deps.registry}/${gate.repository}`;
      const signatures: Record<string, SignedImages['signatures'][string]> = {};
      const attestations: SignedImages['attestations'][number][] = [];
      for (const built of gate.variants) {
        const platforms = platformsOf(await packedIndex(await store.object(built.layout), built.digest));
        const whole = [built.digest, ...platforms.values()];
        for (const subject of whole) signatures[subject] = signatureOf(name, subject, key);
        for (const statement of [
          ...(await sbomsOf(deps, name, built, platforms)),
          ...(await sayings(deps, name, { gate, gateDigest: digest, variant: built.variant, whole })),
        ]) {
          const subjects = statement.subject.map((subject) => `sha256:${subject.digest.sha256}`);
          attestations.push({ predicateType: statement.predicateType, subjects, envelope: signStatement(statement, key) });
        }
      }
      const signed: SignedImages = { keyHint: keyHint(key), signatures, attestations };
      return { signatures: await store.putBytes(JSON.stringify(signed)) };
    },
  };
}

function signatureOf(name: string, digest: string, key: KeyObject): SignedImages['signatures'][string] {
  const payload = signingPayload(name, digest);
  const envelope = signStatement(statementOf(name, [digest], PREDICATES.signature, {}), key);
  return { payload, signature: signContent(Buffer.from(payload), key).toString('base64'), envelope };
}

/** One for each architecture: found at the platform, and at the index, whose digest is what most people verify. */
async function sbomsOf(
  { store }: ImageSignerDeps,
  name: string,
  built: BuiltVariant,
  platforms: ReadonlyMap<string, string>,
): Promise<readonly Statement[]> {
  const statements = Object.entries(built.sboms).map(async ([architecture, sbom]) => {
    const platform = platforms.get(PLATFORMS[architecture] ?? architecture);
    if (platform === undefined)
      throw new GateRefused(`${built.digest} has an SBOM for ${architecture} and no image for it; build it again`);
    const document = JSON.parse(await readFile(await store.object(sbom), 'utf8')) as object;
    return statementOf(name, [built.digest, platform], PREDICATES.sbom, document);
  });
  return await Promise.all(statements);
}

/** What is said of an index and of every platform in it alike. */
async function sayings(
  { store, distribution, specs }: ImageSignerDeps,
  name: string,
  of: { readonly gate: ImageGateRecord; readonly gateDigest: Digest; readonly variant: string; readonly whole: readonly string[] },
): Promise<readonly Statement[]> {
  const { gate, gateDigest, variant, whole } = of;
  const locked = gate.lock.variants.find((item) => item.variant === variant)!;
  const configuration = parse(await readFile(await store.object(locked.config), 'utf8')) as object;
  const packages = await readLockedFile(await store.object(locked.digest));
  const provenance = provenanceOf({ distribution, ...(specs === undefined ? {} : { specs }), gate, gateDigest, locked, packages });
  return [statementOf(name, whole, PREDICATES.configuration, configuration), statementOf(name, whole, PREDICATES.provenance, provenance)];
}
