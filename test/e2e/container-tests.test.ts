import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { openOutputLog } from '../../src/activities/containers/output-log';
import { pullImage, type PulledImage } from '../../src/activities/containers/podman';
import { runContainerTest, type ContainerOutcome } from '../../src/activities/containers/suites';
import { createRegistry, OCI } from '../../src/activities/registry/registry';
import type { Config } from '../../src/config/config';
import { freePorts } from '../../src/demo/free-ports';
import { readSuite, type ContainerTest } from '../../src/domain/image/suite';
import { registryServer } from '../../src/workers/registry-server';
import { removeTemporaryFolders, temporaryFolder } from '../activities/repository/support';

/** Tests of suites in real containers, of an image with nothing but a static busybox. */
jest.setTimeout(300_000);

const BUSYBOX = '/usr/bin/busybox';
const architecture = arch() === 'arm64' ? 'arm64' : 'amd64';
const isStatic =
  existsSync(BUSYBOX) && spawnSync(BUSYBOX, ['true'], { env: {} }).status === 0 && !spawnSync('ldd', [BUSYBOX]).stdout?.includes('=>');
const suite = isStatic ? describe : describe.skip;

let image: PulledImage;
let stopRegistry: (() => void) | undefined;

beforeAll(async () => {
  if (!isStatic) return;
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const child = registryServer({ state: temporaryFolder(), images: { directory: 'images', registry: url, localRegistry: true } } as Config);
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', child.command, ...child.args], { stdio: 'ignore' });
  stopRegistry = () => server.kill('SIGKILL');
  await child.probe!(AbortSignal.timeout(20_000));
  const digest = await pushBusybox(url);
  image = await pullImage({
    reference: `${new URL(url).host}/busybox@${digest}`,
    architecture,
    plain: true,
    folder: join(temporaryFolder(), 'image'),
  });
});

afterAll(() => {
  stopRegistry?.();
  removeTemporaryFolders();
});

