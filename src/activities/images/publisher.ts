import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuiltVariant, ImageGateRecord, ImageLock, ImageRecord, ImageTags, RecordedMove } from '../../domain/image/image';
import { rollbackObjection, rolledBackReleases } from '../../domain/image/rollback';
import { endOfLifeText, streamsOfTags, tagsOf } from '../../domain/image/stream';
import type { Digest } from '../../domain/digest';
import type { ImagePublisherActivities } from '../contract';
import { openAttempt } from '../melange/attempt';
import { OCI, RegistryRefused, RegistryUnavailable } from '../registry/registry';
import type { Registry } from '../registry/registry';
import { GateRefused } from '../signing/gate-record';
import { readImageGate } from '../signing/image-gate';
import type { SignedImages } from '../signing/image-signer';
import type { Store } from '../store/store';
import { attach } from './attach';
import { LayoutBroken, platformsOf, unpackLayout } from './layout';
import { imageSpecOf } from './read-locked';

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

  /** What the rules of image.yaml say of every variant today. */
  const taggingsOf = async (gate: ImageGateRecord) => {
    const spec = await imageSpecOf(store, gate.lock);
    const today = deps.clock().toISOString().slice(0, 10);
    const taggings = gate.variants.map(({ variant, digest }) => {
      const { version } = gate.lock.variants.find((locked) => locked.variant === variant)!;
      return { digest, tagging: tagsOf(spec, variant, version, today) };
    });
    const said = taggings.flatMap(({ tagging }) => {
      if ('none' in tagging) return [tagging.none];
      const endOfLife = spec.streams.find(({ name }) => name === tagging.stream)?.endOfLife;
      return (endOfLife !== undefined && endOfLifeText(tagging.stream, endOfLife, today)) || [];
    });
    return { spec, taggings, said: [...new Set(said)] };
  };

  /** Where the tags are to be moved; those that are there already are left out. */
  const plan = async (
    gate: ImageGateRecord,
    gateDigest: Digest,
    taggings: Awaited<ReturnType<typeof taggingsOf>>['taggings'],
  ): Promise<readonly RecordedMove[]> => {
    const { changes } = gate.lock;
    const at = deps.clock().toISOString();
    const shown = changes.slice(0, REASON_CHANGES).join(', ') || 'first image';
    const reason = changes.length > REASON_CHANGES ? `${shown} and ${changes.length - REASON_CHANGES} more` : shown;
    const moves: RecordedMove[] = [];
    for (const { digest, tagging } of taggings) {
      for (const tag of 'tags' in tagging ? tagging.tags : []) {
        const from = (await registry.readManifest(gate.repository, tag))?.digest;
        if (from === digest) continue;
        moves.push({ tag, ...(from === undefined ? {} : { from }), to: digest, at, release: gate.release, reason, gate: gateDigest });
      }
    }
    return moves;
  };

  /** What another began and did not see through: the moves that happened are recorded, the others are not made any more. */
  const seenThrough = async (read: ImageTags, own: (move: RecordedMove) => boolean): Promise<ImageTags> => {
    const { begun = [], ...rest } = read;
    if (begun.length === 0) return rest;
    if (begun.every(own)) return read;
    const happened: RecordedMove[] = [];
    for (const move of begun) if ((await registry.readManifest(read.repository, move.tag))?.digest === move.to) happened.push(move);
    return withMoves(rest, happened);
  };

  /** Begun in the record, made in the registry, settled in the record: a crash in between is seen through by the next attempt. */
  const make = async (before: ImageTags, moves: readonly RecordedMove[], bytesOf: (digest: string) => Buffer): Promise<void> => {
    const { image, repository } = before;
    const { begun: _, ...settled } = before;
    await store.writeRecord('image-tags', image, { ...settled, begun: moves } satisfies ImageTags);
    for (const { tag, to } of moves) await registry.pushManifest(repository, tag, OCI.index, bytesOf(to));
    await store.writeRecord('image-tags', image, withMoves(settled, moves));
  };

  const moveTags: ImagePublisherActivities['moveTags'] = async ({ lock, gate: gateDigest, signatures }) => {
    const gate = await readImageGate(await store.object(gateDigest), `gate record ${gateDigest}`);
    const { image, repository } = gate;
    if (lock.key !== gate.lock.key || lock.image !== image)
      throw new GateRefused(
        `gate record ${gateDigest} is one of image ${image} with the lock ${gate.lock.key}, not of ${lock.image} with ${lock.key}`,
      );
    const signed = JSON.parse(await readFile(await store.object(signatures), 'utf8')) as SignedImages;
    const indexes = await Promise.all(gate.variants.map((variant) => indexOf(variant, repository)));
    for (const index of indexes) {
      const platforms = [...platformsOf(index.bytes).values()].map((digest) => manifestOf(digest, repository));
      for (const subject of [...(await Promise.all(platforms)), index]) {
        if (!signed.signatures[subject.digest])
          throw new GateRefused(`${subject.digest} of image ${image} is not signed: sign what gate record ${gateDigest} names`);
        await attach(registry, repository, subject, signed);
      }
    }
    const own = (move: RecordedMove) => move.gate === gateDigest;
    const read = (await store.readRecord<ImageTags>('image-tags', image)) ?? { image, repository, tags: {}, moves: [] };
    const recorded = await seenThrough(read, own);
    const { spec, taggings, said } = await taggingsOf(gate);
    const before: ImageTags = {
      ...recorded,
      repository,
      // Tags of a path in the registry that image.yaml has left are not its tags any more.
      tags: recorded.repository === repository ? recorded.tags : {},
      streams: streamsOfTags(
        recorded.streams ?? {},
        taggings.map(({ tagging }) => tagging),
        spec,
      ),
    };
    const made = before.moves.filter(own);
    // What an attempt that was cut off began is seen through as it was recorded: where a tag pointed before cannot be read any more.
    const moves = before.begun ?? (made.length > 0 ? [] : await plan(gate, gateDigest, taggings));
    await make(before, moves, (digest) => indexes.find((index) => index.digest === digest)!.bytes);
    return { tags: [...made, ...moves].map(bare), said };
  };

  const rollBackTags: ImagePublisherActivities['rollBackTags'] = async ({ image, rollback }) => {
    const { id, by, reason, moves: targets } = rollback;
    const own = (move: RecordedMove) => move.rollback?.id === id;
    const read = await store.readRecord<ImageTags>('image-tags', image);
    if (!read) throw new GateRefused(`no tag of ${image} was ever moved: there is nothing to go back to`);
    const before = await seenThrough(read, own);
    const earlier = before.moves.filter((move) => !own(move));
    const releaseOf = ({ tag, to }: { readonly tag: string; readonly to: string }) =>
      earlier.findLast((move) => move.tag === tag && move.to === to)?.release ?? '';
    const made = before.moves.filter(own);
    if (made.length === 0) {
      const objections = targets.flatMap((target) => rollbackObjection(before, target) ?? []);
      if (objections.length > 0) throw new GateRefused(`${image} cannot be rolled back: ${objections.join('; ')}`);
      const bytes = new Map<string, Buffer>();
      for (const { to } of targets) bytes.set(to, await stillThere(before.repository, to));
      const moves: RecordedMove[] = [];
      const at = deps.clock().toISOString();
      for (const { tag, to } of before.begun ? [] : targets) {
        const from = (await registry.readManifest(before.repository, tag))?.digest;
        const pointed = from === undefined ? {} : { from };
        if (from !== to) moves.push({ tag, ...pointed, to, at, release: releaseOf({ tag, to }), reason, rollback: { id, by } });
      }
      made.push(...(before.begun ?? moves));
      await make(before, made, (digest) => bytes.get(digest)!);
    }
    const lock = await lockOf(releaseOf(targets[0]!));
    const over = await Promise.all(rolledBackReleases({ ...before, moves: earlier }, targets).map(lockOf));
    return {
      moves: made.map(bare),
      ...(lock ? { lock } : {}),
      over: over.flatMap((known) => (known ? [{ key: known.key, generation: known.generation }] : [])),
    };
  };

  /** Nothing moves to what was deleted from the registry: waiting would not bring it back. */
  const stillThere = async (repository: string, digest: string): Promise<Buffer> => {
    const manifest = await registry.readManifest(repository, digest);
    if (manifest) return manifest.bytes;
    throw new GateRefused(`${repository}@${digest} is not in the registry any more: roll back to another digest`);
  };

  /** By the record of a release; undefined where it is gone. */
  const lockOf = async (release: string): Promise<ImageLock | undefined> => {
    const name = (await store.listRecords('image')).findLast((known) => known.startsWith(`${release}@`));
    return name === undefined ? undefined : (await store.readRecord<ImageRecord>('image', name))?.lock;
  };

  const manifestOf = async (digest: string, repository: string) => {
    const manifest = await registry.readManifest(repository, digest);
    if (manifest) return manifest;
    throw new RegistryUnavailable(`${repository}@${digest} is not in the registry: it was deleted after the push; push it again`);
  };

  const indexOf = async ({ digest }: BuiltVariant, repository: string) => {
    const manifest = await manifestOf(digest, repository);
    if (manifest.mediaType !== OCI.index) throw new RegistryRefused(`${repository}@${digest} is ${manifest.mediaType}, not an image index`);
    return manifest;
  };

  return { pushImage, moveTags, rollBackTags };
}

function withMoves(before: ImageTags, moves: readonly RecordedMove[]): ImageTags {
  return {
    ...before,
    tags: { ...before.tags, ...Object.fromEntries(moves.map(({ tag, to }) => [tag, to])) },
    moves: [...before.moves, ...moves].slice(-KEPT_MOVES),
  };
}

function bare({ tag, from, to }: RecordedMove) {
  return { tag, ...(from === undefined ? {} : { from }), to };
}
