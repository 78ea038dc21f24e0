import { newestEvent, type AdvisoryEvent } from '../../domain/advisory/advisory';
import { appendEvent } from '../../domain/advisory/edit';
import { fixedIn } from '../../domain/advisory/fixed';
import type { PackageMapping } from '../../domain/advisory/mapping';
import { recordsByName } from '../../domain/advisory/osv';
import { exportOsv } from '../../domain/advisory/osv-export';
import { exportSecdb } from '../../domain/advisory/secdb';
import { validateChange } from '../../domain/advisory/validate';
import { BRANCH_PREFIX } from '../../domain/change/branch';
import type { Indexes } from '../../domain/repository/index-rules';
import type { AdvisoryCommit } from '../../domain/repository/manifest';
import type { Forge } from '../forge/forge';
import { OSV, SECDB } from '../repository/layout';
import type { Store } from '../store/store';
import { createAdvisoryReader } from './documents';
import { AdvisoriesRefused } from './errors';
import { timestamp } from './ingest';
import { originsOf } from './packages';
import { readOsvRecords } from './records';

export interface GenerationAdvisoryDeps {
  readonly forge: Forge;
  readonly store: Store;
  readonly branch: string;
  readonly directory: string;
  readonly mapping: PackageMapping;
  readonly clock: () => Date;
}

/** The advisories as a part of a generation: they are seen when its packages are, and not before. */
export interface GenerationAdvisories {
  /**
   * The advisories that a generation with these indexes is published with: those of the branch, and a `fixed` event for each open one that the newest version of its
   * package fixes. Events are a commit on a side branch. Computed from what is there, not from what is being published: an event that was lost comes again.
   * Throws `AdvisoriesRefused`.
   */
  prepare(generation: number, indexes: Indexes): Promise<AdvisoryCommit>;
  /** The feeds of a commit, by path below the generation. */
  feeds(commit: string, indexes: Indexes): Promise<ReadonlyMap<string, string>>;
  /** Brings what was published to the branch. Nothing where it is there; where a person changed the same documents meanwhile theirs stay, and the next generation adds the events again. */
  finish(published: AdvisoryCommit): Promise<void>;
}

export function createGenerationAdvisories(deps: GenerationAdvisoryDeps): GenerationAdvisories {
  const { forge, store, branch, directory, mapping, clock } = deps;
  const reader = createAdvisoryReader({ forge, directory });

  const prepare: GenerationAdvisories['prepare'] = async (generation, indexes) => {
    const snapshot = await reader.read(await forge.head(branch));
    const recordsOf = recordsByName(await readOsvRecords(store));
    const origins = originsOf(indexes);
    const now = timestamp(clock());
    const texts = new Map(snapshot.texts);
    const lines: string[] = [];
    for (const [path, document] of snapshot.documents) {
      const version = origins.versions(document.package).at(-1);
      if (version === undefined) continue;
      for (const advisory of fixedIn(document.package, version, document.advisories, recordsOf, mapping)) {
        // Of another machine whose clock is ahead: an event before the newest one would say nothing. The next generation adds it.
        if (newestEvent(advisory)!.timestamp > now) continue;
        const event: AdvisoryEvent = { timestamp: now, type: 'fixed', fixedVersion: version };
        const edited = appendEvent(texts.get(path)!, path, advisory.id, event);
        if (!edited.ok) throw new AdvisoriesRefused(edited.error);
        texts.set(path, edited.value);
        lines.push(`Fixed: ${document.package} ${version} ${advisory.id} ${advisory.aliases.join(' ')}`);
      }
    }
    const side = `${BRANCH_PREFIX}advisories-generation-${generation}`;
    const files = [...texts].filter(([path, text]) => snapshot.texts.get(path) !== text);
    if (files.length === 0) {
      await forge.close(side);
      return { commit: snapshot.commit, base: snapshot.commit, files: [] };
    }
    const wrong = validateChange({
      before: snapshot.documents,
      after: reader.parse(texts),
      now,
      published: origins.versions,
    });
    if (wrong.length > 0) throw new AdvisoriesRefused(wrong);
    const message = `Advisories of generation ${generation}: fixed\n\n${lines.join('\n')}\n`;
    const { commit } = await forge.propose({ branch: side, base: snapshot.commit, files: Object.fromEntries(files), message, date: now });
    return { commit, base: snapshot.commit, branch: side, files: files.map(([path]) => path) };
  };

  const feeds: GenerationAdvisories['feeds'] = async (commit, indexes) => {
    const documents = [...(await reader.read(commit)).documents.values()];
    const { distribution } = mapping;
    const secdb = exportSecdb(documents, { distribution, architectures: Object.keys(indexes) });
    const osv = exportOsv(documents, { distribution, subpackages: originsOf(indexes).subpackages });
    return new Map([[SECDB, json(secdb)] as const, ...[...osv].map(([name, record]) => [`${OSV}/${name}`, json(record)] as const)]);
  };

  const finish: GenerationAdvisories['finish'] = async ({ commit, base, branch: side, files }) => {
    if (side === undefined) return;
    const merged = await forge.merge({
      target: branch,
      branch: side,
      commit,
      base,
      unchanged: files,
      message: `Merge ${side}\n`,
      date: timestamp(clock()),
    });
    // One that was not merged keeps its branch: a generation names the commit.
    if (merged.merged) await forge.close(side);
  };

  return { prepare, feeds, finish };
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
