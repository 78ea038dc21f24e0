import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Upstream } from '../../../src/domain/update/upstream';
import type { UpstreamSource } from '../../../src/activities/sources/source';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import type { Store } from '../../../src/activities/store/store';

type Of<Kind extends Upstream['kind']> = Extract<Upstream, { kind: Kind }>;

/** A real upstream of one kind on this machine. */
export interface Fixture<Kind extends Upstream['kind']> {
  readonly upstream: Of<Kind>;
  /** Upstream releases this version. */
  release(version: string): void;
  /** Name of the candidate that a version appears as. */
  readonly nameOf: (version: string) => string;
  /** Nothing listens there. */
  readonly unreachable: Of<Kind>;
  /** Answers 503 with `Retry-After: 7`. */
  readonly busy: Of<Kind>;
  /** Answers, but not as this kind of upstream does. */
  readonly malformed: Of<Kind>;
  readonly gone: Of<Kind>;
  close(): Promise<void>;
}

/** What every kind of upstream must do. */
export function describeUpstreamSource<Kind extends Upstream['kind']>(
  kind: Kind,
  create: (deps: { readonly store: Store; readonly timeoutSeconds: number }) => UpstreamSource<Kind>,
  start: (folder: string) => Promise<Fixture<Kind>>,
): void {
  describe(`the upstream source ${kind}`, () => {
    jest.setTimeout(60_000);
    let folder: string;
    let fixture: Fixture<Kind>;
    let source: UpstreamSource<Kind>;
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'millrace-upstream-'));
      fixture = await start(folder);
      source = create({ store: createFolderStore(join(folder, 'store')), timeoutSeconds: 10 });
    });
    afterEach(async () => {
      await fixture.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const namesNow = async () => (await source.candidates(fixture.upstream)).candidates.map(({ name }) => name).sort();

    test('says its kind', () => expect(source.kind).toBe(kind));

    test('offers every release, each with a link, and a new one when it appears', async () => {
      fixture.release('1.2.13');
      fixture.release('1.3.1');
      const first = await source.candidates(fixture.upstream);
      expect(first.candidates.map(({ name }) => name).sort()).toEqual(['1.2.13', '1.3.1'].map(fixture.nameOf).sort());
      expect(first.candidates.every(({ link }) => link !== undefined)).toBe(true);
      expect(first.unchanged).toBe(false);
      fixture.release('1.3.2');
      expect(await namesNow()).toEqual(['1.2.13', '1.3.1', '1.3.2'].map(fixture.nameOf).sort());
    });

    test('says unchanged on a repeat, with the same candidates, also after a restart', async () => {
      fixture.release('1.0');
      const first = await source.candidates(fixture.upstream);
      const restarted = create({ store: createFolderStore(join(folder, 'store')), timeoutSeconds: 10 });
      for (const again of [source, restarted])
        expect(await again.candidates(fixture.upstream)).toEqual({ candidates: first.candidates, unchanged: true });
      fixture.release('2.0');
      expect((await source.candidates(fixture.upstream)).unchanged).toBe(false);
    });

    test.each([
      ['unreachable', 'UpstreamUnreachable', false],
      ['busy', 'UpstreamUnreachable', false],
      ['malformed', 'UpstreamMalformed', true],
      ['gone', 'UpstreamGone', true],
    ] as const)('that is %s throws %s', async (state, type, nonRetryable) => {
      const failure = source.candidates(fixture[state]);
      await expect(failure).rejects.toMatchObject({ name: 'ApplicationFailure', type, nonRetryable });
      const upstream: Upstream = fixture[state];
      await expect(failure).rejects.toThrow(upstream.kind === 'git' ? upstream.repository : upstream.url);
    });

    test('keeps what it knew over an outage', async () => {
      fixture.release('1.0');
      await source.candidates(fixture.upstream);
      await expect(source.candidates(fixture.unreachable)).rejects.toThrow();
      expect(await source.candidates(fixture.upstream)).toMatchObject({ unchanged: true, candidates: [{ name: fixture.nameOf('1.0') }] });
    });
  });
}
