import { changedPackages } from '../domain/change/files';
import type { Cause } from '../domain/release/release';
import type { Spec } from '../domain/spec/spec';
import { chooseVersion } from '../domain/update/choose';
import type { Hint } from '../workflows/messages';
import type { GenericPayload, PushPayload } from './payloads';

/** A hint for a package, or why an event is none for it. */
export interface Hinted {
  readonly package: string;
  readonly hint: Hint;
}

/**
 * A hint whose id comes from what it says, so that a webhook sent four times is one hint. The cause is the one that the watch would name: a release that runs because of either knows
 * the other as a repetition. The hint's own id differs from the watch's: one that came before upstream's listing showed the release must not silence the watch.
 */
function fromWebhook(name: string, cause: Cause): Hinted {
  return { package: name, hint: { id: `webhook:${cause.id}`, cause } };
}

/** The hint of an upstream's tag or release, or why the update rules of the spec make it none. */
export function tagHint(
  spec: Spec,
  tag: string,
  seen: { readonly at: string; readonly link?: string },
): Hinted | { readonly ignored: string } {
  const name = spec.name.value;
  const decision = chooseVersion(spec, [{ name: tag }]);
  const judged = decision.trace[0];
  if (!judged?.version) return { ignored: judged ? `${name}: ${judged.rule}` : `${name}: ${decision.reason}` };
  return fromWebhook(name, {
    id: `upstream:${name}:${judged.version}`,
    kind: 'upstream-release',
    text: `${name} ${judged.version} was released`,
    at: seen.at,
    ...(seen.link ? { link: seen.link } : {}),
  });
}

/** A hint for each package that a push to the spec repository touches; a removed spec counts. */
export function pushHints(push: PushPayload, directory: string, at: string): readonly Hinted[] {
  const files = push.commits.flatMap((commit) => [...commit.added, ...commit.modified, ...commit.removed]);
  const by = push.pusher?.name;
  return changedPackages(files, directory).map((name) =>
    fromWebhook(name, {
      id: `spec:${name}:${push.after}`,
      kind: 'spec-change',
      text: `${by ?? 'someone'} pushed ${push.after.slice(0, 12)}`,
      at,
      ...(by ? { by } : {}),
      ...(push.compare ? { link: push.compare } : {}),
    }),
  );
}

/** The hint of a sender that knows Millrace's names. Without a version it only says "look"; then those of one minute are one. */
export function genericHint(payload: GenericPayload, at: string): Hinted {
  const { package: name, version, reason } = payload;
  return fromWebhook(name, {
    id: version === undefined ? `look:${name}:${at.slice(0, 16)}` : `upstream:${name}:${version}`,
    kind: 'upstream-release',
    text: reason ?? (version === undefined ? `a webhook asks to look at ${name}` : `${name} ${version} was released`),
    at,
  });
}
