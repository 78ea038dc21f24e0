import type { ImageLock } from './image';

type Files = Pick<ImageLock, 'spec' | 'suites'> & { readonly variants: readonly { readonly variant: string; readonly config: string }[] };

/** Which of an image's own files differ between two locks, one line each. */
export function fileChanges(before: Files, now: Files): readonly string[] {
  return [
    ...(before.spec === now.spec ? [] : ['image.yaml changed']),
    ...changed(
      byName(before.variants, configOf),
      byName(now.variants, configOf),
      (name) => `the configuration ${name ? `of ${name} ` : ''}changed`,
    ),
    ...changed(byName(before.suites, suiteOf), byName(now.suites, suiteOf), (name) => `the suite ${name} changed`),
  ];
}

const configOf = ({ variant, config }: Files['variants'][number]): readonly [string, string] => [variant, config];
const suiteOf = ({ name, file, manifests = {} }: Files['suites'][number]): readonly [string, string] => [
  name,
  [file, ...Object.entries(manifests).flat()].join(' '),
];

const byName = <T>(list: readonly T[], entry: (item: T) => readonly [string, string]) => new Map(list.map(entry));

function changed(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>, line: (name: string) => string): readonly string[] {
  const names = [...new Set([...before.keys(), ...now.keys()])].sort();
  return names.filter((name) => before.get(name) !== now.get(name)).map(line);
}
