import { parseDependency, type Dependency } from '../../domain/apk/dependency';
import type { GraphPackage, Provided, Wanted } from '../../domain/graph/package';
import type { Position } from '../../domain/result';

/** A package of the graph, and where its name is written. */
export interface PlacedPackage {
  readonly package: GraphPackage;
  readonly at: Position;
}

/** A placed package as it is kept between runs: without what follows from the rest, and in few values, because reading thousands of them is most of a run that changes nothing. */
export type GraphRow = readonly [
  name: string,
  version: string,
  file: string,
  line: number,
  column: number,
  provides: readonly (string | number)[],
  build: readonly (string | number)[],
  /** JSON of its own, read only where the graph has edges of run time. */
  runtime: string,
];

/** Stands for the version of the package, which most names are provided in. No version is spelt so. */
const SAME = '=';

/** Stands for the file of the spec, which most dependencies are written in. */
const HERE = '';

export function graphRowOf({ package: { name, version, provides, build, runtime }, at: { file, line, column } }: PlacedPackage): GraphRow {
  const wants = (wanted: readonly Wanted[]) =>
    wanted.flatMap(({ atom, within, at }) => [atom, within, at!.line, at!.column, at!.file === file ? HERE : at!.file]);
  const names = provides.flatMap((one) => [one.name, one.version === version ? SAME : one.version, one.priority, one.own ? 1 : 0]);
  return [name, version, file, line, column, names, wants(build), JSON.stringify(wants(runtime))];
}

/** Reads rows back. Atoms are read once each: thousands of specs want the same. */
export function graphRowReader(): (row: GraphRow) => PlacedPackage {
  const atoms = new Map<string, Dependency>();
  const dependency = (atom: string): Dependency => {
    const known = atoms.get(atom);
    if (known) return known;
    const parsed = parseDependency(atom)!;
    atoms.set(atom, parsed);
    return parsed;
  };
  const wantedOf = (flat: readonly (string | number)[], here: string): readonly Wanted[] => {
    const wanted: Wanted[] = [];
    for (let index = 0; index < flat.length; index += 5) {
      const atom = flat[index] as string;
      const { name, bound, version: limit } = dependency(atom);
      const file = flat[index + 4] as string;
      const at = { file: file === HERE ? here : file, line: flat[index + 2] as number, column: flat[index + 3] as number };
      wanted.push({ atom, name, bound, limit, at, within: flat[index + 1] as string });
    }
    return wanted;
  };
  return ([name, version, file, line, column, names, build, runtime]) => {
    let atRunTime: readonly Wanted[] | undefined;
    return {
      at: { file, line, column },
      package: {
        name,
        version,
        provides: providedOf(names, version),
        build: wantedOf(build, file),
        get runtime() {
          return (atRunTime ??= wantedOf(JSON.parse(runtime) as readonly (string | number)[], file));
        },
      },
    };
  };
}

function providedOf(flat: readonly (string | number)[], own: string): readonly Provided[] {
  const provided: Provided[] = [];
  for (let index = 0; index < flat.length; index += 4) {
    const version = flat[index + 1] as string;
    provided.push({
      name: flat[index] as string,
      version: version === SAME ? own : version,
      priority: flat[index + 2] as number,
      own: flat[index + 3] === 1,
    });
  }
  return provided;
}
