import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FetchedSource } from '../domain/release/release';
import { formatProblem } from '../domain/result';
import type { SourceReference } from '../domain/spec/spec';
import type { Check, CheckContext } from './check';
import { count, fromProblems } from './check';

async function digestsOf(path: string): Promise<{ readonly sha256: string; readonly sha512: string }> {
  const sha256 = createHash('sha256');
  const sha512 = createHash('sha512');
  for await (const chunk of createReadStream(path)) {
    sha256.update(chunk as Buffer);
    sha512.update(chunk as Buffer);
  }
  return { sha256: sha256.digest('hex'), sha512: sha512.digest('hex') };
}

async function problemsOfSource(context: CheckContext, source: FetchedSource): Promise<readonly string[]> {
  const path = await context.source(source);
  if (path === undefined) return [`${source.uri}: ${source.object} is not in the artifact store`];
  const { sha256, sha512 } = await digestsOf(path);
  if (sha256 !== source.sha256 || sha512 !== source.sha512)
    return [`${source.uri}: the stored file has sha256 ${sha256}, not ${source.sha256} as fetched`];
  const inspected = await context.inspect(source);
  return inspected.ok ? [] : [`${source.uri}: ${inspected.error}`];
}

function problemsOfReference(reference: SourceReference, sources: readonly FetchedSource[]): readonly string[] {
  const { file, line, column } = reference.at;
  const place = `${file}:${line}:${column}`;
  const uri = reference.kind === 'fetch' ? reference.uri : reference.repository;
  const source = sources.find((item) => item.uri === uri);
  if (!source) return [`${place}: ${uri} was not fetched`];
  if (reference.kind === 'git-checkout') {
    const fetched = [source.commit, ...Object.values(source.git?.refs ?? {})];
    return reference.commit === undefined || fetched.includes(reference.commit)
      ? []
      : [`${place}: ${uri} was fetched at ${source.commit ?? 'an unknown commit'}, the spec expects ${reference.commit}`];
  }
  return [
    ...(reference.sha256 !== undefined && reference.sha256 !== source.sha256
      ? [`${place}: ${uri} has sha256 ${source.sha256}, the spec expects ${reference.sha256}`]
      : []),
    ...(reference.sha512 !== undefined && reference.sha512 !== source.sha512
      ? [`${place}: ${uri} has sha512 ${source.sha512}, the spec expects ${reference.sha512}`]
      : []),
  ];
}

/** What the build will see is what the spec expects: hashed again from the store, each archive looked through again. */
export const sourcesVerifiedCheck: Check = {
  name: 'sources-verified',
  title: 'Sources are what the spec expects',
  stage: 'change',
  revision: 1,
  reads: [],
  async run(context) {
    const references = await context.sourceReferences();
    if (!references.ok) return fromProblems(references.error.map(formatProblem), '');
    const { sources } = context.change;
    const stored: string[] = [];
    for (const source of sources) stored.push(...(await problemsOfSource(context, source)));
    const problems = [...references.value.flatMap((reference) => problemsOfReference(reference, sources)), ...stored];
    const good = sources.length === 0 ? 'the spec has no sources' : `${count(sources.length, 'source')} verified`;
    return fromProblems(
      problems,
      good,
      sources.map((source) => `${source.uri}: sha256 ${source.sha256}, ${source.bytes} bytes`),
    );
  },
};
