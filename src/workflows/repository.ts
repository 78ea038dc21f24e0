import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { PublishRequest, WithdrawRequest } from '../activities/contract';
import { repositoryDetails } from '../domain/publication/details';
import { answered, newPublication, nextGroup, requested } from '../domain/publication/publication';
import type { Answer, PublicationState } from '../domain/publication/publication';
import { clamp, DETAILS_BYTES } from '../domain/text/clamp';
import { control, publisher, signer } from './activities';
import { openImageHints } from './image-hints';
import type { OwedHints } from './image-hints';
import { packageId, publishSignal, repositoryQuery, withdrawSignal, withdrawUpdate } from './messages';
import type { RepositoryInput, RepositoryView } from './messages';

type State = PublicationState<PublishRequest, WithdrawRequest>;
type Carried = State & { readonly images?: OwedHints };

/** `repository:<distribution>`: the only writer of the published repository. Group commit: whatever waits goes into the next generation. */
export async function repository(input: RepositoryInput): Promise<never> {
  const { images: owed, ...carried }: Carried = (input.state as Carried | undefined) ?? newPublication<PublishRequest, WithdrawRequest>();
  let state: State = carried;
  const images = openImageHints(owed);
  let again: Answer[] = [];
  let problem: string | undefined;

  const take = (kind: 'publish' | 'withdraw', request: PublishRequest | WithdrawRequest) => {
    const step = requested(state, kind, request);
    state = step.state;
    if (step.again) again.push(step.again);
  };
  const view = (): RepositoryView => ({
    generation: state.generation,
    waiting: [...state.publish, ...state.withdraw].map((request) => `${request.package} ${request.version}`),
    working: state.working,
    ...(problem ? { problem } : {}),
  });
  const show = () => {
    setCurrentDetails(clamp(repositoryDetails(view()), DETAILS_BYTES));
  };
  setHandler(repositoryQuery, view);
  setHandler(publishSignal, (request) => take('publish', request));
  setHandler(withdrawSignal, (request) => take('withdraw', request));
  setHandler(
    withdrawUpdate,
    (request) => {
      take('withdraw', request);
      return `${request.package} ${request.version} will be withdrawn with the next generation`;
    },
    {
      validator: (request: WithdrawRequest) => {
        if (!request.reason?.trim() || !request.by?.trim()) throw new Error('a withdrawal needs "by" and "reason"');
      },
    },
  );

  const commit = async (group: NonNullable<ReturnType<typeof nextGroup<PublishRequest, WithdrawRequest>>>): Promise<Answer[]> => {
    const ids = [...group.publish, ...group.withdraw].map((request) => request.id);
    const candidate = await publisher.prepareGeneration(group);
    if (!candidate.changed) return ids.map((id) => ({ id, generation: candidate.previous }));
    const { generation, previous, indexes, advisories } = candidate;
    const { signed } = await signer.signIndexes({ generation, previous, indexes });
    const contains = group.publish.map((request) => `${request.package}-${request.version}`);
    const withdrawn = group.withdraw.map((request) => `${request.package}-${request.version}`);
    const commitment = { generation, previous, signed, contains, withdrawn, ...(advisories ? { advisories } : {}) };
    const done = await publisher.commitGeneration(commitment);
    return ids.map((id) => ({ id, generation: done.generation }));
  };
  const answer = async (answers: readonly Answer[], withdrawn: readonly WithdrawRequest[]) => {
    const toReleases = answers
      .filter(({ id }) => id.startsWith('release:'))
      .map((argument) => ({ workflowId: argument.id, signal: 'publication', argument }));
    const done = withdrawn.filter((request) => answers.some(({ id, generation }) => id === request.id && generation));
    const toPackages = done.map(({ package: name, version, reason }) => ({
      workflowId: packageId(name),
      signal: 'withdrawn',
      argument: { version, reason },
    }));
    if (toReleases.length + toPackages.length > 0) await control.announce({ messages: [...toReleases, ...toPackages] });
  };

  let alone = false;
  for (;;) {
    show();
    await condition(() => again.length > 0 || nextGroup(state, alone) !== undefined || workflowInfo().continueAsNewSuggested);
    if (again.length > 0) {
      const repeated = again;
      again = [];
      await answer(repeated, []);
    }
    const group = nextGroup(state, alone);
    if (group) {
      state = { ...state, working: [...group.publish, ...group.withdraw].map((request) => `${request.package} ${request.version}`) };
      show();
      const size = group.publish.length + group.withdraw.length;
      try {
        const answers = await commit(group);
        state = answered(state, answers);
        problem = undefined;
        if (patched('images-are-told')) {
          const packages = [...new Set([...group.publish, ...group.withdraw].map((request) => request.package))];
          images.tell({ generation: state.generation, packages, at: new Date().toISOString() });
        }
        await answer(answers, group.withdraw);
      } catch (error) {
        if (!(error instanceof ActivityFailure)) throw error;
        const reason = error.cause instanceof ApplicationFailure ? error.cause.message : error.message;
        problem = reason;
        if (error.cause instanceof ApplicationFailure && error.cause.type === 'Conflict') await sleep('2 s');
        else if (size > 1) alone = true;
        else {
          const answers = [...group.publish, ...group.withdraw].map(({ id }) => ({ id, refused: reason }));
          state = answered(state, answers);
          await answer(answers, []);
        }
      }
      if (size === 1 && state.publish.length + state.withdraw.length === 0) alone = false;
    }
    if (!workflowInfo().continueAsNewSuggested) continue;
    await condition(allHandlersFinished);
    if (again.length > 0) continue;
    await continueAsNew<typeof repository>({ ...input, state: { ...state, working: [], images: images.owed() } });
  }
}
