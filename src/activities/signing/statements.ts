import type { Digest } from '../../domain/digest';
import type { ImageGateRecord, LockedVariant } from '../../domain/image/image';
import type { ImagePackage } from '../../domain/image/lock';

/** What is said of an image and its platforms. Rule: github.com/in-toto/attestation, spec/v1/statement.md. */
export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: object;
}

/** `cosign verify-attestation --type` knows the first two as `spdxjson` and `slsaprovenance1`; cosign 3 signs an image with the last one. */
export const PREDICATES = {
  sbom: 'https://spdx.dev/Document',
  provenance: 'https://slsa.dev/provenance/v1',
  configuration: 'https://apko.dev/image-configuration',
  signature: 'https://sigstore.dev/cosign/sign/v1',
} as const;

/** What `buildType` and `builder.id` of a provenance are; docs/images.md says what they mean. */
const BUILD_TYPE = 'urn:millrace:build:image:1';
const BUILDER = 'urn:millrace:factory:';

/** A statement about digests (`sha256:…`) of one image. `name` is `host[:port]/repository`. */
export function statementOf(name: string, digests: readonly string[], predicateType: string, predicate: object): Statement {
  const subject = digests.map((digest) => ({ name, digest: { sha256: hexOf(digest) } }));
  return { _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate };
}

/**
 * How an image came to be: from which packages, by which words of which commit, and what it passed. It tells what the gate record and the lock say; nothing in it comes from the build.
 * Rule: slsa.dev/spec/v1.0/provenance.
 */
export function provenanceOf(known: {
  readonly distribution: string;
  /** URL of the spec repository; absent where it is a folder of this machine. */
  readonly specs?: string;
  readonly gate: ImageGateRecord;
  /** Of the gate record. */
  readonly gateDigest: Digest;
  readonly locked: LockedVariant;
  readonly packages: readonly ImagePackage[];
}): object {
  const { distribution, specs, gate, gateDigest, locked, packages } = known;
  const { lock } = gate;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        image: gate.image,
        variant: locked.variant,
        version: locked.version,
        architectures: [...new Set(packages.map(({ architecture }) => architecture))],
        configuration: { digest: { sha256: hexOf(locked.config) } },
      },
      internalParameters: {
        generation: lock.generation,
        lock: { digest: { sha256: hexOf(locked.digest) } },
        imageYaml: { digest: { sha256: hexOf(lock.spec) } },
      },
      resolvedDependencies: [
        { name: 'specs', ...(specs === undefined ? {} : { uri: `git+${specs}` }), digest: { gitCommit: lock.commit } },
        ...packages.map(({ name, version, architecture, checksum }) => ({
          uri: `pkg:apk/${encodeURIComponent(distribution)}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`,
          name,
          // The checksum of apk is of the part of the file that holds its metadata, which names the digest of the rest.
          digest: { apkControlSha1: Buffer.from(checksum.slice('Q1'.length), 'base64').toString('hex') },
          annotations: { checksum },
        })),
      ],
    },
    runDetails: {
      builder: { id: `${BUILDER}${encodeURIComponent(distribution)}` },
      metadata: { invocationId: gate.release, finishedOn: gate.openedAt },
      byproducts: [
        {
          name: 'gate record',
          mediaType: 'application/json',
          digest: { sha256: hexOf(gateDigest) },
          annotations: {
            verdicts: gate.verdicts.map(({ check, outcome, summary }) => ({ check, outcome, summary })),
            accepted: gate.accepted.map(({ check, by, reason, at }) => ({ check, by, reason, at })),
          },
        },
      ],
    },
  };
}

/** Where an image's signature is looked for by cosign 2, by policies of clusters and by podman. Rule: cosign, specs/SIGNATURE_SPEC.md; containers/image, docs/containers-signature.5.md. */
export function signingPayload(name: string, digest: string): string {
  return JSON.stringify({
    critical: {
      identity: { 'docker-reference': name },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional: null,
  });
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
