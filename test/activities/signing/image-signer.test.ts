import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { z } from 'zod';
import { preAuthenticationEncoding, signContent } from '../../../src/activities/signing/dsse';
import type { Envelope } from '../../../src/activities/signing/dsse';
import type { SignedImages } from '../../../src/activities/signing/image-signer';
import type { Statement } from '../../../src/activities/signing/statements';
import { isDigest } from '../../../src/domain/digest';
import { removeTemporaryFolders } from '../repository/support';
import { CHECKSUM, imageAtTheGate } from './signed-image';

/** What is signed for an image. The real cosign verifies it in test/long/cosign.test.ts. */
afterAll(removeTemporaryFolders);

type Image = Awaited<ReturnType<typeof imageAtTheGate>>;

async function signed(image: Image): Promise<SignedImages> {
  const { signatures } = await image.signer.signImages({ gate: await image.store.writeRecord('image-gate', 'a', image.gate) });
  return JSON.parse(await readFile(await image.store.object(signatures), 'utf8')) as SignedImages;
}

const said = ({ payload }: Envelope) => JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as Statement;

/** in-toto attestation, spec/v1/statement.md and resource_descriptor.md; slsa.dev/spec/v1.0/provenance. */
const hex = z.string().regex(/^[0-9a-f]+$/);
const STATEMENT = z.strictObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.strictObject({ name: z.string().min(1), digest: z.strictObject({ sha256: hex.length(64) }) })).min(1),
  predicateType: z.url(),
  predicate: z.looseObject({}),
});
const RESOURCE = z
  .strictObject({
    name: z.string().optional(),
    uri: z
      .string()
      .regex(/^[a-z+]+:/)
      .optional(),
    digest: z.record(z.string(), hex).optional(),
    mediaType: z.string().optional(),
    annotations: z.looseObject({}).optional(),
  })
  .refine(({ uri, digest }) => uri !== undefined || digest !== undefined);
const PROVENANCE = z.strictObject({
  buildDefinition: z.strictObject({
    buildType: z.string().regex(/^[a-z]+:/),
    externalParameters: z.looseObject({}),
    internalParameters: z.looseObject({}),
    resolvedDependencies: z.array(RESOURCE),
  }),
  runDetails: z.strictObject({
    builder: z.strictObject({ id: z.string().regex(/^[a-z]+:/) }),
    metadata: z.strictObject({ invocationId: z.string(), finishedOn: z.iso.datetime() }),
    byproducts: z.array(RESOURCE),
  }),
});

test('the encoding that is signed is the one of DSSE', () => {
  // The example of dsse, protocol.md.
  const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
  expect(encoded.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  // Lengths are of bytes.
  expect(preAuthenticationEncoding('é', Buffer.from('ü')).toString()).toBe('DSSEv1 2 é 2 ü');
});

test('a signature is the one of key and content: OpenSSL verifies it, and it is the same again', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  fc.assert(
    fc.property(fc.uint8Array(), (content) => {
      const signature = signContent(content, privateKey);
      expect(verify('sha256', content, publicKey, signature)).toBe(true);
      expect(verify('sha256', Buffer.concat([content, Buffer.of(0)]), publicKey, signature)).toBe(false);
      expect(signContent(content, privateKey)).toEqual(signature);
    }),
    { numRuns: 30 },
  );
});

test('index and platforms are signed, and every statement has the form of its specification and a good signature', async () => {
  const image = await imageAtTheGate('registry.example:5000');
  const { signatures, attestations, keyHint: hint } = await signed(image);
  const whole = [image.built.digest, ...image.platforms];
  const publicKey = createPublicKey(readFileSync(image.key.publicKey));
  expect(Object.keys(signatures).sort()).toEqual([...whole].sort());
  for (const [digest, { payload, signature }] of Object.entries(signatures)) {
    expect(verify('sha256', Buffer.from(payload), publicKey, Buffer.from(signature, 'base64'))).toBe(true);
    expect(JSON.parse(payload)).toMatchObject({
      critical: { identity: { 'docker-reference': 'registry.example:5000/demo/hello' }, image: { 'docker-manifest-digest': digest } },
    });
  }
  const envelopes = [...attestations, ...Object.values(signatures)].map(({ envelope }) => envelope);
  for (const { payloadType, payload, signatures: made } of envelopes) {
    const content = preAuthenticationEncoding(payloadType, Buffer.from(payload, 'base64'));
    expect(made.map(({ sig }) => verify('sha256', content, publicKey, Buffer.from(sig, 'base64')))).toEqual([true]);
    expect(payloadType).toBe('application/vnd.in-toto+json');
    STATEMENT.parse(JSON.parse(Buffer.from(payload, 'base64').toString('utf8')));
  }
  expect(hint).toBe(
    createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
  );
  expect(attestations.map(({ predicateType, subjects }) => [predicateType, subjects])).toEqual([
    ['https://spdx.dev/Document', [image.built.digest, image.platforms[1]]],
    ['https://spdx.dev/Document', [image.built.digest, image.platforms[0]]],
    ['https://apko.dev/image-configuration', whole],
    ['https://slsa.dev/provenance/v1', whole],
  ]);
  for (const { predicateType, subjects, envelope } of attestations) {
    const statement = said(envelope);
    expect(statement.predicateType).toBe(predicateType);
    expect(statement.subject.map(({ digest }) => `sha256:${digest.sha256}`)).toEqual(subjects);
  }
  expect(attestations.slice(0, 3).map(({ envelope }) => said(envelope).predicate)).toMatchObject([
    { name: 'sbom-aarch64' },
    { name: 'sbom-x86_64' },
    { contents: { packages: ['hello'] }, entrypoint: { command: '/usr/bin/hello' } },
  ]);
});

