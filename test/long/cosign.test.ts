import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { attach } from '../../src/activities/images/attach';
import { createImagePublisherActivities } from '../../src/activities/images/publisher';
import { run } from '../../src/activities/process';
import { createRegistry, OCI } from '../../src/activities/registry/registry';
import type { SignedImages } from '../../src/activities/signing/image-signer';
import { programFile } from '../../src/config/tools';
import type { Config } from '../../src/config/config';
import { verifyCommands } from '../../src/domain/image/verify';
import { freePorts } from '../../src/demo/free-ports';
import { registryServer } from '../../src/workers/registry-server';
import { memoryRegistry } from '../activities/registry/memory-registry';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';
import { imageAtTheGate } from '../activities/signing/signed-image';

/** What we sign, as the real cosign sees it. */
const found = programFile('cosign');
const program = 'file' in found ? found.file : '';
const suite = 'file' in found ? describe : describe.skip;

const closing: (() => unknown)[] = [];
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  removeTemporaryFolders();
});

/** Debian's, which keeps no list of referrers. */
async function dockerRegistry(): Promise<string> {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const images = { directory: 'images', registry: url, localRegistry: true };
  const child = registryServer({ state: temporaryFolder(), images } as Config);
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', child.command, ...child.args], { stdio: 'ignore' });
  closing.push(() => server.kill('SIGKILL'));
  await child.probe!(AbortSignal.timeout(20_000));
  return url;
}

/** One of the distribution specification 1.1. */
async function newerRegistry(): Promise<string> {
  const registry = await memoryRegistry();
  closing.push(registry.close);
  return registry.url;
}

/** An image in a registry, and its signatures and attestations as `tamper` leaves them. */
async function published(url: string, tamper: (signed: SignedImages) => unknown = (signed) => signed) {
  const { host } = new URL(url);
  const image = await imageAtTheGate(host);
  const registry = createRegistry({ url });
  const { repository } = image.gate;
  const clock = () => new Date();
  await createImagePublisherActivities({ store: image.store, registry, work: temporaryFolder(), clock }).pushImage(image);
  const { signatures } = await image.signer.signImages({ gate: await image.store.writeRecord('image-gate', 'a', image.gate) });
  const signed = tamper(JSON.parse(await readFile(await image.store.object(signatures), 'utf8')) as SignedImages) as SignedImages;
  for (const digest of [...image.platforms, image.built.digest])
    await attach(registry, repository, (await registry.readManifest(repository, digest))!, signed);
  const index = (await registry.readManifest(repository, image.built.digest))!;
  await registry.pushManifest(repository, 'latest', OCI.index, index.bytes);

  const cosign = async (command: string, reference: string, ...options: readonly string[]) => {
    const trust = ['--key', image.key.publicKey, '--insecure-ignore-tlog=true', '--allow-http-registry'];
    const finished = await run(program, [command, ...trust, ...options, `${host}/${repository}${reference}`], {
      timeoutSeconds: 120,
      env: { PATH: process.env['PATH'], HOME: temporaryFolder() },
    });
    return { passed: finished.code === 0, stdout: finished.stdout, stderr: finished.stderr };
  };
  return { ...image, registry, signed, cosign };
}

/** Of an envelope that cosign printed. */
function predicateIn(line: string): { readonly predicateType: string; readonly predicate: Record<string, unknown> } {
  const { payload } = JSON.parse(line) as { readonly payload: string };
  return JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as ReturnType<typeof predicateIn>;
}

/** A byte of base64 text becomes another. */
function flipped(base64: string, at: number): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[at] = bytes[at]! ^ 1;
  return bytes.toString('base64');
}

const TYPES = [
  ['spdxjson', 'https://spdx.dev/Document'],
  ['slsaprovenance1', 'https://slsa.dev/provenance/v1'],
  ['https://apko.dev/image-configuration', 'https://apko.dev/image-configuration'],
] as const;
/** Not for a registry that does not answer, or an option that is none. */
const REFUSED = {
  passed: false,
  stderr: expect.stringMatching(
    /no matching (attestations|signatures): .*(signature|subject|payloadType)|none of the attestations matched/,
  ),
};
/** As cosign 3 looks first, and as cosign 2 and policies of clusters do. */
const WAYS = [
  ['referrers', []],
  ['tags', ['--new-bundle-format=false']],
] as const;

