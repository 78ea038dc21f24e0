import type { Cause } from '../release/release';

/** What the message of an update commit is made from. */
export interface UpdateMessage {
  readonly package: string;
  /** `version-rN` before and after. */
  readonly from: string;
  readonly to: string;
  readonly version: string;
  readonly homepage?: string;
  /** Where the release was seen. */
  readonly link?: string;
  readonly sources: readonly { readonly uri: string; readonly digest: string }[];
  readonly causes: readonly Cause[];
  readonly droppedPatches: readonly string[];
  /** What a person should look at, one line each. */
  readonly attention: readonly string[];
}

/** The first line of an update commit, the one form of the field: `zlib/1.3.1 package update`. */
export function updateTitle(name: string, version: string): string {
  return `${name}/${version} package update`;
}

/** Message of an update commit. Texts of upstreams and webhooks are put on one line each, so that they cannot forge other lines. */
export function updateMessage(message: UpdateMessage): string {
  const lines = [
    `Version: ${message.from} -> ${message.to}`,
    ...(message.homepage ? [`Project: ${oneLine(message.homepage)}`] : []),
    ...(message.link ? [`Release: ${oneLine(message.link)}`] : []),
    ...message.sources.flatMap((source) => [`Source: ${oneLine(source.uri)}`, `  ${oneLine(source.digest)}`]),
    ...message.causes.map((cause) => `Cause: ${oneLine(causeText(cause))}`),
    ...message.droppedPatches.map((file) => `Dropped: ${oneLine(file)} (the new source already contains it)`),
    ...message.attention.map((line) => `Attention: ${oneLine(line)}`),
  ];
  return `${oneLine(updateTitle(message.package, message.version))}\n\n${lines.join('\n')}\n`;
}

/** The first line of a commit that raises the epoch alone: `libxslt/1.1.43-r1: rebuilt: libxml2 2.15.4-r0 removed libxml2.so.2`. */
export function rebuildTitle(name: string, full: string, causes: readonly Cause[]): string {
  return oneLine(`${name}/${full}: rebuilt: ${rebuildReason(causes)}`);
}

/** Why a package is rebuilt, in one line, as it stands behind the epoch in the spec. */
export function rebuildReason(causes: readonly Cause[]): string {
  const orders = causes.filter((cause) => cause.kind === 'rebuild');
  const [first, ...more] = (orders.length > 0 ? orders : causes).map((cause) => cause.text);
  return oneLine(`${first ?? 'no cause given'}${more.length > 0 ? ` and ${more.length} more` : ''}`);
}

/** Message of a commit that raises the epoch alone. */
export function rebuildMessage(message: Pick<UpdateMessage, 'package' | 'from' | 'to' | 'causes'>): string {
  const lines = [`Version: ${message.from} -> ${message.to}`, ...message.causes.map((cause) => `Cause: ${oneLine(causeText(cause))}`)];
  return `${rebuildTitle(message.package, message.to, message.causes)}\n\n${lines.join('\n')}\n`;
}

/** Message of the merge commit of a change that could not be fast-forwarded. */
export function mergeMessage(title: string, branch: string | undefined): string {
  return `Merge ${oneLine(title)}\n${branch ? `\nBranch: ${oneLine(branch)}\n` : ''}`;
}

function causeText(cause: Cause): string {
  const link = cause.link && !cause.text.includes(cause.link) ? ` (${cause.link})` : '';
  return `${cause.text}${cause.by ? `, by ${cause.by}` : ''}${link}`;
}

function oneLine(text: string): string {
  const line = text.replace(/[\s\0-\x1f\x7f\u2028\u2029]+/g, ' ').trim();
  return line.length > 400 ? `${line.slice(0, 399)}…` : line;
}
