import { createHash } from 'node:crypto';
import type { Candidate } from '../../../domain/update/candidate';
import type { Finished } from '../../process';
import type { Store } from '../../store/store';
import { lasting, passing } from '../failures';
import { classifyRemoteFailure, complaintOf, runGit } from '../git-command';
import { shownUrl } from '../http';
import { recallAnswer, rememberAnswer } from '../last-answer';
import type { UpstreamSource } from '../source';

const MOST_BYTES = 8 * 1024 * 1024;
const TAGS = 'refs/tags/';
const PEELED = '^{}';
const LINE = /^([0-9a-f]{40}|[0-9a-f]{64})\t(.+)$/;

/** Reads the tags of a git repository (`git ls-remote`): a candidate is a tag, with the commit that it leads to (an annotated tag is peeled). */
export function createGitSource(deps: { readonly store: Store; readonly timeoutSeconds: number }): UpstreamSource<'git'> {
  return {
    kind: 'git',
    async candidates({ repository }) {
      const shown = shownUrl(repository);
      const finished = await runGit(['ls-remote', '--tags', '--', repository], { timeoutSeconds: deps.timeoutSeconds });
      if (finished.code !== 0) throw failureOf(finished, shown);
      if (Buffer.byteLength(finished.stdout) > MOST_BYTES)
        throw lasting('UpstreamMalformed', `the tags of ${shown} take more than ${MOST_BYTES} bytes; watch this package another way`);
      const candidates = parseTags(finished.stdout, repository);

      const key = { kind: 'git', address: repository };
      const last = await recallAnswer<LastTags>(deps.store, key);
      const current: LastTags = { repository, sha256: createHash('sha256').update(finished.stdout).digest('hex') };
      await rememberAnswer(deps.store, key, last, current);
      return { candidates, unchanged: last?.sha256 === current.sha256 };
    },
  };
}

interface LastTags {
  readonly repository: string;
  readonly sha256: string;
}

function parseTags(output: string, repository: string): readonly Candidate[] {
  const commits = new Map<string, string>();
  for (const line of output.split('\n')) {
    if (line === '') continue;
    const [, commit, ref] = LINE.exec(line) ?? [];
    if (commit === undefined || ref === undefined || !ref.startsWith(TAGS))
      throw lasting('UpstreamMalformed', `${shownUrl(repository)} lists ${JSON.stringify(line.slice(0, 200))} among its tags`);
    // The peeled line of an annotated tag follows the tag's own.
    commits.set(ref.endsWith(PEELED) ? ref.slice(TAGS.length, -PEELED.length) : ref.slice(TAGS.length), commit);
  }
  return [...commits].map(([name, commit]) => ({ name, commit, link: shownUrl(repository) }));
}

function failureOf(finished: Finished, shown: string) {
  const complaint = complaintOf(finished);
  const kind = classifyRemoteFailure(finished);
  if (kind === 'missing')
    return lasting('UpstreamGone', `${shown} is gone or private (${complaint}); write the new repository into the spec`);
  if (kind === 'not-git')
    return lasting('UpstreamMalformed', `${shown} is not a git repository (${complaint}); correct its address in the spec`);
  return passing('UpstreamUnreachable', `${shown}: ${complaint}`);
}
