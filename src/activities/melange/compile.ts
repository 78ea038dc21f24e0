import { dirname, join } from 'node:path';
import { readCompiledSpec } from '../../domain/build/compiled-spec';
import type { CompiledSpec } from '../../domain/build/compiled-spec';
import { bare, classifyFailure } from '../../domain/build/failure';
import { isSafePath } from '../../domain/change/files';
import type { SpecSnapshot } from '../../domain/release/release';
import { fail, formatProblem } from '../../domain/result';
import type { Result } from '../../domain/result';
import { materialise } from '../change/snapshot';
import type { Store } from '../store/store';
import { infrastructure } from './infrastructure';
import { runInSandbox } from './sandbox';
import type { Tools } from './tools';

/** Writes the spec into the attempt's folder at its path in the spec repository, and has melange expand it. Fails in melange's words. */
export async function compile(
  tools: Tools,
  snapshot: SpecSnapshot,
  architecture: string,
  store: Store,
  folder: string,
): Promise<Result<CompiledSpec, string>> {
  if (!isSafePath(snapshot.path)) return fail(`${snapshot.path} is no path of a spec`);
  await materialise(snapshot, store, join(folder, 'spec', dirname(snapshot.path)));
  const finished = await runInSandbox(
    tools,
    [
      'melange',
      'compile',
      `spec/${snapshot.path}`,
      '--arch',
      architecture,
      '--git-commit',
      snapshot.commit,
      '--git-repo-url',
      'https://unused/unused',
      '--log-level',
      'error',
    ],
    { folder, readOnly: ['spec'], timeoutSeconds: 60 },
  );
  if (finished.code !== 0) {
    const failure = classifyFailure({ lines: finished.stderr.split('\n'), timedOut: finished.timedOut, timeoutSeconds: 60, kind: 'build' });
    const last = bare(finished.stderr.trim().split('\n').at(-1) ?? '');
    if (failure.class === 'infrastructure' && !/failed to compile|unable to|load/.test(last)) throw infrastructure(failure.summary);
    return fail(`${snapshot.path} does not compile: ${last}`);
  }
  const compiled = readCompiledSpec(finished.stdout);
  return compiled.ok ? compiled : fail(formatProblem(compiled.error));
}
