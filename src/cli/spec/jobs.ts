import { graphPackageOf } from '../../domain/graph/package';
import type { Problem } from '../../domain/result';
import type { SpecArchitecture } from '../../domain/spec/architecture';
import { expandAsFarAsPossible } from '../../domain/spec/expand';
import { lintSpec, type Finding } from '../../domain/spec/lint';
import type { Pipelines } from '../../domain/spec/pipeline';
import { readSpec } from '../../domain/spec/read';
import { readPipelines, type PipelineFile } from './files';
import { graphRowOf, type GraphRow } from './graph-row';

/** What became of one spec on the way to the graph. */
export interface GraphRead {
  readonly row?: GraphRow;
  readonly problems: readonly Problem[];
}

interface Made {
  readonly lint: readonly Finding[];
  readonly graph: GraphRead;
}

/** A job that many specs go through, each for itself. It can be sent to another thread. */
export type Job =
  | { readonly kind: 'lint'; readonly pipelines: readonly PipelineFile[] }
  | { readonly kind: 'graph'; readonly arch: SpecArchitecture; readonly pipelines: readonly PipelineFile[] };

/** What a job makes of one spec. */
export type MadeBy<J extends Job> = Made[J['kind']];

/** A file with what it holds. */
export interface SpecText {
  readonly file: string;
  readonly text: string;
}

/** What the job makes of the specs, in their order. */
export function makeHere<J extends Job>(job: J, specs: readonly SpecText[]): readonly MadeBy<J>[] {
  if (specs.length === 0) return [];
  const { pipelines } = readPipelines(job.pipelines);
  const make = ({ file, text }: SpecText): Made[Job['kind']] =>
    job.kind === 'lint' ? lintSpec(text, file, pipelines) : readPackage(text, file, job.arch, pipelines);
  return specs.map((spec) => make(spec) as MadeBy<J>);
}

function readPackage(text: string, file: string, arch: SpecArchitecture, pipelines: Pipelines): GraphRead {
  const spec = readSpec(text, file);
  if (!spec.ok) return { problems: spec.error };
  const made = expandAsFarAsPossible(spec.value, { arch, pipelines });
  if (!made.ok) return { problems: made.error };
  const { expanded, problems } = made.value;
  return { row: graphRowOf({ package: graphPackageOf(expanded), at: expanded.at }), problems };
}
