import type { Verdict, Waiver } from '../domain/check/verdict';
import type { BuildResult, Change, Comparison, DecisionRecord, ReleaseInput } from '../domain/release/release';
import type { Publication, ReleaseView } from './messages';

/** What a running release knows; the story in release.ts changes it, the desk shows it and takes people's answers. */
export interface ReleaseState {
  readonly input: ReleaseInput;
  readonly startedAt: string;
  stage: string;
  change?: Change | undefined;
  builds: readonly BuildResult[];
  comparison?: Comparison | undefined;
  verdicts: readonly Verdict[];
  waivers: Waiver[];
  decisions: DecisionRecord[];
  refused: string[];
  waitingFor?: ReleaseView['waitingFor'] | undefined;
  attempt: number;
  /** Whether the floor was told that a person is waited for. */
  toldFloor: boolean;
  supersededBy?: string;
  publication?: Publication;
  patched: boolean;
  readonly seconds: Record<string, number>;
}

export function newReleaseState(input: ReleaseInput, startedAt: string): ReleaseState {
  return {
    input,
    startedAt,
    stage: 'starting',
    builds: [],
    verdicts: [],
    waivers: [],
    decisions: [],
    refused: [],
    attempt: 0,
    toldFloor: false,
    patched: false,
    seconds: {},
  };
}
