import { podStanding, TOO_LONG, type PodState } from '../../../src/domain/kubernetes/pod';

const container = (state: object): PodState => ({ status: { phase: 'Pending', containerStatuses: [{ state }] } });

it.each<[string, PodState, ReturnType<typeof podStanding>]>([
  ['of which nothing is known', {}, { kind: 'starting' }],
  [
    'that nothing can hold',
    {
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no memory' }] },
    },
    { kind: 'starting', why: 'Unschedulable: no memory' },
  ],
  [
    'whose image is not there',
    container({ waiting: { reason: 'ErrImagePull', message: 'not found' } }),
    { kind: 'starting', why: 'ErrImagePull: not found' },
  ],
  ['that runs', container({ running: { startedAt: '2026-11-25T00:00:01Z' } }), { kind: 'running', ready: false, since: 1_795_564_801_000 }],
  [
    'that runs and answers',
    {
      status: {
        phase: 'Running',
        podIP: '10.1.2.3',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [{ state: { running: { startedAt: new Date(5_000) } } }],
      },
    },
    { kind: 'running', ready: true, since: 5_000, address: '10.1.2.3' },
  ],
  ['that ended well', container({ terminated: { exitCode: 0, reason: 'Completed' } }), { kind: 'ended', exit: 0 }],
  ['that failed', container({ terminated: { exitCode: 3, reason: 'Error' } }), { kind: 'ended', exit: 3 }],
  ['without memory', container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }), { kind: 'ended', exit: 137, reason: 'OOMKilled' }],
  [
    'past its deadline, whatever its container says',
    { status: { phase: 'Failed', reason: 'DeadlineExceeded', containerStatuses: [{ state: { terminated: { exitCode: 137 } } }] } },
    { kind: 'lost', reason: TOO_LONG },
  ],
  [
    'that was evicted',
    { status: { phase: 'Failed', reason: 'Evicted', message: 'the node was low on memory' } },
    { kind: 'lost', reason: 'Evicted: the node was low on memory' },
  ],
  ['that failed without a word', { status: { phase: 'Failed' } }, { kind: 'lost', reason: 'the pod failed' }],
])('a pod %s', (_what, pod, standing) => {
  expect(podStanding(pod)).toEqual(standing);
});
