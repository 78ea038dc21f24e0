import { parseDocument } from 'yaml';

const PREFIX = 'org.opencontainers.image';

/**
 * The annotations (OCI image specification 1.1, annotations.md) that index, manifests and labels of an image get beside `created`, which apko sets to the time of its newest package. All come
 * from the lock: `revision` is the commit that the main package was built from. What the apko file says itself stays.
 */
export function imageAnnotations(image: {
  readonly title: string;
  readonly version: string;
  /** Empty where the package does not tell. */
  readonly revision: string;
  /** Text of the apko file. */
  readonly config: string;
}): Readonly<Record<string, string>> {
  const { title, version, revision, config } = image;
  const said = parseDocument(config).get('annotations');
  const own = said && typeof said === 'object' && 'has' in said ? (said as { has(key: string): boolean }) : undefined;
  const ours = { title, version, ...(/^[0-9a-f]{7,64}$/.test(revision) ? { revision } : {}) };
  return Object.fromEntries(
    Object.entries(ours)
      .map(([name, value]) => [`${PREFIX}.${name}`, value] as const)
      .filter(([name]) => !own?.has(name)),
  );
}
