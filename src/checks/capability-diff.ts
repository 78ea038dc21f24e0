import type { ApkEntry } from '../domain/apk/apk';
import type { Capability } from './capability-rules';
import { placeOf, programCapabilities, scriptCapabilities } from './capability-rules';
import type { BuildView, Check, Finding, OpenedApk } from './check';
import { count, fromProblems, perArchitecture } from './check';
import { isElf, readElf } from './elf';

const SCRIPT_NAME = /\.(?:sh|bash|py|pl|pm|rb|lua|js|mjs|tcl|awk)$/;
/** Sourced by shells without being executable. */
const SOURCED = /^etc\/(?:profile\.d|init\.d|conf\.d|cron)/;
const NOT_CODE = /^(?:usr\/share\/(?:doc|man|info|licenses|locale)\/|var\/lib\/db\/sbom\/)/;
const LARGEST_SCRIPT = 1024 * 1024;

function capabilitiesOfFile(entry: ApkEntry, content: Buffer): readonly Capability[] {
  if (isElf(content)) {
    const elf = readElf(content);
    if (elf) return programCapabilities(entry.path, elf, content);
    return [
      { rule: 'malformed', title: 'is a malformed program', kind: 'hook', path: entry.path, evidence: 'its headers point outside of it' },
    ];
  }
  const script = content.toString('latin1', 0, 2) === '#!' || SCRIPT_NAME.test(entry.path) || SOURCED.test(entry.path);
  return script && content.length <= LARGEST_SCRIPT ? scriptCapabilities(entry.path, content.toString('utf8')) : [];
}

async function capabilitiesOf(apk: OpenedApk): Promise<readonly Capability[]> {
  const found: Capability[] = [];
  for (const [name, text] of Object.entries(apk.scripts)) {
    const path = `${apk.info.name}:${name}`;
    found.push(
      { rule: 'install-script', title: 'runs a script at installation', kind: 'hook', path, evidence: name },
      ...scriptCapabilities(path, text),
    );
  }
  const timed = apk.entries.filter((entry) => entry.type !== 'directory' && /^(?:etc\/cron|var\/spool\/cron\/)/.test(entry.path));
  found.push(...timed.map(({ path }): Capability => ({ rule: 'cron', title: 'installs a timed job', kind: 'hook', path, evidence: path })));
  await apk.visit(
    (entry) => !NOT_CODE.test(entry.path),
    (entry, content) => found.push(...capabilitiesOfFile(entry, content)),
  );
  return found;
}

async function ofAll(apks: readonly OpenedApk[]): Promise<readonly Capability[]> {
  const found: Capability[] = [];
  for (const apk of apks) found.push(...(await capabilitiesOf(apk)));
  return found;
}

/** Abilities are compared over the release, the rest file by file. */
const keyOf = ({ kind, rule, path }: Capability) => (kind === 'ability' ? rule : `${rule} ${placeOf(path)}`);
const line = ({ path, title, evidence }: Capability) => `/${path} ${title}: ${evidence}`;

async function ask(build: BuildView): Promise<Finding> {
  const previous = await build.previous();
  const known = new Set((await ofAll(previous)).map(keyOf));
  const found = await ofAll(await build.built());
  const first = previous.length === 0;
  const fresh = found.filter((item) => !known.has(keyOf(item)));
  const wrong = fresh.filter((item) => item.kind === 'obfuscation' || !first);
  const noted = fresh.filter((item) => !wrong.includes(item)).map(line);
  const good = first ? `first release: ${count(found.length, 'capability note')}, no obfuscated code` : 'no new capability';
  return fromProblems(wrong.map(line), good, noted);
}

/** What scripts and programs can do that the version before could not. Rules, not proof: a static program shows only its strings. */
export const capabilityDiffCheck: Check = {
  name: 'capability-diff',
  title: 'New capabilities of the code',
  stage: 'package',
  revision: 1,
  reads: [],
  run: (context) => perArchitecture(context, ask),
};
