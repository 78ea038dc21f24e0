import { createHash } from 'node:crypto';
import type { ImageLock } from '../../../src/domain/image/image';
import { suiteContent, type SuiteRun } from '../../../src/domain/image/suite-run';
import { passKey } from '../../../src/domain/image/verdict-of-suite';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const suite = { name: 'served', file: digest('a'), manifests: { 'web.yaml': digest('b'), 'more.yaml': digest('c') } };
const runOf = (change: Partial<typeof suite> = {}, image = 'web'): SuiteRun => ({
  lock: { image, suites: [{ ...suite, ...change }] } as unknown as ImageLock,
  built: { variant: '', digest: digest('d'), layout: digest('e'), sboms: {}, bytes: 1 },
  suite: 'served',
  attempt: 0,
});

test('a suite is the same one in whatever order its manifests are named', () => {
  const { 'web.yaml': web, 'more.yaml': more } = suite.manifests;
  const other = runOf({ manifests: { 'more.yaml': more, 'web.yaml': web } });
  expect(suiteContent(other)).toBe(suiteContent(runOf()));
  expect(passKey(other, hash)).toBe(passKey(runOf(), hash));
});

test.each([
  ['its text', runOf({ file: digest('f') })],
  ['a manifest', runOf({ manifests: { ...suite.manifests, 'web.yaml': digest('f') } })],
  ['the image it is of', runOf({}, 'other')],
])('with another %s it is another one, and no pass of it', (_what, other) => {
  expect(suiteContent(other)).not.toBe(suiteContent(runOf()));
  expect(passKey(other, hash)).not.toBe(passKey(runOf(), hash));
});

test('the name of a pass is short, however many manifests there are', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}.yaml`, digest('b')]));
  expect(passKey(runOf({ manifests: many as typeof suite.manifests }), hash).length).toBeLessThan(160);
});
