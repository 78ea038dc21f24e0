import { CancellationScope, condition } from '@temporalio/workflow';
import type { Digest } from '../domain/digest';
import { comparisonLine } from '../domain/release/comparison';
import { releaseNews } from '../domain/release/news';
import type { GateRecord, ReleaseOutcome, ReleaseRecord } from '../domain/release/release';
import { control, signer } from './activities';
import { packageId, repositoryId } from './messages';
import type { Desk } from './release-desk';
import { brief } from './release-line';
import { floorMessage, repositoryStart } from './start';

/** How a release ended, and why in one line. */
export type Ended = { readonly outcome: ReleaseOutcome; readonly reason: string };

/** The gate record first: what the signer will read. Then the compare-and-swap of the tested commit. */
export async function merge(desk: Desk): Promise<{ merged: true; gate: Digest } | { merged: false; reason: string }> {
  const { state } = desk;
  const leave = desk.enter('passed the gate: merges', 'merge');
  const change = state.change!;
  const merged = await control.mergeChange({ change, package: state.input.package });
  leave();
  if (!merged.merged) return merged;
  const { package: name, version, epoch } = state.input;
  const builds = state.builds.map(({ architecture, key, packages }) => ({ architecture, key, packages }));
  const record: GateRecord = {
    release: desk.release,
    package: name,
    version,
    epoch,
    commit: change.commit,
    verdicts: state.verdicts.map(brief),
    waivers: state.waivers,
    builds,
    openedAt: new Date().toISOString(),
  };
  return { merged: true, gate: await control.writeGateRecord(record) };
}

/** After the merge nothing is cancelled. */
export async function publish(desk: Desk, gateRecord: Digest): Promise<Ended> {
  const { state, release: id } = desk;
  const { distribution, package: name, version, epoch } = state.input;
  return CancellationScope.nonCancellable(async () => {
    const signed = desk.enter('merged: signs', 'sign');
    const { packages } = await signer.signPackages({ gate: gateRecord });
    signed();
    const published = desk.enter('signed: waits for its generation', 'publish');
    const argument = { id, gate: gateRecord, package: name, version: `${version}-r${epoch}`, packages };
    const start = repositoryStart(distribution);
    while (!state.publication) {
      await control.announce({ messages: [{ workflowId: repositoryId(distribution), signal: 'publish', argument, start }] });
      await condition(() => state.publication !== undefined, '10 minutes');
    }
    published();
    const { generation, refused } = state.publication;
    return refused
      ? { outcome: 'failed', reason: `not published: ${refused}` }
      : { outcome: 'published', reason: `generation ${generation}${state.comparison ? `; ${comparisonLine(state.comparison)}` : ''}` };
  });
}

/** The record, the branch, and the word to the package and to the floor. */
export async function close(desk: Desk, ended: Ended, opened: Digest | undefined): Promise<void> {
  const { state, release: id } = desk;
  const { input, startedAt } = state;
  const { package: name, version, epoch } = input;
  desk.enter(`${ended.outcome}: ${ended.reason}`, ended.outcome);
  if (state.change?.branch) await control.closeChange({ branch: state.change.branch });
  const finishedAt = new Date().toISOString();
  const record: ReleaseRecord = {
    id,
    input,
    ...ended,
    ...(state.change ? { change: state.change } : {}),
    builds: state.builds,
    verdicts: state.verdicts,
    waivers: state.waivers,
    decisions: state.decisions,
    attempts: state.attempt + 1,
    ...(state.comparison ? { comparison: state.comparison } : {}),
    ...(state.publication?.generation ? { generation: state.publication.generation } : {}),
    ...(opened ? { gate: opened } : {}),
    startedAt,
    finishedAt,
    seconds: state.seconds,
  };
  await control.writeReleaseRecord(record);
  const buildSeconds = Object.fromEntries(state.builds.map((done) => [done.architecture, done.seconds]));
  const settled = { id: `${id}@${startedAt}`, release: id, version, epoch, ...ended, buildSeconds };
  const news = releaseNews({ release: id, ...state, ...ended });
  const toPackage = { workflowId: packageId(name), signal: 'settled', argument: settled };
  await control.announce({ messages: [toPackage, floorMessage(input, news)] });
}
