import type { Config } from '../../config/config';
import { changeBranch } from '../../domain/change/branch';
import { belongsTo, packageFolder, specPath } from '../../domain/change/files';
import { mergeMessage, rebuildMessage, rebuildReason, rebuildTitle, updateMessage, updateTitle } from '../../domain/change/message';
import type { Problem, Result } from '../../domain/result';
import type { Change, FetchedSource, ReleaseInput } from '../../domain/release/release';
import { bumpEpoch, bumpVersion, dropPatch } from '../../domain/spec/edit';
import { patchesOf } from '../../domain/spec/patches';
import { sourcesOf } from '../../domain/spec/sources';
import type { SourceReference, Spec } from '../../domain/spec/spec';
import { compareVersionTexts, fullVersion } from '../../domain/version/version';
import type { ControlActivities } from '../contract';
import type { Forge } from '../forge/forge';
import { lasting } from '../sources/failures';
import type { Store } from '../store/store';
import { takeSnapshot } from './snapshot';
import { formatProblems, specAt, type SpecFile } from './spec-at';

export interface ChangeDependencies {
  readonly forge: Forge;
  readonly store: Store;
  readonly fetcher: { fetch(reference: SourceReference): Promise<FetchedSource> };
  readonly patchState: (archive: string, patch: string, work: string) => Promise<'applies' | 'contained' | 'neither'>;
  readonly specs: Pick<Config['specs'], 'branch' | 'directory'>;
  /** Folder for what a patch is tried in. */
  readonly work: string;
  readonly clock: () => Date;
}

export type ChangeActivities = Pick<ControlActivities, 'prepareChange' | 'adoptPatch' | 'mergeChange' | 'closeChange' | 'reportChange'>;

/**
 * Changes of the spec repository: proposed on a branch, taken over from people, merged. Failures that a person must answer are not retried:
 * `PackageUnknown`, `SpecUnreadable`, `NothingToChange`, `Conflict`, and those of the fetcher.
 */
