import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { Readable } from 'node:stream';
import { run, runOrThrow } from '../activities/process';
import { lookAtImage } from './outside-image';
import { statePaths } from '../config/config';
import type { Config } from '../config/config';

/** What anybody can see of the factory from outside: its files, its repository and what apko makes of them. Nothing here asks a workflow. */
export function lookFromOutside(config: Config) {
  const paths = statePaths(config.state);
  const specs = config.specs.repository;

  /** `name-version-rN` of every package in the current index of an architecture. */
  const published = (architecture = 'x86_64') => indexIn('current', architecture);
  const indexIn = async (generation: string, architecture: string): Promise<readonly string[]> => {
    const file = path.join(paths.repository, generation, architecture, 'APKINDEX.tar.gz');
    if (!existsSync(file)) return [];
    const text = await indexText(readFileSync(file));
    return text.split('\n\n').flatMap((record) => {
      const name = /^P:(.*)$/m.exec(record)?.[1];
      const version = /^V:(.*)$/m.exec(record)?.[1];
      return name && version ? [`${name}-${version}`] : [];
    });
  };

  return {
    published,
    /** The same of one generation. */
    publishedIn: (generation: number) => indexIn(`generations/${generation}`, 'x86_64'),
    has: async (full: string) => (await published()).includes(full),
    generation: (): number => {
      const current = path.join(paths.repository, 'current');
      return existsSync(current) ? Number(path.basename(realpathSync(current))) : 0;
    },
    objects: (architecture = 'x86_64'): readonly string[] => {
      const folder = path.join(paths.repository, 'objects', architecture);
      return existsSync(folder) ? readdirSync(folder) : [];
    },
    objectsFolder: path.join(paths.repository, 'objects', 'x86_64'),
    /** Logs of the builds of one version: one for each attempt that began. */
    buildLogs: (full: string): readonly string[] => {
      const folder = path.join(paths.store, 'logs', 'builds', full);
      return existsSync(folder) ? readdirSync(folder).map((file) => path.join(folder, file)) : [];
    },
    /** The secdb of a generation: by package, what each version fixed. */
    secfixes: async (generation: number): Promise<Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>> => {
      const text = await readFile(path.join(paths.repository, 'generations', String(generation), 'security.json'), 'utf8');
      const { packages } = JSON.parse(text) as { packages: { pkg: { name: string; secfixes: Record<string, string[]> } }[] };
      return Object.fromEntries(packages.map(({ pkg }) => [pkg.name, pkg.secfixes]));
    },
    /** What the gateway answers: status and text. */
    gateway: async (url: string): Promise<{ readonly status: number; readonly text: string }> => {
      const answer = await fetch(`http://${config.gateway.host}:${config.gateway.port}${url}`);
      return { status: answer.status, text: await answer.text() };
    },
    /** A document of the advisory repository's main branch. */
    advisories: (name: string): Promise<string> =>
      runOrThrow('git', ['-C', config.advisories!.repository, 'show', `${config.advisories!.branch}:${name}.advisories.yaml`]),
    image: lookAtImage(config),
    /** A file of the spec repository's main branch. */
    spec: (file: string): Promise<string> => runOrThrow('git', ['-C', specs, 'show', `${config.specs.branch}:${file}`]),
    history: (file: string): Promise<string> => runOrThrow('git', ['-C', specs, 'log', '--format=%B%x00', config.specs.branch, '--', file]),
    branches: (): Promise<string> => runOrThrow('git', ['-C', specs, 'branch', '--format=%(refname:short)']),
    /** Packages that apko resolves for these atoms from the published generation and stage0, signatures verified; undefined when it cannot. */
    resolve: async (
      atoms: readonly string[],
      stage0: { readonly folder: string; readonly key: string },
    ): Promise<readonly string[] | undefined> => {
      const keys = readdirSync(paths.keys)
        .filter((file) => file.endsWith('.rsa.pub'))
        .map((file) => path.join(paths.keys, file));
      const image = JSON.stringify({
        contents: {
          repositories: [stage0.folder, path.join(paths.repository, 'current')],
          keyring: [stage0.key, ...keys],
          packages: atoms,
        },
        archs: ['x86_64'],
      });
      const file = path.join(config.state, 'outside-image.yaml');
      const lock = path.join(config.state, 'outside-image.lock.json');
      await runOrThrow('sh', ['-c', 'cat > "$0"', file], { input: image });
      const locked = await run('apko', ['lock', file, '--output', lock]);
      if (locked.code !== 0) return undefined;
      const { contents } = JSON.parse(readFileSync(lock, 'utf8')) as { contents: { packages: { name: string; version: string }[] } };
      return contents.packages.map(({ name, version }) => `${name}-${version}`);
    },
  };
}

export type Outside = ReturnType<typeof lookFromOutside>;

/** Text of APKINDEX inside its signed tar.gz. */
async function indexText(signed: Buffer): Promise<string> {
  const unpack = extract();
  Readable.from([gunzipSync(signed)]).pipe(unpack);
  let text = '';
  for await (const entry of unpack) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.name === 'APKINDEX') text = Buffer.concat(chunks).toString('utf8');
  }
  return text;
}
