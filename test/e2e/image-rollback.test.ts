import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createImagePublisherActivities } from '../../src/activities/images/publisher';
import { createRegistry, OCI } from '../../src/activities/registry/registry';
import { createFolderStore } from '../../src/activities/store/folder-store';
import type { Config } from '../../src/config/config';
import { freePorts } from '../../src/demo/free-ports';
import type { ImageLock, ImageTags, RecordedMove } from '../../src/domain/image/image';
import type { ImageRollback } from '../../src/domain/image/order';
import { registryServer } from '../../src/workers/registry-server';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';

/** Tags go back in a real docker-registry, also when the publisher is killed in the middle. */
const REPOSITORY = 'demo/web';
const TAGS = ['latest', '1'];
const NOW = new Date('2026-03-09T00:00:00Z');

let url: string;
let stopRegistry: () => void;

beforeAll(async () => {
  const [port] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  const child = registryServer({
    state: temporaryFolder(),
    images: { directory: 'images', registry: url, localRegistry: true },
  } as unknown as Config);
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', child.command, ...child.args], { stdio: 'ignore' });
  stopRegistry = () => server.kill('SIGKILL');
  await child.probe!(AbortSignal.timeout(20_000));
});
afterAll(() => {
  stopRegistry();
  removeTemporaryFolders();
});

const keyOf = (name: string) => `sha256:${createHash('sha256').update(name).digest('hex')}` as const;

/** Three releases, a to c, each of which moved both tags; the last one also made the tag 2. */
async function installation() {
  const folder = temporaryFolder();
  const store = createFolderStore(folder);
  const registry = createRegistry({ url });
  const digests: Record<string, string> = {};
  const moves: RecordedMove[] = [];
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI.index, manifests: [], annotations: { name, folder } }));
    const to = await registry.pushManifest(REPOSITORY, keyOfBytes(bytes), OCI.index, bytes);
    digests[name] = to;
    const release = `image-release:web-${name}`;
    const at = `2026-03-0${index + 1}T00:00:00.000Z`;
    for (const tag of [...TAGS, ...(name === 'c' ? ['2'] : [])]) {
      await registry.pushManifest(REPOSITORY, tag, OCI.index, bytes);
      moves.push({ tag, to, at, release, reason: `${name} changed` });
    }
    const lock = { image: 'web', key: keyOf(name), generation: index + 1 } as ImageLock;
    await store.writeRecord('image', `${release}@${at}`, { id: release, lock });
  }
  const tags = Object.fromEntries(moves.map(({ tag, to }) => [tag, to]));
  await store.writeRecord('image-tags', 'web', { image: 'web', repository: REPOSITORY, tags, moves } satisfies ImageTags);
  const read = async () => (await store.readRecord<ImageTags>('image-tags', 'web'))!;
  const points = async () =>
    Object.fromEntries(await Promise.all([...TAGS, '2'].map(async (tag) => [tag, (await registry.readManifest(REPOSITORY, tag))?.digest])));
  const publisher = createImagePublisherActivities({ store, registry, work: temporaryFolder(), clock: () => NOW });
  return { folder, store, registry, digests, read, points, ...publisher };
}

const keyOfBytes = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function rollback(to: string, tags = TAGS): ImageRollback {
  const moves = tags.map((tag) => ({ tag, to }));
  return { id: `rollback:web@${to}`, by: 'ann', reason: 'segfaults', at: NOW.toISOString(), moves };
}

test('tags go back with name and reason, once, and what they went back over is told', async () => {
  const { digests, read, points, rollBackTags } = await installation();
  const { a, c } = digests as Record<'a' | 'c', string>;
  const done = await rollBackTags({ image: 'web', rollback: rollback(a) });
  expect(done).toEqual({
    moves: TAGS.map((tag) => ({ tag, from: c, to: a })),
    lock: { image: 'web', key: keyOf('a'), generation: 1 },
    over: [
      { key: keyOf('c'), generation: 3 },
      { key: keyOf('b'), generation: 2 },
    ],
  });
  expect(await points()).toEqual({ latest: a, 1: a, 2: c });
  const record = await read();
  expect(record.tags).toEqual(await points());
  expect(record.moves.slice(-2)).toMatchObject(
    TAGS.map((tag) => ({ tag, from: c, to: a, release: 'image-release:web-a', reason: 'segfaults', rollback: { by: 'ann' } })),
  );
  // The answer was lost: it is given again, and nothing moves.
  expect(await rollBackTags({ image: 'web', rollback: rollback(a) })).toEqual(done);
  expect(await read()).toEqual(record);
});