async function pushBusybox(url: string): Promise<string> {
  const tar = pack();
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, readFileSync(BUSYBOX));
  tar.entry({ name: 'bin/sh', type: 'symlink', linkname: 'busybox' });
  tar.entry({ name: 'www/index.html' }, 'hello from the inside\n');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const layer = Buffer.concat(chunks);
  const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const registry = createRegistry({ url });
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } },
      config: { Entrypoint: ['/bin/busybox'], Cmd: ['true'], User: '65532' },
    }),
  );
  await registry.pushBlob('busybox', digestOf(layer), layer);
  await registry.pushBlob('busybox', digestOf(config), config);
  const described = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: OCI.manifest, config: described(OCI.config, config) },
      layers: [described('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
  return await registry.pushManifest('busybox', digestOf(manifest), OCI.manifest, manifest);
}

/** Runs the one test of a suite; the log is that of the store. */
async function tested(yaml: string): Promise<ContainerOutcome & { readonly file: string }> {
  const read = readSuite(`tests:\n  - name: it\n    kind: container\n${yaml}`, 'it.test.yaml');
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const folder = temporaryFolder();
  const file = join(folder, 'it.log');
  const log = openOutputLog(file, folder);
  const outcome = await runContainerTest(read.value.tests[0] as ContainerTest, image, { log, say: () => undefined }).finally(() =>
    log.close(),
  );
  return { ...outcome, file };
}

suite('in a container', () => {
  test('the entrypoint of the image, or of the test', async () => {
    const own = await tested('    command: [echo, a, b]\n    expect: { stdout: { matches: "^a b\\n$" } }\n');
    expect(own).toMatchObject({ passed: true, tries: 1, wrong: [], output: ['a b'] });
    const other = await tested(
      '    entrypoint: [/bin/sh, -c]\n    command: ["echo $0 >&2; exit 3"]\n    expect: { exit: 3, stderr: { contains: [/bin/sh] } }\n',
    );
    expect(other).toMatchObject({ passed: true, wrong: [] });
    expect(readFileSync(other.file, 'utf8')).toBe('millrace: it, try 1: /bin/sh -c echo $0 >&2; exit 3\n/bin/sh\nmillrace: as expected\n');
  });

  test('what is not as expected is tried again, and told', async () => {
    const outcome = await tested('    command: [sh, -c, "echo x; exit 1"]\n    retries: 1\n    expect: { stdout: { contains: [y] } }\n');
    expect(outcome).toMatchObject({
      ...{ passed: false, tries: 2, output: ['x'] },
      wrong: ['it ended with code 1, not 0', 'standard output does not contain "y"'],
    });
  });

  const HTTPD = '    command: [sh, -c, "busybox sleep 1; echo ready; exec busybox httpd -f -p 8080 -h /www"]\n';

  test.each([false, true])('a server is asked until it answers, and then stopped; network: %s', async (network) => {
    const expected =
      '{ ports: [8080], http: [{ port: 8080, path: /index.html, body: { contains: [from the inside] } }, { port: 8080, path: /none, status: 404 }], stdout: { contains: [ready] } }';
    const outcome = await tested(`${HTTPD}    network: ${network}\n    timeout: 2m\n    expect: ${expected}\n`);
    expect(outcome).toMatchObject({ passed: true, tries: 1, wrong: [], output: ['ready'] });
    expect(readFileSync(outcome.file, 'utf8')).toMatch(/try 1: sh -c .*\nready\nmillrace: as expected\n$/);
  });

  test('a server that does not answer as expected is told with its last answer', async () => {
    const expected = '{ ports: [9], http: [{ port: 8080 }, { port: 8080, path: /index.html, body: { contains: [other] } }, { port: 81 }] }';
    const outcome = await tested(`${HTTPD}    timeout: 8s\n    expect: ${expected}\n`);
    expect(outcome).toMatchObject({
      passed: false,
      wrong: [
        'port 9 accepts no connection: nothing listens',
        'the body of GET :8080/index.html does not contain "other"',
        'GET :81/: nothing listens',
        'it ran for more than 8 s',
      ],
    });
  });

  test('a server that ends is not waited for', async () => {
    const outcome = await tested('    command: [sh, -c, "busybox sleep 2; exit 4"]\n    timeout: 10m\n    expect: { ports: [80] }\n');
    expect(outcome).toMatchObject({
      passed: false,
      wrong: ['port 80 accepts no connection: nothing listens', 'the server ended with code 4'],
    });
  });

  test('one that is called off ends at once', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('called off')), 2_000);
    const log = openOutputLog(join(temporaryFolder(), 'x.log'), temporaryFolder());
    const read = readSuite(
      `tests:\n  - name: it\n    kind: container\n${HTTPD}    timeout: 10m\n    expect: { ports: [9] }\n`,
      'it.test.yaml',
    );
    const running = runContainerTest((read as { value: { tests: readonly ContainerTest[] } }).value.tests[0]!, image, {
      log,
      say: () => undefined,
      signal: stop.signal,
    });
    await expect(running).rejects.toThrow('called off');
    log.close();
  });

  test('of a log of one gigabyte the first and the last 32 MiB are kept, and memory stays flat', async () => {
    let most = 0;
    const before = process.memoryUsage.rss();
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
    const script = 'echo first; busybox dd if=/dev/zero bs=1M count=1024 2>/dev/null | busybox tr "\\\\0" x; echo; echo last';
    const outcome = await tested(`    command: [sh, -c, '${script}']\n    timeout: 5m\n    expect: { stdout: { contains: [last] } }\n`);
    clearInterval(watch);
    expect(outcome).toMatchObject({ passed: true, wrong: [] });
    console.log(
      `1 GiB of output in ${outcome.seconds.toFixed(1)} s; memory grew by ${((most - before) / 1048576).toFixed(0)} MiB; log of ${statSync(outcome.file).size} bytes`,
    );
    expect(statSync(outcome.file).size).toBeLessThan(64 * 1024 * 1024 + 200);
    const log = readFileSync(outcome.file, 'latin1');
    expect(log.slice(0, 300)).toMatch(/\nfirst\nx+$/);
    expect(log.slice(-100)).toMatch(/x\nlast\nmillrace: as expected\n$/);
    expect(log).toMatch(/x\n\S+ 10066\d{5} bytes are left out here \S+\nx/);
    expect(most - before).toBeLessThan(300 * 1024 * 1024);
  });
});
