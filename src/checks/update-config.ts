import { formatProblem } from '../domain/result';
import { chooseVersion } from '../domain/update/choose';
import { upstreamOf } from '../domain/update/upstream';
import type { Check, CheckContext, Finding } from './check';
import { count, failed, fromProblems, passed, skipped } from './check';

const SHOWN = 20;
const UNREACHABLE = ['UpstreamUnreachable'];

async function ask(context: CheckContext): Promise<Finding> {
  const spec = await context.spec();
  if (!spec.ok) return fromProblems(spec.error.map(formatProblem), '');
  const { update, file } = spec.value;
  const { version } = context.change;
  if (!update) return failed(`${file}: there is no update block: nobody would hear of the next release`);
  if (!update.enabled) {
    return update.excludeReason?.trim()
      ? skipped(`updates are off: ${update.excludeReason}`)
      : failed(`${file}: update.enabled is false without an exclude-reason`);
  }
  if (update.manual) return skipped('update.manual: a person looks for releases of this upstream');
  const upstream = upstreamOf(spec.value);
  if (!upstream.ok) return failed(formatProblem(upstream.error));
  const candidates = await context.offered(upstream.value);
  const { trace, retagged } = chooseVersion(spec.value, candidates);
  if (retagged) return failed(`upstream moved the tag ${retagged.name}: it was ${retagged.was} and is ${retagged.is}`);
  const found = trace.find((verdict) => verdict.version === version);
  // A newer one that appeared meanwhile is for the next release: this version is found all the same.
  if (found)
    return passed(
      `finds ${version} as ${found.name}`,
      trace.filter(({ kept }) => kept).map(({ name }) => `newer: ${name}`),
    );
  const shown = trace.slice(-SHOWN).map(({ name, version: read, rule }) => `${name}: ${read ? `version ${read}` : rule}`);
  return failed(`the update rules do not find ${version} among ${count(candidates.length, 'candidate')} of upstream`, shown);
}

/** The update rules of the spec find exactly this version among what upstream offers: else the next release would be missed as well. */
export const updateConfigCheck: Check = {
  name: 'update-config',
  title: 'Update rules find this version',
  stage: 'change',
  revision: 1,
  reads: ['upstream'],
  async run(context) {
    try {
      return await ask(context);
    } catch (error) {
      const { type, message } = error as { readonly type?: unknown; readonly message: string };
      if (typeof type !== 'string' || !UNREACHABLE.includes(type)) throw error;
      return failed(message, [], { class: 'infrastructure' });
    }
  },
};
