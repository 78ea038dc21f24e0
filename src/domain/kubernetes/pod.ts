/** The parts of a pod (core/v1) that decide how its run stands. */
export interface PodState {
  readonly metadata?: { readonly name?: string; readonly uid?: string; readonly deletionTimestamp?: unknown };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerState[];
  };
}

interface ContainerState {
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: Date | string };
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string };
  };
}

/** How a pod of one container stands. `starting` says what it waits for, where the cluster says it. */
export type PodStanding =
  | { readonly kind: 'starting'; readonly why?: string }
  /** `since` in milliseconds since 1970. */
  | { readonly kind: 'running'; readonly ready: boolean; readonly since: number; readonly address?: string }
  | { readonly kind: 'ended'; readonly exit: number; readonly reason?: string }
  /** It ended without an exit code: evicted, past its deadline, or its node is gone. */
  | { readonly kind: 'lost'; readonly reason: string };

export const TOO_LONG = 'it ran for longer than it may';

/** Decided by the state of container and pod: the end of a log, or a log that is not there, says nothing. */
export function podStanding(pod: PodState): PodStanding {
  const { status } = pod;
  const state = status?.containerStatuses?.[0]?.state;
  if (status?.phase === 'Failed' && status.reason === 'DeadlineExceeded') return { kind: 'lost', reason: TOO_LONG };
  if (state?.terminated) {
    const { exitCode, reason } = state.terminated;
    const told = reason !== undefined && reason !== 'Completed' && reason !== 'Error' ? { reason } : {};
    return { kind: 'ended', exit: exitCode, ...told };
  }
  if (status?.phase === 'Failed')
    return { kind: 'lost', reason: [status.reason, status.message].filter(Boolean).join(': ') || 'the pod failed' };
  if (state?.running) {
    const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
    const since = new Date(state.running.startedAt ?? 0).getTime();
    return { kind: 'running', ready, since, ...(status?.podIP ? { address: status.podIP } : {}) };
  }
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const why = unscheduled
    ? [unscheduled.reason, unscheduled.message].filter(Boolean).join(': ')
    : [state?.waiting?.reason, state?.waiting?.message].filter(Boolean).join(': ');
  return { kind: 'starting', ...(why ? { why } : {}) };
}
