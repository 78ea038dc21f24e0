import { Command } from 'commander';
import { Complaint } from '../../config/complaint';
import { readLockFile, type LockFile, type LockPackage, type LockSet } from '../../domain/image/lock';
import { sizeText } from '../../domain/text/size';
import { print, printJson } from '../output';
import { readText } from '../spec/files';
import { paint, table, terminalStyle, type Style } from '../view/style';

/** Of one package, over all architectures that have it in one version. */
interface Row {
  readonly name: string;
  readonly version: string;
  readonly architectures: readonly string[];
}

export function lockCommand(): Command {
  return new Command('lock')
    .summary('what a lock file holds')
    .description(
      'Shows the packages of a lock: what `apko lock` wrote, or apko configurations with every version pinned (locked_config.json of Chainguard).\nNeeds neither a millrace.yaml nor a running factory.',
    )
    .argument('<file>', 'lock')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
JSON: {"file", "form": "apko" | "resolved", "images": [{"image", "variant", "architectures", "packages": [{"name", "version", "architecture", "url"?, "checksum"?, "bytes"?}]}]}

Exit codes: 0 shown, 1 the file is no lock that can be read, 2 usage`,
    )
    .action((file: string, options: { readonly json?: boolean }) => {
      const lock = lockIn(file);
      if (options.json) printJson(lockJson(file, lock));
      else print(lock.sets.map((set) => setText(terminalStyle(Date.now()), set, lock.form)).join('\n\n'));
    });
}

/** The lock in a file. Throws a `Complaint` with all its defects. */
export function lockIn(file: string): LockFile {
  const read = readLockFile(readText(file, 'lock'), file);
  if (!read.ok) throw new Complaint(read.error);
  return read.value;
}

/** What a set of a lock is called. */
export function setName({ image, variant }: Pick<LockSet, 'image' | 'variant'>): string {
  return [image, variant].filter((part) => part !== '').join(' ') || 'image';
}

function lockJson(file: string, { form, sets }: LockFile) {
  const images = sets.map(({ image, variant, packages }) => ({ image, variant, architectures: architecturesOf(packages), packages }));
  return { file, form, images };
}

function setText(style: Style, set: LockSet, form: LockFile['form']): string {
  const { packages } = set;
  const architectures = architecturesOf(packages);
  const rows = rowsOf(packages);
  const names = new Set(packages.map(({ name }) => name)).size;
  const sizes = architectures.flatMap((architecture) => {
    const of = packages.filter((item) => item.architecture === architecture);
    if (of.some(({ bytes }) => bytes === undefined)) return [];
    return [`${architecture} ${sizeText(of.reduce((sum, item) => sum + item.bytes!, 0))}`];
  });
  return [
    paint(setName(set), style.colours.bold).painted,
    [
      `${form === 'apko' ? 'apko lock' : 'resolved configuration'}, ${names} ${names === 1 ? 'package' : 'packages'}`,
      architectures.join(' and '),
      ...(sizes.length ? [`packed ${sizes.join(', ')}`] : []),
    ]
      .filter((part) => part !== '')
      .join('; '),
    table(
      style,
      ['package', 'version', 'on'],
      rows.map((row) => [row.name, row.version, row.architectures.length === architectures.length ? '' : row.architectures.join(' ')]),
    ),
  ].join('\n');
}

function rowsOf(packages: readonly LockPackage[]): readonly Row[] {
  const rows = new Map<string, { name: string; version: string; architectures: string[] }>();
  for (const { name, version, architecture } of packages) {
    const key = `${name} ${version}`;
    const row = rows.get(key) ?? { name, version, architectures: [] };
    rows.set(key, row);
    row.architectures.push(architecture);
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function architecturesOf(packages: readonly LockPackage[]): readonly string[] {
  return [...new Set(packages.map(({ architecture }) => architecture))].sort();
}