export function createChangeActivities(deps: ChangeDependencies): ChangeActivities {
  const { forge, store, fetcher, clock } = deps;
  const { branch: main, directory } = deps.specs;

  const readable = async (name: string, commit: string): Promise<SpecFile> => {
    const found = await specAt(forge, directory, name, commit);
    if (!found) throw lasting('PackageUnknown', `${forge.url} has no ${specPath(directory, name)} at ${short(commit)}`);
    if (!('spec' in found)) throw unreadable(found);
    return found;
  };

  /** Each source once, in the order of the spec. */
  const fetchAll = async (references: readonly SourceReference[]): Promise<readonly FetchedSource[]> => {
    const fetched: FetchedSource[] = [];
    for (const reference of references) fetched.push(await fetcher.fetch(reference));
    return fetched;
  };

  /** The sources of a spec that pins them, verified. */
  const fetchPinned = (spec: Spec) => fetchAll(pinned(distinct(expect(sourcesOf(spec)))));

  const snapshotOf = async (name: string, commit: string) => {
    const snapshot = await takeSnapshot({ forge, store, directory }, name, commit);
    if (!snapshot) throw lasting('PackageUnknown', `${forge.url} has no ${specPath(directory, name)} at ${short(commit)}`);
    return snapshot;
  };

  /** What main already says. Its commit is the last one that touched the package, so that the same files are the same build whatever else is merged. */
  const asOnMain = async (name: string, head: string, { spec }: SpecFile): Promise<Change> => {
    const commit = (await forge.lastTouched(head, [specPath(directory, name), packageFolder(directory, name)])) ?? head;
    const sources = await fetchPinned(spec);
    return {
      base: commit,
      commit,
      snapshot: await snapshotOf(name, commit),
      version: spec.version.value,
      epoch: spec.epoch.value,
      sources,
      droppedPatches: [],
      summary: `${name} ${full(spec)} as on ${main}`,
    };
  };

  /** Drops from the spec the patches that a source contains, and says what is doubtful about the others. */
  const settlePatches = async (name: string, commit: string, file: SpecFile, text: string, sources: readonly FetchedSource[]) => {
    const settled = { text, dropped: [] as string[], attention: [] as string[] };
    const carried = new Set(patchesOf(file.spec).flatMap((patch) => (patch.kind === 'patch' ? [patch.file] : [])));
    for (const patch of carried) {
      const content = await forge.read(commit, `${packageFolder(directory, name)}/${patch}`);
      if (!content) {
        settled.attention.push(`${patch} is named by the spec and missing in ${packageFolder(directory, name)}`);
        continue;
      }
      const patchFile = await store.object(await store.putBytes(content));
      const states: string[] = [];
      for (const source of sources) states.push(await deps.patchState(await store.object(source.object), patchFile, deps.work));
      if (states.includes('applies')) continue;
      if (!states.includes('contained')) {
        settled.attention.push(`${patch} neither applies to the new source by itself nor is contained in it`);
        continue;
      }
      const without = dropPatch(settled.text, file.path, patch);
      if (!without.ok) {
        settled.attention.push(`${patch} is contained in the new source but could not be dropped: ${formatProblems(without.error)}`);
        continue;
      }
      settled.text = without.value;
      settled.dropped.push(patch);
    }
    return settled;
  };

  const bump = async (release: ReleaseInput, base: string, file: SpecFile): Promise<Change> => {
    const name = release.package;
    const references = distinct(expect(sourcesOf(file.spec, { version: release.version })));
    pinned(references);
    const sources = await fetchAll(references.map((reference) => (reference.versioned ? atNewVersion(reference, release) : reference)));
    const found = new Map(references.map((reference, index) => [keyOf(reference), sources[index]!]));
    const digests = (reference: SourceReference) => found.get(keyOf(reference));
    const bumped = expect(bumpVersion(file.text, file.path, { version: release.version, digests }));
    const patched = await settlePatches(name, base, file, bumped, sources);
    const branch = changeBranch(name, release.version, release.epoch);
    const message = updateMessage({
      package: name,
      version: release.version,
      from: full(file.spec),
      to: fullVersion(release.version, release.epoch),
      ...(file.spec.url ? { homepage: file.spec.url } : {}),
      ...(release.candidate?.link ? { link: release.candidate.link } : {}),
      sources: sources.map((source) => ({
        uri: source.uri,
        digest: source.commit ? `commit ${source.commit}` : `sha256:${source.sha256}`,
      })),
      causes: release.causes,
      droppedPatches: patched.dropped,
      attention: patched.attention,
    });
    const files: Record<string, string | null> = { [file.path]: patched.text };
    for (const patch of patched.dropped) files[`${packageFolder(directory, name)}/${patch}`] = null;
    const { commit } = await forge.propose({ branch, base, files, message, date: dateOf(release, clock) });
    const { spec } = await readable(name, commit);
    if (!says(spec, release)) {
      throw lasting(
        'Conflict',
        `the change of ${name} makes ${full(spec)}, and ${fullVersion(release.version, release.epoch)} was asked for`,
      );
    }
    return {
      branch,
      base,
      commit,
      snapshot: await snapshotOf(name, commit),
      version: release.version,
      epoch: release.epoch,
      sources,
      droppedPatches: patched.dropped,
      summary: updateTitle(name, release.version),
    };
  };

  /** The epoch raised, with the reason behind it; sources and patches stay as the spec pins them. */
  const rebuild = async (release: ReleaseInput, base: string, file: SpecFile): Promise<Change> => {
    const { package: name, version, epoch, causes } = release;
    const sources = await fetchPinned(file.spec);
    const raised = expect(bumpEpoch(file.text, file.path, { epoch, reason: `rebuilt: ${rebuildReason(causes)}` }));
    const branch = changeBranch(name, version, epoch);
    const to = fullVersion(version, epoch);
    const message = rebuildMessage({ package: name, from: full(file.spec), to, causes });
    const { commit } = await forge.propose({ branch, base, files: { [file.path]: raised }, message, date: dateOf(release, clock) });
    const snapshot = await snapshotOf(name, commit);
    return { branch, base, commit, snapshot, version, epoch, sources, droppedPatches: [], summary: rebuildTitle(name, to, causes) };
  };

  return {
    prepareChange: async ({ release }) => {
      const base = await forge.head(main);
      const file = await readable(release.package, base);
      if (says(file.spec, release)) return asOnMain(release.package, base, file);
      const asked = fullVersion(release.version, release.epoch);
      const found = `${main} says ${release.package} ${full(file.spec)}`;
      const raises = release.change === 'rebuild' && says(file.spec, { version: release.version, epoch: release.epoch - 1 });
      if (raises) return rebuild(release, base, file);
      if (release.change !== 'bump') {
        throw lasting(
          'Conflict',
          `${found}, ${release.change === 'none' ? `no longer ${asked}` : `from which no rebuild leads to ${asked}`}: reject this release, or set the spec back`,
        );
      }
      const order = compareVersionTexts(release.version, file.spec.version.value);
      if (!order.ok) throw unreadable([{ ...order.error, at: file.spec.version.at }]);
      if (order.value <= 0) throw lasting('NothingToChange', `${found}, and ${release.version} is not newer: reject this release`);
      return bump(release, base, file);
    },

    adoptPatch: async ({ change, commit }) => {
      const name = change.snapshot.package;
      if (!change.branch) {
        throw lasting('Conflict', `${change.summary}: there is no branch to patch; commit to ${main}, then answer with retry`);
      }
      if (!(await forge.descends(commit, change.base))) {
        const remedy = `push it to ${forge.url} on top of ${change.branch}: git push ${forge.url} HEAD:${change.branch}`;
        throw lasting('Conflict', `${short(commit)} is not in ${forge.url} or does not descend from ${short(change.base)} (${remedy})`);
      }
      // A person may have taken newer commits of main in; what differs from main is the change.
      const base = (await forge.mergeBase(await forge.head(main), commit)) ?? change.base;
      const foreign = (await forge.changedFiles(base, commit)).filter((path) => !belongsTo(path, directory, name));
      if (foreign.length > 0) {
        const named = foreign.slice(0, 10).join(', ');
        throw lasting(
          'Conflict',
          `${short(commit)} changes files that are not of ${name}: ${named} (leave them out; propose them by themselves)`,
        );
      }
      const { spec } = await readable(name, commit);
      if (!says(spec, change)) {
        const asked = fullVersion(change.version, change.epoch);
        throw lasting('Conflict', `${short(commit)} makes ${name} ${full(spec)}, and this release is of ${asked} (keep version and epoch)`);
      }
      const sources = await fetchPinned(spec);
      const snapshot = await snapshotOf(name, commit);
      const carried = new Set(patchesOf(spec).map((patch) => patch.file));
      return { ...change, base, commit, snapshot, sources, droppedPatches: change.droppedPatches.filter((patch) => !carried.has(patch)) };
    },

    mergeChange: async ({ change, package: name }) => {
      if (change.branch) {
        return forge.merge({
          target: main,
          branch: change.branch,
          commit: change.commit,
          base: change.base,
          unchanged: [specPath(directory, name), packageFolder(directory, name)],
          message: mergeMessage(change.summary, change.branch),
          date: clock().toISOString(),
        });
      }
      const head = await forge.head(main);
      if (!(await forge.descends(head, change.commit))) {
        return { merged: false, reason: `${main} does not contain ${short(change.commit)} any more` };
      }
      const edited = (await forge.changedFiles(change.commit, head)).filter((path) => belongsTo(path, directory, name));
      if (edited.length > 0) return { merged: false, reason: `${edited.slice(0, 10).join(', ')} changed on ${main} since it was tested` };
      return { merged: true, commit: change.commit };
    },

    closeChange: ({ branch }) => forge.close(branch),

    reportChange: ({ commit, state, summary, verdicts }) => forge.report(commit, { state, summary, verdicts }),
  };
}

