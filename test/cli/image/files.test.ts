import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStore } from '../../../src/activities/store/folder-store';
import type { ImageLock, ImageTags } from '../../../src/domain/image/image';
import { packIt, unpack } from '../../domain/spec/pack';
import { runMillrace as millrace } from '../run-millrace';

let folder: string;
let file: (name: string, text: string) => string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-image-'));
  process.env['MILLRACE_CONFIG'] = join(folder, 'millrace.yaml');
  file = (name, text) => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  file('millrace.yaml', `distribution: my-linux\nspecs:\n  repository: ${folder}\ntemporal:\n  address: 127.0.0.1:1\n`);
});

afterEach(() => {
  delete process.env['MILLRACE_CONFIG'];
  rmSync(folder, { recursive: true });
});

type Item = readonly [name: string, version: string, bytes?: number];

function lockText(items: readonly Item[], architectures: readonly string[] = ['x86_64']): string {
  const packages = architectures.flatMap((architecture) =>
    items.map(([name, version, bytes]) => ({
      ...{ name, version, architecture, url: `repositories/published/${architecture}/${name}-${version}.apk`, checksum: 'Q1a=' },
      ...(bytes === undefined ? {} : { data: { range: `bytes=10-${bytes - 1}`, checksum: 'sha256-a' } }),
    })),
  );
  return JSON.stringify({ version: 'v1', contents: { packages } });
}

describe('image lock', () => {
  test('shows what it holds', async () => {
    const lock = file('a.json', lockText([['zlib', '1.3.2-r0', 1500]], ['x86_64', 'aarch64']));
    expect(await millrace('image', 'lock', lock)).toEqual({
      code: 0,
      out: 'image\napko lock, 1 package; aarch64 and x86_64; packed aarch64 1.5 kB, x86_64 1.5 kB\npackage  version   on\nzlib     1.3.2-r0\n',
      err: '',
    });
    expect(JSON.parse((await millrace('image', 'lock', lock, '--json')).out)).toMatchObject({
      file: lock,
      form: 'apko',
      images: [
        {
          image: '',
          variant: '',
          architectures: ['aarch64', 'x86_64'],
          packages: [{ name: 'zlib', bytes: 1500 }, { architecture: 'aarch64' }],
        },
      ],
    });
  });

  test('what is no lock is an error with its place', async () => {
    const cut = file('a.json', lockText([['zlib', '1-r0']]).slice(0, 60));
    expect(await millrace('image', 'lock', cut)).toEqual({
      ...{ code: 1, out: '' },
      err: `millrace: ${cut}:1:61: the JSON ends in the middle (the file was cut off: lock again, or fetch it again)`,
    });
    expect((await millrace('image', 'lock', join(folder, 'no'))).err).toContain('no such file or folder (name a lock that is there)');
    expect((await millrace('image', 'lock')).code).toBe(2);
  });

  packIt('chainguard-images-locks.tar.gz')('the 54 real ones of ../shared/data are shown and diffed', async () => {
    const files = [...(await unpack('chainguard-images-locks.tar.gz'))].map(([name, text]) => file(name, text));
    for (const [index, lock] of files.entries()) {
      expect((await millrace('image', 'lock', lock)).code).toBe(0);
      const { code, out } = await millrace('image', 'diff', lock, files[(index + 1) % files.length]!, '--json');
      expect([code, (JSON.parse(out) as { images: object[] }).images.length > 0]).toEqual([0, true]);
    }
    expect(files).toHaveLength(54);
  });
});

