import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuiltVariant, ImageGateRecord, ImageLock, ImageTags, RecordedMove } from '../../domain/image/image';
import { tagsOf } from '../../domain/image/stream';
import type { ImagePublisherActivities } from '../contract';
import { openAttempt } from '../melange/attempt';
import { OCI, RegistryRefused, RegistryUnavailable } from '../registry/registry';
import type { Registry } from '../registry/registry';
import { GateRefused } from '../signing/gate-record';
import { readImageGate } from '../signing/image-gate';
import type { ImageSignatures } from '../signing/image-signer';
import type { Store } from '../store/store';
import { LayoutBroken, unpackLayout } from './layout';
import { imageSpecOf } from './read-locked';
import { pushSignature } from './signature-manifest';

export interface ImagePublisherDeps {
  readonly store: Store;
  readonly registry: Registry;
  readonly work: string;
  readonly clock: () => Date;
}

const KEPT_MOVES = 500;
const REASON_CHANGES = 3;

/** The only writer of the registry. Digests are pushed before they are tested; tags move last, and only to what a gate record names. Throws `GateRefused`, `RegistryRefused`, `RegistryUnavailable`. */
export function createImagePublisherActivities(deps: ImagePublisherDeps): ImagePublisherActivities {
  const { store, registry } = deps;

  const pushImage: ImagePublisherActivities['pushImage'] = async ({ lock, built }) => {
    const { repository } = lock;
    if ((await registry.readManifest(repository, built.digest)) !== undefined) return;
    const attempt = await openAttempt(join(deps.work, 'images', `push-${lock.image}`));
    try {
      const layout = await unpackLayout(await store.object(built.layout), join(attempt.folder, 'layout'));
      if (layout.digest !== built.digest)
        throw new LayoutBroken(`the layout of ${lock.image} is one of ${layout.digest}, not ${built.digest}`);
      for (const { config, layers, manifest } of layout.images) {
        for (const blob of [...layers, config]) await registry.pushBlob(repository, blob.digest, blob.file);
        await registry.pushManifest(repository, manifest.digest, manifest.mediaType, await readFile(manifest.file));
      }
      // Last: whoever finds the index finds all that it names.
      await registry.pushManifest(repository, layout.digest, OCI.index, layout.index);
    } finally {
      await attempt.remove();
    }
  };

  /** Where the tags are to be moved; those that are there already are left out. */
  const plan = async (gate: ImageGateRecord, lock: ImageLock): Promise<readonly RecordedMove[]> => {
    const spec = await imageSpecOf(store, lock);
    const at = deps.clock().toISOString();
    const shown = lock.changes.slice(0, REASON_CHANGES).join(', ') || 'first image';
    const reason = lock.changes.length > REASON_CHANGES ? `${shown} and ${lock.changes.length - REASON_CHANGES} more` : shown;
    const moves: RecordedMove[] = [];
    for (const { variant, digest } of gate.variants) {
      const { version } = lock.variants.find((locked) => locked.variant === variant)!;
      const tagging = tagsOf(spec, variant, version, at.slice(0, 10));
      for (const tag of 'tags' in tagging ? tagging.tags : []) {
        const from = (await registry.readManifest(gate.repository, tag))?.digest;
        if (from !== digest) moves.push({ tag, ...(from === undefined ? {} : { from }), to: digest, at, release: gate.release, reason });
      }
    }
    return moves;
  };

  const moveTags: ImagePublisherActivities['moveTags'] = async ({ lock, gate: gateDigest, signatures }) => {
    const gate = await readImageGate(await store.object(gateDigest), `gate record ${gateDigest}`);
    const { image, release, repository } = gate;
    if (lock.key !== gate.lock.key || lock.image !== image)
      throw new GateRefused(
        `gate record ${gateDigest} is one of image ${image} with the lock ${gate.lock.key}, not of ${lock.image} with ${lock.key}`,
      );
    const signed = JSON.parse(await readFile(await store.object(signatures), 'utf8')) as ImageSignatures;
    const indexes = await Promise.all(gate.variants.map((variant) => indexOf(variant, repository)));
    for (const { digest } of gate.variants) {
      const signature = signed[digest];
      if (!signature) throw new GateRefused(`${digest} of image ${image} is not signed: sign what gate record ${gateDigest} names`);
      await pushSignature(registry, repository, digest, signature);
    }
    const before = (await store.readRecord<ImageTags>('image-tags', image)) ?? { image, repository, tags: {}, moves: [] };
    const made = before.moves.filter((move) => move.release === release);
    // What an attempt that was cut off began is seen through as it was recorded: where a tag pointed before cannot be read any more.
    const resumed = before.begun?.every((move) => move.release === release && indexes.some(({ digest }) => digest === move.to))
      ? before.begun
      : undefined;
    const moves = resumed ?? (await plan(gate, gate.lock));
    if (moves.length === 0) return made.map(bare);
    const { begun: _, ...settled } = before;
    await store.writeRecord('image-tags', image, { ...settled, begun: moves } satisfies ImageTags);
    for (const { tag, to } of moves)
      await registry.pushManifest(repository, tag, OCI.index, indexes.find(({ digest }) => digest === to)!.bytes);
    await store.writeRecord('image-tags', image, {
      ...settled,
      repository,
      tags: { ...before.tags, ...Object.fromEntries(moves.map(({ tag, to }) => [tag, to])) },
      moves: [...before.moves, ...moves].slice(-KEPT_MOVES),
    } satisfies ImageTags);
    return [...made, ...moves].map(bare);
  };

  const indexOf = async ({ digest }: BuiltVariant, repository: string) => {
    const manifest = await registry.readManifest(repository, digest);
    if (!manifest)
      throw new RegistryUnavailable(`${repository}@${digest} is not in the registry: it was deleted after the push; push it again`);
    if (manifest.mediaType !== OCI.index) throw new RegistryRefused(`${repository}@${digest} is ${manifest.mediaType}, not an image index`);
    return manifest;
  };

  return { pushImage, moveTags };
}

function bare({ tag, from, to }: RecordedMove) {
  return { tag, ...(from === undefined ? {} : { from }), to };
}