suite(`cosign${'file' in found ? '' : ` (skipped: ${found.remedy})`}`, () => {
  describe.each([
    ['a registry without a list of referrers', dockerRegistry],
    ['a registry that lists referrers', newerRegistry],
  ])('%s', (_name, start) => {
    let image: Awaited<ReturnType<typeof published>>;
    beforeAll(async () => {
      image = await published(await start());
    });

    test.each(WAYS)('verifies signatures of tag, digest and platforms by %s', async (_way, options) => {
      for (const reference of [':latest', `@${image.built.digest}`, ...image.platforms.map((digest) => `@${digest}`)]) {
        const { passed, stderr, stdout } = await image.cosign('verify', reference, ...options);
        expect([reference, passed, passed ? '' : stderr]).toEqual([reference, true, '']);
        expect(stdout).toContain('"docker-manifest-digest"');
      }
    });

    test.each(WAYS)('verifies attestations by %s', async (_way, options) => {
      for (const [type, predicateType] of TYPES)
        for (const reference of [':latest', `@${image.platforms[1]}`]) {
          const { passed, stdout, stderr } = await image.cosign('verify-attestation', reference, '--type', type, ...options);
          expect([type, reference, passed, passed ? '' : stderr]).toEqual([type, reference, true, '']);
          const statements = stdout.trim().split('\n').map(predicateIn);
          expect(new Set(statements.map((statement) => statement.predicateType))).toEqual(new Set([predicateType]));
          if (type === 'spdxjson')
            expect(statements.map(({ predicate }) => predicate['name']).sort()).toEqual(
              reference === ':latest' ? ['sbom-aarch64', 'sbom-x86_64'] : ['sbom-aarch64'],
            );
        }
    });

    test('the commands that `millrace image show` prints are what it takes', async () => {
      const commands = verifyCommands({
        ...{ reference: `${image.registry.host}/${image.gate.repository}:latest`, key: image.key.publicKey, plain: true },
      });
      expect(commands).toHaveLength(4);
      for (const { command } of commands) {
        const [, ...words] = command.split(' ');
        const finished = await run(program, words, { timeoutSeconds: 120, env: { PATH: process.env['PATH'], HOME: temporaryFolder() } });
        expect([command, finished.code]).toEqual([command, 0]);
      }
    });

    test('another key verifies nothing', async () => {
      const other = await imageAtTheGate('elsewhere');
      for (const [, options] of WAYS) {
        expect(await image.cosign('verify', ':latest', '--key', other.key.publicKey, ...options)).toMatchObject(REFUSED);
        expect(
          await image.cosign('verify-attestation', ':latest', '--type', 'spdxjson', '--key', other.key.publicKey, ...options),
        ).toMatchObject(REFUSED);
      }
    });

    test('referrers are enough for cosign 3: the tags are not what it found', async () => {
      const { registry, built, gate } = image;
      for (const end of ['sig', 'att']) {
        const { digest } = (await registry.readManifest(gate.repository, `${built.digest.replace(':', '-')}.${end}`))!;
        const answer = await fetch(`http://${registry.host}/v2/${gate.repository}/manifests/${digest}`, { method: 'DELETE' });
        expect(answer.status).toBe(202);
      }
      expect(await image.cosign('verify', ':latest')).toMatchObject({ passed: true });
      for (const [type] of TYPES)
        expect(await image.cosign('verify-attestation', ':latest', '--type', type)).toMatchObject({ passed: true });
      expect(await image.cosign('verify', ':latest', '--new-bundle-format=false')).toMatchObject({ passed: false });
    });
  });

  type Envelope = SignedImages['attestations'][number]['envelope'];
  const every = (change: (envelope: Envelope) => Envelope) => (signed: SignedImages) => ({
    ...signed,
    signatures: Object.fromEntries(
      Object.entries(signed.signatures).map(([digest, signature]) => [digest, { ...signature, envelope: change(signature.envelope) }]),
    ),
    attestations: signed.attestations.map((item) => ({ ...item, envelope: change(item.envelope) })),
  });
  const withPredicate = (change: (text: string) => string) => (envelope: Envelope) => ({
    ...envelope,
    payload: Buffer.from(change(Buffer.from(envelope.payload, 'base64').toString('utf8'))).toString('base64'),
  });
  const altered: readonly (readonly [string, (envelope: Envelope) => Envelope])[] = [
    ['a byte of the payload', (envelope) => ({ ...envelope, payload: flipped(envelope.payload, 2) })],
    ['a word of the predicate', withPredicate((text) => text.replace(/"predicate":\{/, '"predicate":{"added":1,'))],
    [
      'a byte of the signature',
      ({ signatures, ...rest }) => ({ ...rest, signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: flipped(sig, 40) })) }),
    ],
    ['the type of the payload', (envelope) => ({ ...envelope, payloadType: 'application/json' })],
  ];

  test.each(altered)('%s of an attestation is altered: nothing verifies', async (_what, change) => {
    const image = await published(await newerRegistry(), every(change));
    for (const [, options] of WAYS)
      for (const [type] of TYPES)
        expect(await image.cosign('verify-attestation', ':latest', '--type', type, ...options)).toMatchObject(REFUSED);
    // The signature of the old form is another content.
    expect(await image.cosign('verify', ':latest')).toMatchObject(REFUSED);
    expect(await image.cosign('verify', ':latest', '--new-bundle-format=false')).toMatchObject({ passed: true });
  });

  test.each([
    [
      'a byte of the payload',
      (signature: { payload: string; signature: string }) => ({ ...signature, payload: signature.payload.replace('null', '"x"') }),
    ],
    [
      'a byte of the signature',
      (signature: { payload: string; signature: string }) => ({ ...signature, signature: flipped(signature.signature, 40) }),
    ],
  ])('%s of a signature is altered: it does not verify', async (_what, change) => {
    const image = await published(await newerRegistry(), (signed) => ({
      ...signed,
      signatures: Object.fromEntries(
        Object.entries(signed.signatures).map(([digest, signature]) => [digest, { ...signature, ...change(signature) }]),
      ),
    }));
    expect(await image.cosign('verify', ':latest', '--new-bundle-format=false')).toMatchObject(REFUSED);
  });

  test('what is said of one image is not believed of another', async () => {
    // The statements of an image, found at a digest that they do not name.
    const image = await published(await newerRegistry(), (signed) => {
      const sbom = signed.attestations.find(({ predicateType, subjects }) => predicateType === TYPES[0][1] && subjects.length === 2)!;
      const elsewhere = Object.keys(signed.signatures).find((digest) => !sbom.subjects.includes(digest))!;
      return { ...signed, attestations: [{ ...sbom, subjects: [elsewhere] }] };
    });
    const [first] = image.signed.attestations[0]!.subjects;
    for (const [, options] of WAYS)
      expect(await image.cosign('verify-attestation', `@${first}`, '--type', 'spdxjson', ...options)).toMatchObject(REFUSED);
  });
});