describe('image diff', () => {
  test('two files', async () => {
    const a = file(
      'a.json',
      lockText([
        ['zlib', '1.3.1-r0', 2000],
        ['old', '1-r0'],
      ]),
    );
    const b = file(
      'b.json',
      lockText([
        ['zlib', '1.3.2-r0', 3500],
        ['new', '1-r0', 500],
      ]),
    );
    const { code, out } = await millrace('image', 'diff', a, b);
    expect(code).toBe(0);
    expect(out.split('\n').slice(2)).toEqual([
      '1 added, 1 removed, 1 changed',
      '   package  version               size     on',
      '+  new      1-r0                  +500 B',
      '-  old      1-r0',
      '~  zlib     1.3.1-r0 to 1.3.2-r0  +1.5 kB',
      '',
    ]);
    expect(JSON.parse((await millrace('image', 'diff', a, b, '--json')).out)).toMatchObject({
      a: { named: a },
      images: [
        {
          added: [{ name: 'new', to: '1-r0', bytes: { x86_64: 500 } }],
          removed: [{ name: 'old', from: '1-r0', bytes: {} }],
          changed: [{ name: 'zlib', from: '1.3.1-r0', to: '1.3.2-r0', bytes: { x86_64: 1500 } }],
          vulnerabilities: null,
        },
      ],
    });
    expect((await millrace('image', 'diff', a, a)).out).toContain('The same packages.');
  });

  test('tags and digests, by the records of the releases that made them', async () => {
    const store = createFolderStore(join(folder, '.millrace/store'));
    const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
    const release = async (digit: string, version: string, generation: number) => {
      const locked = await store.putBytes(lockText([['pigz', version]]));
      const lock = { image: 'pigz', generation, variants: [{ variant: '', digest: locked }] } as unknown as ImageLock;
      const record = { id: `image-release:pigz-${digit}`, image: 'pigz', lock, variants: [{ variant: '', digest: digest(digit) }] };
      await store.writeRecord('image', `${record.id}@1`, record);
    };
    await release('a', '2.7-r0', 3);
    await release('b', '2.8-r0', 5);
    const tags: ImageTags = {
      image: 'pigz',
      repository: 'pigz',
      tags: { '2.7': digest('a'), latest: digest('b'), gone: digest('c') },
      moves: [],
    };
    await store.writeRecord('image-tags', 'pigz', tags);
    const { out } = await millrace('image', 'diff', 'pigz:2.7', `pigz@${digest('b')}`);
    expect(out).toContain(`pigz:2.7 (${digest('a').slice(0, 19)}, generation 3) → pigz@`);
    expect(out).toContain('~  pigz     2.7-r0 to 2.8-r0');
    expect((await millrace('image', 'diff', 'pigz:2.7', file('b.json', lockText([])))).out).toContain('-  pigz');
    expect(await millrace('image', 'diff', 'pigz:2.7', 'pigz:lates')).toMatchObject({
      code: 1,
      err: 'millrace: pigz has no tag lates (did you mean latest?)',
    });
    expect((await millrace('image', 'diff', 'pig:2.7', 'pigz:latest')).err).toBe(
      'millrace: no image pig was ever tagged (did you mean pigz?)',
    );
    expect((await millrace('image', 'diff', 'pigz:gone', 'pigz:latest')).err).toContain(`no release of pigz made ${digest('c')}`);
    expect((await millrace('image', 'diff', 'pigz', 'pigz:latest')).err).toContain(
      'pigz is neither a file nor a tag or digest of an image',
    );
  });
});

describe('suite lint', () => {
  const good = 'tests:\n  - name: starts\n    kind: container\n';

  test('files, and folders at any depth', async () => {
    file('images/pigz/a.test.yaml', good);
    file('images/pigz/image.yaml', 'name: pigz\n');
    expect(await millrace('suite', 'lint', join(folder, 'images'))).toEqual({ code: 0, out: '1 file: 0 errors\n', err: '' });
    const bad = file(
      'images/b.test.yaml',
      'tests:\n  - name: a\n    kind: vm\n    retries: 9\n  - name: a\n    kind: container\n    colour: red\n',
    );
    const worse = file('images/c.test.yaml', 'tests:\n  - name: a\n    kind: vm\n    timeout: soon\n');
    const { code, out } = await millrace('suite', 'lint', join(folder, 'images'), bad);
    expect(code).toBe(1);
    expect(out.split('\n')).toEqual([
      expect.stringContaining(`${bad}:7:5: unknown key \`colour\``),
      expect.stringContaining(`${worse}:3:11: the test "a" is of the kind "vm"`),
      expect.stringContaining(`${worse}:4:14: the timeout "soon" is no duration`),
      '3 files: 3 errors',
      '',
    ]);
    expect(JSON.parse((await millrace('suite', 'lint', worse, '--json')).out)).toMatchObject({
      files: 1,
      errors: 2,
      findings: [{ file: worse, line: 3, column: 11, remedy: expect.any(String) }, { line: 4 }],
    });
  });

  test('the manifests that suites name', async () => {
    const pod = (more: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers: [{ name: web, image: IMAGE }]\n${more}`;
    const suite = file('images/web/a.test.yaml', 'tests:\n  - name: a\n    kind: kubernetes\n    manifest: deploy/web.yaml\n');
    expect((await millrace('suite', 'lint', suite)).out).toContain(
      `${suite}:4:15: there is no ${join(folder, 'images/web/deploy/web.yaml')}`,
    );
    file('images/web/deploy/web.yaml', pod(''));
    expect(await millrace('suite', 'lint', suite)).toEqual({ code: 0, out: '1 file: 0 errors\n', err: '' });
    const bad = file('images/web/deploy/web.yaml', pod('  hostNetwork: true\n'));
    expect((await millrace('suite', 'lint', suite)).out).toContain(`${bad}:6:3: spec.hostNetwork asks for the node's network (remove it`);
  });

  test('what is not there, or not called like a suite', async () => {
    expect((await millrace('suite', 'lint', file('a.yaml', good))).out).toContain('a.yaml:1:1: the file is not called like a suite');
    expect((await millrace('suite', 'lint', join(folder, 'no.test.yaml'))).err).toContain('(name a suite that is there)');
    mkdirSync(join(folder, 'empty'));
    expect(await millrace('suite', 'lint', join(folder, 'empty'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('has no suites'),
    });
    expect((await millrace('suite', 'lint')).code).toBe(2);
  });
});
