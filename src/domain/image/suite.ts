import type { YAMLMap } from 'yaml';
import { fail, ok, type Problem, type Result } from '../result';
import { checkForm } from '../spec/check-form';
import { flag, located, mapping, mappings, optional, textOf, texts } from '../spec/nodes';
import { parseTree, startOf, type SpecTree } from '../spec/tree';
import { IMAGE_DEFINITIONS } from './form';
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
}

const KINDS = ['container'];
const TIMEOUT_SECONDS = 60;
const LONGEST_SECONDS = 2 * 3600;
const MOST_RETRIES = 5;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** The name of the suite in a file `<name>.test.yaml`; undefined for another file. */
export function suiteName(file: string): string | undefined {
  return /^(?:.*\/)?([a-z0-9]+(?:-[a-z0-9]+)*)\.test\.yaml$/.exec(file)?.[1];
}

/** Reads the file of a suite strictly. The error is every defect of the file, each with its place. */
export function readSuite(text: string, file: string): Result<Suite, readonly Problem[]> {
  const parsed = parseTree(text, file, { kind: 'a suite', starts: 'tests' });
  if (!parsed.ok) return parsed;
  const tree = parsed.value;
  const form = checkForm(tree, 'Suite', IMAGE_DEFINITIONS);
  if (form.length > 0) return fail(form);
  const nodes = mappings(tree.root, 'tests');
  const problems =
    nodes.length === 0 ? [problem(tree, tree.root, 'the suite has no tests', 'write one, or take the suite out of image.yaml')] : [];
  const names = nodes.map((node) => textOf(node, 'name'));
  nodes.forEach((node, index) => {
    problems.push(...testProblems(tree, node));
    if (names.indexOf(names[index]) !== index)
      problems.push(problem(tree, node, `the test ${JSON.stringify(names[index])} is there twice`, 'give it another name'));
  });
  if (problems.length > 0) return fail(problems);
  return ok({
    name: suiteName(file) ?? file,
    order: 'in-order',
    pause: { mode: 'never', seconds: 3600 },
    level: { name: 'restricted' },
    tests: nodes.map(testOf),
  });
}

/** Relies on `checkForm` and `testProblems`. */
function testOf(node: YAMLMap): ContainerTest {
  const expect = mapping(node, 'expect');
  const output = (key: string) => {
    const wanted = expect && mapping(expect, key);
    return wanted && { contains: texts(wanted, 'contains'), ...optional('matches', textOf(wanted, 'matches')) };
  };
  return {
    name: textOf(node, 'name')!,
    kind: 'container',
    command: texts(node, 'command'),
    network: flag(node, 'network'),
    timeoutSeconds: secondsOf(textOf(node, 'timeout') ?? `${TIMEOUT_SECONDS}s`) ?? TIMEOUT_SECONDS,
    retries: Number(textOf(node, 'retries') ?? 0),
    expect: {
      exit: Number((expect && textOf(expect, 'exit')) ?? 0),
      ...optional('stdout', output('stdout')),
      ...optional('stderr', output('stderr')),
      ...{ ports: [], http: [] },
    },
  };
}

function testProblems(tree: SpecTree, node: YAMLMap): Problem[] {
  const name = textOf(node, 'name')!;
  const kind = located(tree, node, 'kind')!;
  const timeout = located(tree, node, 'timeout');
  const retries = located(tree, node, 'retries');
  const expect = mapping(node, 'expect');
  const exit = expect && located(tree, expect, 'exit');
  const seconds = timeout && secondsOf(timeout.value);
  return [
    ...(KINDS.includes(kind.value)
      ? []
      : [
          {
            message: `the test ${JSON.stringify(name)} is of the kind ${JSON.stringify(kind.value)}, which Millrace does not run`,
            at: kind.at,
            remedy: `the kinds are: ${KINDS.join(', ')}`,
          },
        ]),
    ...(timeout && (seconds === undefined || seconds > LONGEST_SECONDS)
      ? [
          {
            message: `the timeout ${JSON.stringify(timeout.value)} is no duration up to 2h`,
            at: timeout.at,
            remedy: 'write it as 30s, 5m or 1h',
          },
        ]
      : []),
    ...(retries && Number(retries.value) > MOST_RETRIES
      ? [
          {
            message: `${retries.value} retries are too many`,
            at: retries.at,
            remedy: `at most ${MOST_RETRIES}: what fails more often is broken`,
          },
        ]
      : []),
    ...(exit && Number(exit.value) > 255
      ? [{ message: `no program exits with ${exit.value}`, at: exit.at, remedy: 'a number from 0 to 255' }]
      : []),
  ];
}

function secondsOf(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,4})([smh])$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]!]! : undefined;
}

const problem = (tree: SpecTree, node: YAMLMap, message: string, remedy: string): Problem => ({
  message,
  at: tree.at(startOf(node)),
  remedy,
});
