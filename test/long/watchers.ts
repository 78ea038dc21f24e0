import type { ClusterClient } from '../../src/activities/kubernetes/cluster-client';
import { EXPIRES, MANAGED, TEST } from '../../src/domain/kubernetes/run';

/** Something that is looked at again and again, whatever else happens, until it is stopped. */
export interface Watch<T> {
  readonly seen: ReadonlyMap<string, T>;
  /** How often it was looked, and how often nobody answered. */
  readonly looks: { answered: number; failed: number };
  stop(): Promise<void>;
}

function watch<T>(everyMs: number, look: (seen: Map<string, T>) => Promise<void>): Watch<T> {
  const seen = new Map<string, T>();
  const looks = { answered: 0, failed: 0 };
  let on = true;
  const run = async () => {
    while (on) {
      const started = Date.now();
      // The registry and the API server are killed too.
      await look(seen).then(
        () => looks.answered++,
        () => looks.failed++,
      );
      await new Promise((done) => setTimeout(done, Math.max(0, everyMs - (Date.now() - started))));
    }
  };
  const running = run();
  return {
    seen,
    looks,
    stop: async () => {
      on = false;
      await running;
    },
  };
}

export interface SeenTag {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** Milliseconds since 1970 of the first look that saw it, before it asked. */
  readonly at: number;
}

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Every digest that a tag of these repositories is seen to point to, with the moment. Signatures have tags of their own, which start with `sha256-`. */
export function watchTags(registry: string, repositories: readonly string[]): Watch<SeenTag> {
  const tagsOf = async (repository: string, seen: Map<string, SeenTag>) => {
    const listed = await fetch(`${registry}/v2/${repository}/tags/list`);
    if (listed.status === 404) return;
    const { tags } = (await listed.json()) as { readonly tags: readonly string[] | null };
    for (const tag of (tags ?? []).filter((name) => !name.startsWith('sha256-'))) {
      const at = Date.now();
      const answer = await fetch(`${registry}/v2/${repository}/manifests/${tag}`, { method: 'HEAD', headers: { accept: INDEX } });
      const digest = answer.headers.get('docker-content-digest');
      const key = `${repository}:${tag} ${digest ?? ''}`;
      if (answer.ok && digest && !seen.has(key)) seen.set(key, { repository, tag, digest, at });
    }
  };
  return watch(100, async (seen) => {
    await Promise.all(repositories.map((repository) => tagsOf(repository, seen)));
  });
}

export interface SeenTest {
  /** `<suite>/<test>, attempt <n>` as the namespace says. */
  readonly test: string;
  /** The image by digest. */
  readonly image: string;
  /** Of every pod of the test's Job that was ever seen. */
  readonly job: Set<string>;
  /** Of every pod of what it tests. */
  readonly tested: Set<string>;
  running: boolean;
}

/** The namespaces of tests on the cluster, with the pods that run in them. */
export function watchTests(cluster: ClusterClient): Watch<SeenTest> {
  return watch(200, async (seen) => {
    for (const { name, annotations } of await cluster.namespaces(MANAGED)) {
      // A namespace that comes again under its name is another one.
      const key = `${name} ${annotations[EXPIRES] ?? ''}`;
      const { 'millrace.dev/test': test = '', 'millrace.dev/image': image = '' } = annotations;
      const known = seen.get(key) ?? { test, image, job: new Set<string>(), tested: new Set<string>(), running: false };
      seen.set(key, known);
      for (const { metadata, status } of await cluster.pods(name, `millrace.dev/part=${TEST}`)) {
        if (metadata?.uid) known.job.add(metadata.uid);
        known.running ||= status?.phase === 'Running';
      }
      for (const { metadata } of await cluster.pods(name, `millrace.dev/part!=${TEST}`)) if (metadata?.uid) known.tested.add(metadata.uid);
    }
  });
}
