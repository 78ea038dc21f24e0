import type { createRepositoryReader } from '../../src/activities/repository/reader';
import type { Store } from '../../src/activities/store/store';
import type { BuiltVariant, ImageLock, ImageRecord, ImageTags, LastImageLock, RecordedMove } from '../../src/domain/image/image';
import { lockOf } from '../workflows/image-stage';

const IMAGE_YAML = `name: web
package: zlib
variants:
  - config: apko.yaml
  - name: dev
    config: dev.apko.yaml
streams:
  - name: main
    versions: "*"
untested:
  aarch64: no such machine
`;

export const digestOf = (name: string) => `sha256:${Buffer.from(name.padEnd(32, '.')).toString('hex')}`;

/**
 * What three releases of an image `web` leave in the store: of every version of zlib that is published, in the plain variant and in `dev`, which has a package of others too.
 * `moves` adds as many moves of one tag before them.
 */
export async function writeImage(
  store: Store,
  reader: ReturnType<typeof createRepositoryReader>,
  { reason, moves = 0, image = 'web' }: { readonly reason: string; readonly moves?: number; readonly image?: string },
): Promise<void> {
  const versions = await reader.publishedVersions('zlib');
  const spec = await store.putBytes(IMAGE_YAML.replace('web', image));
  const made: RecordedMove[] = Array.from({ length: moves }, (_, index) => ({
    ...{ tag: 'edge', from: digestOf(`edge ${index}`), to: digestOf(`edge ${index + 1}`), release: 'image-release:web-0' },
    ...{ at: new Date(Date.UTC(2025, 0, 1) + index * 3_600_000).toISOString(), reason: `zlib 0.${index}-r0 to 0.${index + 1}-r0` },
  }));
  const tags: Record<string, string> = {};
  let lock: ImageLock | undefined;
  for (const [index, version] of versions.entries()) {
    const records = (await reader.readIndex('x86_64')).filter((record) => record.version === version);
    const packages = (more: readonly object[]) =>
      store.putBytes(
        JSON.stringify({
          version: 'v1',
          contents: {
            packages: [
              ...records.map(({ name, checksum }) => ({
                ...{ name, version, checksum, architecture: 'x86_64' },
                url: `/repository/x86_64/${name}-${version}.apk`,
                signature: { range: 'bytes=0-699', checksum: 'sha1-x' },
                control: { range: 'bytes=700-1000', checksum: 'sha1-x' },
                data: { range: 'bytes=1001-54321', checksum: 'sha256-x' },
              })),
              ...more,
            ],
          },
        }),
      );
    const foreign = {
      ...{ name: 'busybox', version: '1.36-r0', checksum: 'Q1eA==', architecture: 'x86_64' },
      url: '/elsewhere/x86_64/busybox-1.36-r0.apk',
      data: { range: 'bytes=0-400000', checksum: 'sha256-x' },
    };
    const made_ = { at: new Date(Date.UTC(2026, 0, 1 + 20 * index, 10)).toISOString(), release: `image-release:${image}-${index}` };
    const variants = [
      { variant: '', digest: await packages([]), bytes: 2_400_000 + 150_000 * index },
      { variant: 'dev', digest: await packages([foreign]), bytes: 5_100_000 + 90_000 * index },
    ];
    lock = lockOf(`${image} ${index}`, {
      ...{ image, repository: `tools/${image}`, spec, generation: index + 1 },
      variants: variants.map(({ variant, digest }) => ({ variant, digest, config: spec, version, packages: 2 })),
      changes: [reason],
    });
    const built = variants.map(({ variant, bytes }): BuiltVariant => {
      return { variant, digest: digestOf(`${image} ${index} ${variant}`), layout: spec, sboms: {}, bytes };
    });
    for (const { variant, digest } of built)
      for (const tag of ['latest', version.replace(/-r\d+$/, ''), ...(index === 0 ? ['1'] : [])].map((one) =>
        variant === '' ? one : `${one}-${variant}`,
      )) {
        made.push({ tag, to: digest, ...(tags[tag] === undefined ? {} : { from: tags[tag] }), ...made_, reason });
        tags[tag] = digest;
      }
    const record: ImageRecord = {
      ...{ id: made_.release, image, repository: lock.repository, lock, outcome: 'tagged', reason: 'tagged', causes: [], variants: built },
      ...{ verdicts: [], decisions: [], tags: [], startedAt: made_.at, finishedAt: made_.at },
    };
    await store.writeRecord('image', `${record.id}@${made_.at}`, record);
  }
  const all: ImageTags = { image, repository: lock!.repository, tags, moves: made };
  await store.writeRecord('image-tags', image, all);
  const last: LastImageLock = { commit: 'c'.repeat(40), lock: lock!, origins: ['zlib'] };
  await store.writeRecord('image-lock', image, last);
}
