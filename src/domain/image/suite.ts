import type { YAMLMap } from 'yaml';
import { fail, ok, type Position, type Problem, type Result } from '../result';
import { checkForm } from '../spec/check-form';
import { flag, hasKey, located, mapping, mappings, optional, textOf, texts } from '../spec/nodes';
import { parseTree, type SpecTree } from '../spec/tree';
import { IMAGE_DEFINITIONS } from './form';
import { secondsOf, suiteProblems } from './suite-problems';
import type { Pause } from './suite-run';

/** What a stream of output must hold. `matches` is a regular expression of Go (see `compileGoRegexp`) that must be found in it. */
export interface OutputExpectation {
  readonly contains: readonly string[];
  readonly matches?: string;
}

/** What a server under test must answer to a GET. */
export interface HttpExpectation {
  readonly port: number;
  readonly path: string;
  /** Of a manifest's Service; absent: the image's own server. */
  readonly service?: string;
  readonly status: number;
  readonly body?: OutputExpectation;
}

interface AnyTest {
  readonly name: string;
  /** Instead of the image's own entrypoint. */
  readonly entrypoint?: readonly string[];
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  /** How often it is run again when it fails; a pass after a failure is told as flaky. */
  readonly retries: number;
  readonly expect: {
    readonly exit: number;
    readonly stdout?: OutputExpectation;
    readonly stderr?: OutputExpectation;
    /** TCP ports that must accept a connection: what listens is a server, and is stopped once all of this is as expected. */
    readonly ports: readonly number[];
    readonly http: readonly HttpExpectation[];
  };
}

/** Runs the image once, with its own entrypoint and these arguments. */
export interface ContainerTest extends AnyTest {
  readonly kind: 'container';
  readonly network: boolean;
}

/** Runs the image as a Job in a namespace of its own. With `server` or `manifest` that is what is tested, and the Job (where it has a command or an entrypoint) a client that probes it. */
export interface KubernetesTest extends AnyTest {
  readonly kind: 'kubernetes';
  readonly server?: { readonly entrypoint?: readonly string[]; readonly command: readonly string[]; readonly port: number };
  /** File beside the suite with Kubernetes objects. */
  readonly manifest?: string;
  readonly memory: string;
  readonly cpu: string;
}

export type ImageTest = ContainerTest | KubernetesTest;

/** A file `<name>.test.yaml`, checked. */
export interface Suite {
  readonly name: string;
  readonly order: 'in-order' | 'side-by-side';
  readonly pause: Pause;
  /** The Pod Security level of its namespaces. */
  readonly level: { readonly name: 'restricted' } | { readonly name: 'baseline'; readonly reason: string };
  readonly tests: readonly ImageTest[];
  /** The files that its tests name, each once, with the first place. */
  readonly manifests: readonly { readonly file: string; readonly at: Position }[];
}

const TIMEOUT_SECONDS = 60;
const PAUSE_SECONDS = 3600;
const MEMORY = '512Mi';
const CPU = '500m';

/** The name of the suite in a file `<name>.test.yaml`; undefined for another file. */
export function suiteName(file: string): string | undefined {
  return /^(?:.*\/)?([a-z0-9]+(?:-[a-z0-9]+)*)\.test\.yaml$/.exec(file)?.[1];
}

/** Whether a container is a server: it is stopped once it answers as expected, instead of running to its end. */
export function isServer({ expect }: Pick<ImageTest, 'expect'>): boolean {
  return expect.ports.length > 0 || expect.http.length > 0;
}

/** Reads the file of a suite strictly. The error is every defect of the file, each with its place. */
export function readSuite(text: string, file: string): Result<Suite, readonly Problem[]> {
  const parsed = parseTree(text, file, { kind: 'a suite', starts: 'tests' });
  if (!parsed.ok) return parsed;
  const tree = parsed.value;
  const form = checkForm(tree, 'Suite', IMAGE_DEFINITIONS);
  if (form.length > 0) return fail(form);
  const problems = suiteProblems(tree);
  return problems.length > 0 ? fail(problems) : ok(suiteOf(tree, suiteName(file) ?? file));
}

/** Relies on `checkForm` and `suiteProblems`, as all below. */
function suiteOf(tree: SpecTree, name: string): Suite {
  const { root } = tree;
  const security = mapping(root, 'pod-security');
  const nodes = mappings(root, 'tests');
  return {
    name,
    order: textOf(root, 'order') === 'side-by-side' ? 'side-by-side' : 'in-order',
    pause: { mode: (textOf(root, 'pause') ?? 'never') as Pause['mode'], seconds: durationIn(root, 'pause-for', PAUSE_SECONDS) },
    level:
      security && textOf(security, 'level') === 'baseline'
        ? { name: 'baseline', reason: textOf(security, 'reason')! }
        : { name: 'restricted' },
    tests: nodes.map(testOf),
    manifests: manifestsOf(nodes.flatMap((node) => located(tree, node, 'manifest') ?? [])),
  };
}

function manifestsOf(named: readonly { readonly value: string; readonly at: Position }[]): Suite['manifests'] {
  const first = named.filter(({ value }, index) => named.findIndex((other) => other.value === value) === index);
  return first.map(({ value, at }) => ({ file: value, at }));
}

function testOf(node: YAMLMap): ImageTest {
  const expect = mapping(node, 'expect');
  const common = {
    name: textOf(node, 'name')!,
    ...optional('entrypoint', entrypointOf(node)),
    command: texts(node, 'command'),
    timeoutSeconds: durationIn(node, 'timeout', TIMEOUT_SECONDS),
    retries: Number(textOf(node, 'retries') ?? 0),
    expect: {
      exit: Number((expect && textOf(expect, 'exit')) ?? 0),
      ...optional('stdout', outputOf(expect, 'stdout')),
      ...optional('stderr', outputOf(expect, 'stderr')),
      ports: texts(expect, 'ports').map(Number),
      http: expect ? mappings(expect, 'http').map(httpOf) : [],
    },
  };
  if (textOf(node, 'kind') === 'container') return { ...common, kind: 'container', network: flag(node, 'network') };
  const server = mapping(node, 'server');
  return {
    ...common,
    kind: 'kubernetes',
    ...optional('server', server && serverOf(server)),
    ...optional('manifest', textOf(node, 'manifest')),
    memory: textOf(node, 'memory') ?? MEMORY,
    cpu: textOf(node, 'cpu') ?? CPU,
  };
}

function serverOf(node: YAMLMap): NonNullable<KubernetesTest['server']> {
  return { ...optional('entrypoint', entrypointOf(node)), command: texts(node, 'command'), port: Number(textOf(node, 'port')) };
}

function entrypointOf(node: YAMLMap): readonly string[] | undefined {
  return hasKey(node, 'entrypoint') ? texts(node, 'entrypoint') : undefined;
}

function outputOf(node: YAMLMap | undefined, key: string): OutputExpectation | undefined {
  const wanted = node && mapping(node, key);
  return wanted && { contains: texts(wanted, 'contains'), ...optional('matches', textOf(wanted, 'matches')) };
}

function httpOf(node: YAMLMap): HttpExpectation {
  return {
    port: Number(textOf(node, 'port')),
    path: textOf(node, 'path') ?? '/',
    ...optional('service', textOf(node, 'service')),
    status: Number(textOf(node, 'status') ?? 200),
    ...optional('body', outputOf(node, 'body')),
  };
}

function durationIn(node: YAMLMap, key: string, otherwise: number): number {
  return secondsOf(textOf(node, key) ?? '') ?? otherwise;
}