const short = (commit: string) => commit.slice(0, 12);
const full = (spec: Spec) => fullVersion(spec.version.value, spec.epoch.value);

function says(spec: Spec, asked: { readonly version: string; readonly epoch: number }): boolean {
  return spec.version.value === asked.version && spec.epoch.value === asked.epoch;
}

function unreadable(problems: readonly Problem[]) {
  return lasting('SpecUnreadable', formatProblems(problems));
}

function expect<T>(result: Result<T, readonly Problem[]>): T {
  if (!result.ok) throw unreadable(result.error);
  return result.value;
}

/** What tells one source from another: where it is, not what it is expected to be. */
function keyOf(reference: SourceReference): string {
  if (reference.kind === 'fetch') return `fetch ${reference.uri}`;
  return `git ${reference.repository} ${reference.tag ?? ''} ${reference.branch ?? ''}`;
}

/** Each source once: a subpackage of a range names the same one again. Two expectations of one source are two references, so that both are verified. */
function distinct(references: readonly SourceReference[]): readonly SourceReference[] {
  const expected = (reference: SourceReference) =>
    reference.kind === 'fetch' ? `${reference.sha256} ${reference.sha512}` : reference.commit;
  return [...new Map(references.map((reference) => [`${keyOf(reference)} ${expected(reference)}`, reference])).values()];
}

/** Nothing is built from a source that the spec does not pin: the next build could get another. */
function pinned(references: readonly SourceReference[]): readonly SourceReference[] {
  const loose = references.filter((reference) => (reference.kind === 'fetch' ? !reference.sha256 && !reference.sha512 : !reference.commit));
  if (loose.length === 0) return references;
  throw unreadable(
    loose.map((reference) =>
      reference.kind === 'fetch'
        ? { message: `${reference.uri} is fetched without a digest`, at: reference.at, remedy: 'add expected-sha256 or expected-sha512' }
        : { message: `${reference.repository} is checked out without a commit`, at: reference.at, remedy: 'add expected-commit' },
    ),
  );
}

/** A source at a version that nobody has pinned yet: trusted on first use, except that a tag must be where the watch saw it. */
function atNewVersion(reference: SourceReference, release: ReleaseInput): SourceReference {
  if (reference.kind === 'fetch') {
    const { sha256: _, sha512: __, ...unknown } = reference;
    return unknown;
  }
  const { commit: _, ...unknown } = reference;
  const seen = release.candidate?.name === reference.tag ? release.candidate?.commit : undefined;
  return seen ? { ...unknown, commit: seen } : unknown;
}

/** The date of the first cause, so that a repeated activity makes the same commit. */
function dateOf(release: ReleaseInput, clock: () => Date): string {
  const at = Date.parse(release.causes[0]?.at ?? '');
  return (Number.isNaN(at) ? clock() : new Date(at)).toISOString();
}
