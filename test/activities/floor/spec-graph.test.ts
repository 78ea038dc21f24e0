import { join } from 'node:path';
import { createSpecGraph } from '../../../src/activities/floor/spec-graph';
import { createLocalGitForge } from '../../../src/activities/forge/local-git';
import { edgesOf } from '../../../src/domain/graph/adjacency';
import { createTestRepository, type TestRepository } from '../forge/repository';
import { makeFactory, removeTemporaryFolders, testKey } from '../repository/support';

jest.setTimeout(60_000);

const specOf = (name: string, needs: readonly string[], step = 'true') => `package:
  name: ${name}
  version: "1"
  epoch: 0
environment:
  contents:
    packages: [${needs.join(', ')}]
pipeline:
  - uses: ${step}
`;
const runs = (name: string, ...needs: string[]) => specOf(name, needs).replace('uses: true', 'runs: "true"');

const key = testKey();

describe('the graph of main', () => {
  let repository: TestRepository;
  let factory: ReturnType<typeof makeFactory>;
  beforeEach(() => {
    repository = createTestRepository({ 'README.md': 'specs\n' });
    factory = makeFactory({ key });
  });
  afterEach(() => repository.remove());
  afterAll(removeTemporaryFolders);

  const graphOf = () => {
    const forge = createLocalGitForge({ repository: repository.bare, work: join(repository.folder, 'work'), branchPrefix: 'millrace/' });
    let read = 0;
    const graph = createSpecGraph({
      forge: { ...forge, readAll: async (commit, paths) => ((read += 1), forge.readAll(commit, paths)) },
      reader: factory.reader,
      specs: { repository: repository.bare, branch: 'main', directory: 'packages' },
      architecture: 'x86_64',
    });
    return { graph, readings: () => read };
  };

  it('follows main: what is added, what changes and what goes', async () => {
    repository.push('main', { 'packages/zlib.yaml': runs('zlib'), 'packages/pigz.yaml': runs('pigz', 'zlib') }, 'two');
    const { graph } = graphOf();
    const first = await graph();
    expect(edgesOf(first.graph)).toEqual([['pigz', 'zlib']]);
    repository.push(
      'main',
      { 'packages/lz4.yaml': runs('lz4', 'zlib'), 'packages/pigz.yaml': runs('pigz', 'lz4'), 'elsewhere/x.yaml': runs('x', 'zlib') },
      'more',
    );
    const second = await graph();
    expect(second.key).not.toBe(first.key);
    expect(edgesOf(second.graph)).toEqual([
      ['lz4', 'zlib'],
      ['pigz', 'lz4'],
    ]);
    repository.push('main', { 'packages/lz4.yaml': null }, 'lz4 goes');
    expect((await graph()).graph.names).toEqual(['pigz', 'zlib']);
  });

  it('reads an unchanged main once, however often it is asked', async () => {
    repository.push('main', { 'packages/zlib.yaml': runs('zlib') }, 'one');
    const { graph, readings } = graphOf();
    const [one, other] = await Promise.all([graph(), graph()]);
    expect(one.graph).toBe(other.graph);
    await graph();
    expect(readings()).toBe(1);
  });

  it('needs what a pipeline of the repository needs, and follows it', async () => {
    const pipeline = (need: string) => `needs:\n  packages: [${need}]\npipeline:\n  - runs: "true"\n`;
    repository.push(
      'main',
      {
        'packages/zlib.yaml': runs('zlib'),
        'packages/make.yaml': runs('make'),
        'packages/pigz.yaml': specOf('pigz', [], 'own/build'),
        'packages/pipelines/own/build.yaml': pipeline('zlib'),
      },
      'a pipeline',
    );
    const { graph } = graphOf();
    expect(edgesOf((await graph()).graph)).toEqual([['pigz', 'zlib']]);
    repository.push('main', { 'packages/pipelines/own/build.yaml': pipeline('make') }, 'another need');
    expect(edgesOf((await graph()).graph)).toEqual([['pigz', 'make']]);
  });

  it('leaves out a spec that cannot be read, and takes it in when it is mended', async () => {
    repository.push('main', { 'packages/zlib.yaml': runs('zlib'), 'packages/pigz.yaml': 'package: [' }, 'broken');
    const { graph } = graphOf();
    expect((await graph()).graph.names).toEqual(['zlib']);
    repository.push('main', { 'packages/pigz.yaml': runs('pigz', 'zlib') }, 'mended');
    expect((await graph()).graph.names).toEqual(['pigz', 'zlib']);
  });

  it('knows by the published index what only a package is called', async () => {
    repository.push('main', { 'packages/zlib.yaml': runs('zlib'), 'packages/pigz.yaml': runs('pigz', 'zlib-generated') }, 'two');
    const { graph } = graphOf();
    expect(edgesOf((await graph()).graph)).toEqual([]);
    await factory.publish({
      publish: [await factory.request({ name: 'zlib', version: '1', epoch: 0, subpackages: ['zlib-generated'] })],
      withdraw: [],
    });
    expect(edgesOf((await graph()).graph)).toEqual([['pigz', 'zlib']]);
  });

  it('is asked again after the repository was not there', async () => {
    repository.push('main', { 'packages/zlib.yaml': runs('zlib') }, 'one');
    const forge = createLocalGitForge({ repository: repository.bare, work: join(repository.folder, 'work'), branchPrefix: 'millrace/' });
    let failures = 1;
    const graph = createSpecGraph({
      forge: {
        ...forge,
        readAll: async (commit, paths) => {
          if (failures-- > 0) throw new Error('the disk is gone');
          return forge.readAll(commit, paths);
        },
      },
      reader: factory.reader,
      specs: { repository: repository.bare, branch: 'main', directory: 'packages' },
      architecture: 'x86_64',
    });
    await expect(graph()).rejects.toThrow('the disk is gone');
    expect((await graph()).graph.names).toEqual(['zlib']);
  });
});
