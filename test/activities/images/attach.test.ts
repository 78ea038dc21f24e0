import { readFile } from 'node:fs/promises';
import { attach } from '../../../src/activities/images/attach';
import { createImagePublisherActivities } from '../../../src/activities/images/publisher';
import { createRegistry, OCI } from '../../../src/activities/registry/registry';
import type { SignedImages } from '../../../src/activities/signing/image-signer';
import { memoryRegistry } from '../registry/memory-registry';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';
import { imageAtTheGate } from '../signing/signed-image';

/** Where signatures and attestations lie. That cosign finds them there: test/long/cosign.test.ts. */
type Before = NonNullable<Parameters<typeof memoryRegistry>[0]>;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});
afterAll(removeTemporaryFolders);

/** One for all tests: where it is pushed is not what they are about. */
let made: ReturnType<typeof makeSigned> | undefined;
async function makeSigned() {
  const image = await imageAtTheGate('registry.example');
  const { signatures } = await image.signer.signImages({ gate: await image.store.writeRecord('image-gate', 'a', image.gate) });
  return { image, signed: JSON.parse(await readFile(await image.store.object(signatures), 'utf8')) as SignedImages };
}

async function pushed(before?: Before) {
  const server = await memoryRegistry(before);
  closing.push(server.close);
  const registry = createRegistry({ url: server.url });
  const { image, signed } = await (made ??= makeSigned());
  const { store, built } = image;
  await createImagePublisherActivities({ store, registry, work: temporaryFolder(), clock: () => new Date() }).pushImage(image);
  const subject = (await registry.readManifest('demo/hello', built.digest))!;
  const tag = built.digest.replace(':', '-');
  const read = async (reference: string) =>
    JSON.parse((await registry.readManifest('demo/hello', reference))!.bytes.toString()) as {
      readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly annotations: Record<string, string> }[];
      readonly manifests: readonly { readonly digest: string; readonly artifactType?: string }[];
    };
  const writes = () => server.asked.splice(0).filter((line) => !/^(GET|HEAD) /.test(line));
  writes();
  return { ...server, registry, signed, subject, tag, read, writes, attach: () => attach(registry, 'demo/hello', subject, signed) };
}

/** As a registry that is older than the specification 1.1. */
const withoutReferrers: Before = (request, response) => {
  if (!request.url!.includes('/referrers/')) return false;
  request.resume();
  response.writeHead(404).end();
  return true;
};

test('what is there already is not pushed again', async () => {
  for (const before of [undefined, withoutReferrers]) {
    const place = await pushed(before);
    await place.attach();
    expect(place.writes().length).toBeGreaterThan(0);
    await place.attach();
    expect(place.writes()).toEqual([]);
  }
});

test('the list of referrers is the registry’s, or a tag', async () => {
  const newer = await pushed();
  await newer.attach();
  expect(await newer.registry.readManifest('demo/hello', newer.tag)).toBeUndefined();
  expect((await newer.registry.readReferrers('demo/hello', newer.subject.digest)).manifests).toHaveLength(5);

  const older = await pushed(withoutReferrers);
  await older.attach();
  const { manifests } = await older.read(older.tag);
  expect(new Set(manifests.map(({ artifactType }) => artifactType))).toEqual(new Set(['application/vnd.dev.sigstore.bundle.v0.3+json']));
  expect(manifests).toHaveLength(5);
});

test('what others put beside ours stays', async () => {
  const place = await pushed(withoutReferrers);
  await place.attach();
  const { layers } = await place.read(`${place.tag}.sig`);
  const theirs = { ...layers[0]!, annotations: { 'dev.cosignproject.cosign/signature': 'another' } };
  const manifest = { schemaVersion: 2, mediaType: OCI.manifest, layers: [theirs] };
  await place.registry.pushManifest('demo/hello', `${place.tag}.sig`, OCI.manifest, Buffer.from(JSON.stringify(manifest)));
  const other = { mediaType: OCI.manifest, digest: place.subject.digest, size: 1, artifactType: 'text/plain' };
  const list = { schemaVersion: 2, mediaType: OCI.index, manifests: [other] };
  await place.registry.pushManifest('demo/hello', place.tag, OCI.index, Buffer.from(JSON.stringify(list)));
  await place.attach();
  expect((await place.read(`${place.tag}.sig`)).layers).toEqual([theirs, layers[0]]);
  expect((await place.read(place.tag)).manifests[0]).toEqual(other);
  expect((await place.read(place.tag)).manifests).toHaveLength(6);
});

test('cut off at any request, it is seen through by the next attempt, and is as if nothing had happened', async () => {
  const whole = await pushed(withoutReferrers);
  await whole.attach();
  const wanted = [...whole.manifests.keys()].filter((key) => key.includes(':sha256-')).length;
  const requests = whole.asked.length;
  for (let at = 0; at < requests; at++) {
    let left = Infinity;
    const place = await pushed((request, response) => {
      if (left-- === 0) {
        if (at % 2 === 0) request.destroy();
        else response.writeHead(503).end();
        return true;
      }
      return withoutReferrers(request, response);
    });
    left = at;
    await expect(place.attach()).rejects.toMatchObject({ name: 'RegistryUnavailable' });
    // A tag of something that is not there is never seen.
    for (const key of place.manifests.keys())
      if (/\.(sig|att)$/.test(key))
        for (const { digest } of (await place.read(key.split(':').slice(1).join(':'))).layers) expect(place.blobs.has(digest)).toBe(true);
    await place.attach();
    expect([...place.manifests.keys()].filter((key) => key.includes(':sha256-'))).toHaveLength(wanted);
    const kept = (await place.read(place.tag)).manifests.map(({ digest }) => digest);
    expect(new Set(kept).size).toBe(kept.length);
    expect(kept).toHaveLength(5);
    await place.close();
  }
});
