import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { pullImage } from '../activities/containers/podman';
import type { ContainerReport } from '../activities/containers/podman';
import { statePaths } from '../config/config';
import type { Config } from '../config/config';

const INDEX = 'application/vnd.oci.image.index.v1+json';
/** Signatures have tags too, named after the digest that they are of. */
const SIGNATURE = /^sha256-/;

/** What anybody can see of the image `xml-tools`: the registry by its protocol, and podman. The registry's own files tell what was, in which order nobody else remembers it. */
export function lookAtImage(config: Config) {
  const name = 'xml-tools';
  const registry = config.images?.registry ?? '';
  const manifests = path.join(statePaths(config.state).registry, 'data/docker/registry/v2/repositories', name, '_manifests');
  const listed = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

  /** Digest by tag; empty before the first push. */
  const tags = async (): Promise<Readonly<Record<string, string>>> => {
    const answer = await fetch(`${registry}/v2/${name}/tags/list`);
    if (!answer.ok) return {};
    const { tags: names } = (await answer.json()) as { tags: readonly string[] | null };
    const entries = (names ?? [])
      .filter((tag) => !SIGNATURE.test(tag))
      .sort()
      .map(async (tag) => {
        const manifest = await fetch(`${registry}/v2/${name}/manifests/${tag}`, { method: 'HEAD', headers: { accept: INDEX } });
        return [tag, manifest.headers.get('docker-content-digest') ?? ''] as const;
      });
    return Object.fromEntries(await Promise.all(entries));
  };

  return {
    tags,
    /** Digests (hex) that were pushed: images, what they consist of, and signatures. */
    pushed: (): readonly string[] => listed(path.join(manifests, 'revisions/sha256')),
    /** Digests (hex) that a tag has ever pointed to. */
    pointedTo: (tag: string): readonly string[] => listed(path.join(manifests, 'tags', tag, 'index/sha256')),
    /** Runs an image by its digest with these arguments. */
    run: async (digest: string, ...args: readonly string[]): Promise<ContainerReport> => {
      const folder = await mkdtemp(path.join(config.state, 'podman-'));
      try {
        const reference = `${new URL(registry).host}/${name}@${digest}`;
        const image = await pullImage({ reference, architecture: 'amd64', plain: true, folder });
        return await image.run({ arguments: args, network: false, timeoutSeconds: 30 });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