test('the provenance tells what lock and gate record say', async () => {
  const accepted = [{ check: 'suite-entrypoint', by: 'ada', reason: 'it needs a disk', at: '2026-03-04T05:00:00Z' }];
  const image = await imageAtTheGate('registry.example', { accepted });
  const { attestations } = await signed(image);
  const provenance = said(attestations.at(-1)!.envelope).predicate;
  PROVENANCE.parse(provenance);
  const gate = await image.store.writeRecord('image-gate', 'a', image.gate);
  expect(provenance).toEqual({
    buildDefinition: {
      buildType: 'urn:millrace:build:image:1',
      externalParameters: {
        ...{ image: 'hello', variant: '', version: '1.0-r0', architectures: ['x86_64', 'aarch64'] },
        configuration: { digest: { sha256: image.locked.config.slice(7) } },
      },
      internalParameters: {
        generation: 7,
        lock: { digest: { sha256: image.locked.digest.slice(7) } },
        imageYaml: { digest: { sha256: image.lock.spec.slice(7) } },
      },
      resolvedDependencies: [
        { name: 'specs', uri: 'git+https://example.org/specs.git', digest: { gitCommit: 'c'.repeat(40) } },
        ...['x86_64', 'aarch64'].map((architecture) => ({
          uri: `pkg:apk/example/hello@1.0-r0?arch=${architecture}`,
          name: 'hello',
          digest: { apkControlSha1: '0102030405060708090a0b0c0d0e0f1011121314' },
          annotations: { checksum: CHECKSUM },
        })),
      ],
    },
    runDetails: {
      builder: { id: 'urn:millrace:factory:example' },
      metadata: { invocationId: 'image-release:hello-e', finishedOn: '2026-03-04T05:06:07.000Z' },
      byproducts: [
        {
          name: 'gate record',
          mediaType: 'application/json',
          digest: { sha256: gate.slice(7) },
          annotations: {
            verdicts: image.gate.verdicts.map(({ check }) => ({ check, outcome: 'passed', summary: 'seen' })),
            accepted,
          },
        },
      ],
    },
  });
});

test('the same gate record gives the same object', async () => {
  const image = await imageAtTheGate('registry.example');
  const gate = await image.store.writeRecord('image-gate', 'a', image.gate);
  const first = await image.signer.signImages({ gate });
  expect(isDigest(first.signatures)).toBe(true);
  expect(await image.signer.signImages({ gate })).toEqual(first);
});

describe('nothing is signed', () => {
  const refused = async (change: (image: Image) => Image['gate']) => {
    const image = await imageAtTheGate('registry.example');
    return await signed({ ...image, gate: change(image) }).catch((error: Error) => `${error.name}: ${error.message}`);
  };

  test('where the gate is shut', async () => {
    expect(await refused(({ gate }) => ({ ...gate, verdicts: gate.verdicts.slice(1) }))).toMatch(/^GateRefused: .*has no verdict/);
  });

  test('where the layout is of another digest than the gate record names', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    expect(await refused(({ gate, built }) => ({ ...gate, variants: [{ ...built, digest: other }] }))).toMatch(
      /^LayoutBroken: the layout is not the one of sha256:0000/,
    );
  });

  test('where an SBOM is of an architecture that the image has not', async () => {
    const change = ({ gate, built }: Image) => ({ ...gate, variants: [{ ...built, sboms: { riscv64: built.sboms.x86_64 } }] });
    expect(await refused(change)).toMatch(/^GateRefused: .*an SBOM for riscv64 and no image for it/);
  });
});
