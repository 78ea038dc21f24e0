import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { Complaint } from '../../config/complaint';
import { findConfig } from '../../config/load';
import { pairSets, type LockDiff, type PackageChange, type VulnerabilityDiff } from '../../domain/image/diff';
import { safe } from '../../domain/text/safe';
import { sizeText } from '../../domain/text/size';
import { comparedOf, diffJson, pushedSide, type Compared, type Side } from '../../views/image-diff';
import { imageReference, pushedLock, type ImageReference } from '../../views/locked-image';
import { print, printJson } from '../output';
import { withSession, type Session } from '../session';
import { paint, table, terminalStyle, type Style } from '../view/style';
import { lockIn, setName } from './lock';

export function diffCommand(): Command {
  return new Command('diff')
    .summary('what differs between two tags, digests or lock files')
    .description(
      'Tells which packages were added, removed and changed from A to B, by how much their .apk files grew, and which vulnerabilities are fixed by it as the advisories of the published generation say.\nEach side is a tag or digest of an image, or a lock file (see `millrace image lock`). Two files need no millrace.yaml; without one nothing is said of vulnerabilities.',
    )
    .argument('<a>', 'before: NAME:TAG, NAME@sha256:…, or a file')
    .argument('<b>', 'after: the same')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
JSON: {"a": {"named", "digest"?, "release"?, "generation"?}, "b": …, "images": [{"a": {"image", "variant"} | null, "b": … | null,
  "added": [{"name", "to", "architectures", "bytes": {architecture: growth}}], "removed": [{"name", "from", …}], "changed": [{"name", "from", "to", …}],
  "vulnerabilities": {"fixed": [{"package", "id", "fixedIn"}], "back": […]} | null}]}
  "back" are those that an older version has again; null: not known. An image that one side alone has is there with null for the other side, and nothing else.

Examples:
  millrace image diff pigz:2.7 pigz:latest
  millrace image diff before.lock.json after.lock.json --json

Exit codes: 0 compared, whatever differs, 1 unknown image, tag or digest, or a file is no lock, 2 usage or configuration`,
    )
    .action(async (a: string, b: string, options: { readonly json?: boolean }, command: Command) => {
      const named = command.optsWithGlobals<{ config?: string }>().config;
      const references = [a, b].map(referenceIn);
      const alone = references.every((reference) => reference === undefined) && named === undefined && !findConfig(process.cwd()).ok;
      const compare = async (session?: Session) => {
        const before = await sideOf(a, references[0], session);
        const after = await sideOf(b, references[1], session);
        const compared = await Promise.all(pairSets(before.sets, after.sets).map((pair) => comparedOf(pair, session?.published)));
        if (options.json) printJson(diffJson(before, after, compared));
        else print(diffText(terminalStyle(Date.now()), before, after, compared));
      };
      if (alone) await compare();
      else await withSession(command, compare);
    });
}

/** A file that is there is meant before an image of that name. */
function referenceIn(text: string): ImageReference | undefined {
  return existsSync(text) ? undefined : imageReference(text);
}

async function sideOf(named: string, reference: ImageReference | undefined, session: Session | undefined): Promise<Side> {
  if (!reference || !session) {
    if (!existsSync(named))
      throw new Complaint({
        message: `${named} is neither a file nor a tag or digest of an image`,
        remedy: 'write NAME:TAG, NAME@sha256:…, or the path of a lock',
      });
    return { named, sets: lockIn(named).sets };
  }
  const found = await pushedLock(session.store, reference);
  if (!found.ok) throw new Complaint(found.error);
  return pushedSide(named, found.value);
}

function diffText(style: Style, before: Side, after: Side, compared: readonly Compared[]): string {
  const several = compared.length > 1;
  return [
    `${sideText(before)} → ${sideText(after)}`,
    ...compared.map(({ before: from, after: to, diff, vulnerabilities }) => {
      if (!diff) return `${paint(setName((from ?? to)!), style.colours.bold).painted}: only in ${safe(from ? before.named : after.named)}`;
      const title = from!.image === to!.image ? setName(to!) : `${setName(from!)} → ${setName(to!)}`;
      return [...(several ? [paint(title, style.colours.bold).painted] : []), pairText(style, diff, vulnerabilities)].join('\n');
    }),
  ].join('\n\n');
}

function sideText({ named, digest, generation }: Side): string {
  return safe(digest === undefined ? named : `${named} (${digest.slice(0, 19)}, generation ${generation})`);
}

function pairText(style: Style, { added, removed, changed }: LockDiff, vulnerabilities: VulnerabilityDiff | undefined): string {
  const { green, red, yellow } = style.colours;
  const all = [...added, ...removed, ...changed];
  const architectures = new Set(all.flatMap((change) => change.architectures)).size;
  const row = (mark: string, colour: (text: string) => string) => (change: PackageChange) => [
    paint(mark, colour),
    change.name,
    versionsText(change),
    change.architectures
      .map((architecture) => grownText(change, architecture))
      .filter(Boolean)
      .join(' / '),
    change.architectures.length === architectures ? '' : change.architectures.join(' '),
  ];
  const rows = [...added.map(row('+', green)), ...removed.map(row('-', red)), ...changed.map(row('~', yellow))];
  return [
    all.length === 0 ? 'The same packages.' : `${added.length} added, ${removed.length} removed, ${changed.length} changed`,
    ...(rows.length > 0 ? [table(style, ['', 'package', 'version', 'size', 'on'], rows)] : []),
    ...vulnerabilityText(style, vulnerabilities),
  ].join('\n');
}

function versionsText({ from, to }: PackageChange): string {
  if (from === undefined || to === undefined) return from ?? to ?? '';
  return from === to ? `${to}, with other content` : `${from} to ${to}`;
}

function grownText({ bytes }: PackageChange, architecture: string): string {
  const grown = bytes[architecture];
  return grown === undefined ? '' : sizeText(grown, true);
}

function vulnerabilityText({ colours }: Style, vulnerabilities: VulnerabilityDiff | undefined): readonly string[] {
  const lines = (what: string, found: VulnerabilityDiff['fixed'], colour: (text: string) => string) =>
    found.map(({ id, package: origin, fixedIn }) => `${colour(what)} ${safe(`${id} in ${origin}, fixed in ${fixedIn}`)}`);
  if (!vulnerabilities) return [];
  const { fixed, back } = vulnerabilities;
  if (fixed.length + back.length === 0) return ['No vulnerability that the advisories know of is fixed by it.'];
  return ['', ...lines('fixed', fixed, colours.green), ...lines('back', back, colours.red)];
}
