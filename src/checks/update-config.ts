import type { Check, CheckContext, Finding } from './check';
import { failed, passed, skipped } from './check';

const UNREACHABLE = ['UpstreamUnreachable'];

async function ask(context: CheckContext): Promise<Finding> {
  const spec = await context.spec();
  if (!spec.ok)
    return failed(
      'the spec cannot be read',
      spec.error.map((problem) => problem.message),
    );
  const { update, file } = spec.value;
  const { version } = context.change;
  if (!update) return failed(`${file}: there is no update block: nobody would hear of the next release`);
  if (!update.enabled) {
    return update.excludeReason?.trim()
      ? skipped(`updates are off: ${update.excludeReason}`)
      : failed(`${file}: update.enabled is false without an exclude-reason`);
  }
  if (update.manual) return skipped('update.manual: a person looks for releases of this upstream');
  const { candidates, found, reason } = await context.update(spec.value);
  const offered = `upstream offers ${candidates.length}: ${candidates
    .slice(-10)
    .map(({ name }) => name)
    .join(', ')}`;
  if (found === undefined) return failed(`the update rules do not find ${version}: ${reason}`, [offered]);
  return passed(`finds ${version} as ${found.name}`, found.link ? [found.link] : []);
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