test('never to what was not tagged, and not to what was deleted: nothing moves at all', async () => {
  const { digests, registry, read, points, rollBackTags, store } = await installation();
  const { b, c } = digests as Record<'b' | 'c', string>;
  const before = await read();
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI.index, manifests: [], annotations: { name: 'untested' } }));
  const untested = await registry.pushManifest(REPOSITORY, keyOfBytes(bytes), OCI.index, bytes);
  await expect(rollBackTags({ image: 'web', rollback: rollback(untested) })).rejects.toMatchObject({
    name: 'GateRefused',
    message: expect.stringContaining(`latest never pointed to ${untested}; it can go back to ${b} (tagged 2026-03-02)`),
  });
  // Allowed for one tag, and not for the other.
  await expect(rollBackTags({ image: 'web', rollback: rollback(b, ['latest', '2']) })).rejects.toMatchObject({ name: 'GateRefused' });
  const gone = keyOf('deleted');
  const moves = [{ tag: 'latest', to: gone, at: '2026-03-01T00:00:00.000Z', release: 'image-release:web-z', reason: 'r' }, ...before.moves];
  await store.writeRecord('image-tags', 'web', { ...before, moves });
  await expect(rollBackTags({ image: 'web', rollback: rollback(gone, ['latest']) })).rejects.toMatchObject({
    name: 'GateRefused',
    message: `${REPOSITORY}@${gone} is not in the registry any more: roll back to another digest`,
  });
  await expect(rollBackTags({ image: 'other', rollback: rollback(b) })).rejects.toThrow('no tag of other was ever moved');
  expect(await points()).toEqual({ latest: c, 1: c, 2: c });
  expect((await read()).begun).toBeUndefined();
});

/** Before the registry, a door that never answers the request to move one tag. */
async function stuckAt(tag: string) {
  let reached: () => void;
  const stuck = new Promise<void>((resolve) => (reached = resolve));
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'PUT' && incoming.url!.endsWith(`/manifests/${tag}`)) return reached();
    const target = request(`${url}${incoming.url}`, { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(target);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stuck, close };
}

/** A publisher in a process of its own is killed when it has moved the first of two tags. */
async function killedInTheMiddle(folder: string, order: ImageRollback): Promise<void> {
  const door = await stuckAt(TAGS[1]!);
  const script = `
    const { createImagePublisherActivities } = require('./src/activities/images/publisher');
    const { createRegistry } = require('./src/activities/registry/registry');
    const { createFolderStore } = require('./src/activities/store/folder-store');
    const deps = { store: createFolderStore(${JSON.stringify(folder)}), registry: createRegistry({ url: ${JSON.stringify(door.url)} }), work: '', clock: () => new Date(${NOW.getTime()}) };
    createImagePublisherActivities(deps).rollBackTags({ image: 'web', rollback: ${JSON.stringify(order)} });`;
  const worker = spawn(process.execPath, ['--require', './test/e2e/typescript-hook.js', '--eval', script], { stdio: 'inherit' });
  const ended = new Promise((resolve) => worker.once('exit', (_code, signal) => resolve(signal)));
  await Promise.race([door.stuck, ended]);
  worker.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  await door.close();
}

test('a publisher killed between two tags: the next attempt sees through what was begun', async () => {
  const { folder, digests, read, points, rollBackTags } = await installation();
  const { b, c } = digests as Record<'b' | 'c', string>;
  const order = rollback(b);
  await killedInTheMiddle(folder, order);
  expect(await points()).toEqual({ latest: b, 1: c, 2: c });
  expect((await read()).begun).toHaveLength(2);
  const done = await rollBackTags({ image: 'web', rollback: order });
  expect(done.moves).toEqual(TAGS.map((tag) => ({ tag, from: c, to: b })));
  expect(done.over).toEqual([{ key: keyOf('c'), generation: 3 }]);
  expect(await points()).toEqual({ latest: b, 1: b, 2: c });
  const record = await read();
  expect(record.begun).toBeUndefined();
  expect(record.tags).toEqual(await points());
  expect(record.moves.filter((move) => move.rollback)).toHaveLength(2);
});

test('what another order began and left is recorded as far as it happened, and not gone on with', async () => {
  const { folder, digests, read, points, rollBackTags } = await installation();
  const { a, b, c } = digests as Record<'a' | 'b' | 'c', string>;
  await killedInTheMiddle(folder, rollback(b));
  await rollBackTags({ image: 'web', rollback: rollback(a, ['latest']) });
  expect(await points()).toEqual({ latest: a, 1: c, 2: c });
  const record = await read();
  expect(record.tags).toEqual(await points());
  expect(record.moves.filter((move) => move.rollback).map(({ tag, from, to }) => [tag, from, to])).toEqual([
    ['latest', c, b],
    ['latest', b, a],
  ]);
});
