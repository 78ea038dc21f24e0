import { isMap, isScalar } from 'yaml';
import type { Problem } from '../../domain/result';
import { parseTree, startOf } from '../../domain/spec/tree';

/** What an apko file may not say, because Millrace says it: an image is made of one generation of one set of repositories, on the architectures of the factory. */
const GIVEN: Readonly<Record<string, string>> = {
  repositories: 'Millrace locks against its own repository and those of environment.repositories in millrace.yaml',
  build_repositories: 'Millrace locks against its own repository and those of environment.repositories in millrace.yaml',
  keyring: 'the keys are those of environment.repositories in millrace.yaml',
  baseimage: 'an image is made of packages alone',
};

/** Why an apko file cannot be locked by Millrace, each with its place. What else is wrong with it apko says itself. */
export function apkoProblems(text: string, file: string): readonly Problem[] {
  const parsed = parseTree(text, file, { kind: 'an apko file', starts: 'contents' });
  if (!parsed.ok) return parsed.error;
  const { root, at } = parsed.value;
  const keysOf = (map: unknown) =>
    isMap(map) ? map.items.map(({ key }) => ({ name: isScalar(key) ? String(key.value) : '', at: at(startOf(key)) })) : [];
  return [
    ...keysOf(root)
      .filter(({ name }) => name === 'include' || name === 'archs')
      .map((key) => ({
        message: `\`${key.name}\` cannot stand in the apko file of an image`,
        at: key.at,
        remedy: key.name === 'archs' ? 'leave it out: `architectures` of millrace.yaml says it' : 'write what the included file says',
      })),
    ...keysOf(root.get('contents'))
      .filter(({ name }) => name in GIVEN)
      .map((key) => ({
        message: `\`contents.${key.name}\` cannot stand in the apko file of an image`,
        at: key.at,
        remedy: `leave it out: ${GIVEN[key.name]}`,
      })),
  ];
}
