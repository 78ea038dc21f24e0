import { documentOf } from '../../../src/gateway/page/document';
import { imagePage } from '../../../src/gateway/page/image';
import { imagesPage } from '../../../src/gateway/page/images';
import type { ImageStory } from '../../../src/views/images';
import { lockOf } from '../../workflows/image-stage';

const EVIL = '<script>alert(1)</script>';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const around = { now: Date.parse('2026-01-02T05:00:00Z'), workflowUrl: (id: string) => `http://ui/${id}` };
const story = (more: Partial<ImageStory> = {}): ImageStory => ({
  image: 'web',
  tags: {
    ...{ image: 'web', repository: 'tools/web', tags: { latest: DIGEST } },
    moves: [{ tag: 'latest', to: DIGEST, at: '2026-01-02T03:00:00Z', release: 'image-release:web-1', reason: EVIL }],
  },
  last: { commit: 'c', lock: lockOf('a'), origins: [] },
  contents: [{ variant: '', packages: [{ name: 'zlib', version: '1.3.2-r0' }] }],
  releases: [],
  made: [],
  ...more,
});
const shown = (more: Partial<ImageStory> = {}) => documentOf(imagePage('demo', story(more), 'http://127.0.0.1:8468', around));

it('tells tags with digests, when and why they moved, how to pull, and what is in it', () => {
  const page = shown();
  for (const text of [DIGEST, '2 h', 'podman pull 127.0.0.1:8468/tools/web:latest', '1.3.2-r0']) expect(page).toContain(text);
});

it('escapes what comes from outside', () => {
  for (const page of [
    shown(),
    shown({ last: { commit: 'c', origins: [], problem: EVIL } }),
    documentOf(imagesPage('demo', [story({ image: EVIL })], around.now)),
  ])
    expect(page).not.toContain('<script>');
  expect(shown()).toContain('&lt;script&gt;');
});

it('shows a waiting image with the commands that answer it', () => {
  const input = {
    distribution: 'demo',
    lock: lockOf('a'),
    causes: [],
    architectures: ['x86_64'],
    reminders: { everySeconds: 1, escalateAfterSeconds: 1 },
  };
  const waitingFor = {
    since: '2026-01-02T03:00:00Z',
    because: ['suite-starts: 1 of 2 failed'],
    answers: ['millrace decide image:web retry'],
    remindedTimes: 2,
  };
  const release = 'image-release:web-1';
  const view = {
    release,
    input,
    stage: 'waits for a decision',
    built: [],
    verdicts: [],
    accepted: [],
    decisions: [],
    refused: [],
    attempt: 0,
    waitingFor,
  };
  const inFlight = { release, image: 'web', stage: 'waiting', startedAt: '2026-01-02T03:00:00Z', view };
  for (const text of ['suite-starts: 1 of 2 failed', 'millrace decide image:web retry', 'reminded 2 times'])
    expect(shown({ inFlight })).toContain(text);
  expect(documentOf(imagesPage('demo', [story({ inFlight })], around.now))).toContain('waits for a person');
});
