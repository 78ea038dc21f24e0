import type { Verdict, Waiver } from '../domain/check/verdict';
import type { BuildResult, Change, DecisionRecord, ReleaseInput } from '../domain/release/release';
import type { Publication, ReleaseView } from './messages';

/** What a running release knows; the story in release.ts changes it, the desk shows it and takes people's answers. */
export interface ReleaseState {
  readonly input: ReleaseInput;
  stage: string;
  change?: Change | undefined;
  builds: readonly BuildResult[];
  verdicts: readonly Verdict[];
  waivers: Waiver[];
  decisions: DecisionRecord[];
  refused: string[];
  waitingFor?: ReleaseView['waitingFor'] | undefined;
  attempt: number;
  supersededBy?: string;
  publication?: Publication;
  patched: boolean;
  readonly seconds: Record<string, number>;
}

export function newReleaseState(input: ReleaseInput): ReleaseState {
  return {
    input,
    stage: 'starting',
    builds: [],
    verdicts: [],
    waivers: [],
    decisions: [],
    refused: [],
    attempt: 0,
    patched: false,
    seconds: {},
  };
}
