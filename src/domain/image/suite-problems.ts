import type { YAMLMap } from 'yaml';
import type { Problem } from '../result';
import { hasKey, located, locatedTexts, mapping, mappings, textOf, texts } from '../spec/nodes';
import type { Located } from '../spec/spec';
import { startOf, type SpecTree } from '../spec/tree';

const HOUR = 3600;
/** Longest timeout by kind. */
const KINDS: Readonly<Record<string, number>> = { container: 2 * HOUR, kubernetes: 12 * HOUR };
const LONGEST_PAUSE = 24 * HOUR;
const MOST_RETRIES = 5;
/** A server and its client run in a namespace that may take 8Gi and 8 processors (see `limitsOf`). */
const MOST_MEBIBYTES = 4096;
const MOST_MILLICORES = 4000;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: HOUR };

/** Keys of a test that only one kind has, and what to do about them. */
const KEYS_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kubernetes: {
    server: 'a container is a server itself where it has `expect.ports` or `expect.http`',
    manifest: 'make it `kind: kubernetes`',
    memory: 'remove it: a container has 512 MiB',
    cpu: 'remove it: a container has one processor',
  },
  container: { network: 'remove it: tests of one namespace reach each other and nothing else' },
};

/** Seconds of a duration as suites write it (`30s`, `5m`, `1h`); undefined for another text. */
export function secondsOf(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,4})([smh])$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]!]! : undefined;
}

/** What is wrong with a suite whose form is right (see `checkForm`), each with its place and the remedy. */
export function suiteProblems(tree: SpecTree): readonly Problem[] {
  const { root } = tree;
  const nodes = mappings(root, 'tests');
  const onCluster = nodes.some((node) => textOf(node, 'kind') === 'kubernetes');
  const names = nodes.map((node) => textOf(node, 'name'));
  return [
    ...oneOf(located(tree, root, 'order'), 'order', ['in-order', 'side-by-side']),
    ...pauseProblems(tree, onCluster),
    ...securityProblems(tree, onCluster),
    ...when(nodes.length === 0, placeOf(tree, root), 'the suite has no tests', 'write one, or take the suite out of image.yaml'),
    ...nodes.flatMap((node, index) => [
      ...testProblems(tree, node),
      ...when(
        names.indexOf(names[index]) !== index,
        placeOf(tree, node),
        `the test ${JSON.stringify(names[index])} is there twice`,
        'give it another name',
      ),
    ]),
  ];
}

function pauseProblems(tree: SpecTree, onCluster: boolean): readonly Problem[] {
  const pause = located(tree, tree.root, 'pause');
  const length = located(tree, tree.root, 'pause-for');
  const kept = pause !== undefined && pause.value !== 'never';
  return [
    ...oneOf(pause, 'pause', ['never', 'on-error', 'always']),
    ...when(
      kept && !onCluster,
      pause,
      'nothing of this suite can be kept for a person: no test is of the kind kubernetes',
      'remove `pause`',
    ),
    ...(length ? durationProblems(length, 'pause', LONGEST_PAUSE) : []),
    ...when(
      length !== undefined && !kept,
      length,
      'pause-for is for a suite that pauses',
      'write `pause: on-error` or `pause: always` too',
    ),
  ];
}

function securityProblems(tree: SpecTree, onCluster: boolean): readonly Problem[] {
  const node = mapping(tree.root, 'pod-security');
  if (!node) return [];
  const level = located(tree, node, 'level')!;
  const reason = (textOf(node, 'reason') ?? '').trim();
  return [
    ...oneOf(level, 'pod-security.level', ['restricted', 'baseline']),
    ...when(
      level.value === 'baseline' && reason === '',
      level,
      'the level baseline has no reason',
      'write why restricted is not enough: `reason: the server starts as root`',
    ),
    ...when(level.value === 'restricted' && hasKey(node, 'reason'), level, 'the level restricted needs no reason', 'remove it'),
    ...when(!onCluster, level, 'no test of this suite is of the kind kubernetes', 'remove `pod-security`'),
  ];
}

function testProblems(tree: SpecTree, node: YAMLMap): readonly Problem[] {
  const name = JSON.stringify(textOf(node, 'name'));
  const kind = located(tree, node, 'kind')!;
  const timeout = located(tree, node, 'timeout');
  const retries = located(tree, node, 'retries');
  const known = Object.hasOwn(KINDS, kind.value);
  const others = known ? Object.entries(KEYS_OF[kind.value === 'container' ? 'kubernetes' : 'container']!) : [];
  const server = mapping(node, 'server');
  return [
    ...when(
      !known,
      kind,
      `the test ${name} is of the kind ${JSON.stringify(kind.value)}, which Millrace does not run`,
      `the kinds are: ${Object.keys(KINDS).join(', ')}`,
    ),
    ...others.flatMap(([key, remedy]) =>
      when(hasKey(node, key), placeOfKey(tree, node, key), `a test of the kind ${kind.value} has no ${key}`, remedy),
    ),
    ...(timeout ? durationProblems(timeout, 'timeout', known ? KINDS[kind.value]! : KINDS['kubernetes']!) : []),
    ...when(
      retries !== undefined && Number(retries.value) > MOST_RETRIES,
      retries,
      `${retries?.value} retries are too many`,
      `at most ${MOST_RETRIES}: what fails more often is broken`,
    ),
    ...entrypointProblems(tree, node),
    ...(server ? [...entrypointProblems(tree, server), ...portProblems(located(tree, server, 'port')!)] : []),
    ...when(
      server !== undefined && hasKey(node, 'manifest'),
      placeOfKey(tree, node, 'manifest'),
      `the test ${name} has a server and a manifest`,
      'a server of the image needs no manifest; else write it into the manifest',
    ),
    ...manifestProblems(located(tree, node, 'manifest')),
    ...sizeProblems(located(tree, node, 'memory'), 'memory', mebibytesOf, MOST_MEBIBYTES, 'write it as 512Mi or 2Gi, 4Gi at most'),
    ...sizeProblems(located(tree, node, 'cpu'), 'cpu', millicoresOf, MOST_MILLICORES, 'write it as 500m or 2, 4 at most'),
    ...(known ? expectProblems(tree, node, kind.value) : []),
  ];
}

function entrypointProblems(tree: SpecTree, node: YAMLMap): readonly Problem[] {
  const empty = hasKey(node, 'entrypoint') && texts(node, 'entrypoint').length === 0;
  return when(empty, placeOfKey(tree, node, 'entrypoint'), 'entrypoint names no program', "remove it: the image's own is run then");
}

function manifestProblems(file: Located | undefined): readonly Problem[] {
  if (!file) return [];
  const inside = !file.value.startsWith('/') && file.value.split('/').every((part) => !['', '.', '..'].includes(part));
  return [
    ...when(!inside, file, `the manifest ${JSON.stringify(file.value)} is not below the folder of the suite`, 'put it beside the suite'),
    ...when(
      !/\.ya?ml$/.test(file.value) || file.value.endsWith('.test.yaml'),
      file,
      `the manifest ${JSON.stringify(file.value)} is not called like one`,
      'call it <name>.yaml',
    ),
  ];
}

function expectProblems(tree: SpecTree, node: YAMLMap, kind: string): readonly Problem[] {
  const expect = mapping(node, 'expect');
  if (!expect) return [];
  const exit = located(tree, expect, 'exit');
  const ports = locatedTexts(tree, expect, 'ports');
  const https = mappings(expect, 'http');
  const asked = ports[0] ?? (https[0] && placeOf(tree, https[0]));
  const onlyServer = kind === 'container' ? asked !== undefined : serves(node) && !hasClient(node);
  return [
    ...when(exit !== undefined && Number(exit.value) > 255, exit, `no program exits with ${exit?.value}`, 'a number from 0 to 255'),
    ...when(
      exit !== undefined && onlyServer,
      exit,
      'a server has no exit code: it is stopped when it has answered',
      kind === 'container' ? 'remove `exit`, or `ports` and `http`' : 'remove `exit`, or give the test a command: its client',
    ),
    ...when(
      kind === 'kubernetes' && !serves(node) && asked !== undefined,
      asked,
      'there is no server that could answer',
      'write `server` (with its command and port) or `manifest`',
    ),
    ...when(
      hasKey(node, 'manifest') && ports.length > 0,
      ports[0],
      'a manifest has no ports of its own',
      'name its Service: `http: [{ service: web, port: 8080 }]`',
    ),
    ...ports.flatMap(portProblems),
    ...https.flatMap((http) => httpProblems(tree, http, hasKey(node, 'manifest'))),
  ];
}

function httpProblems(tree: SpecTree, node: YAMLMap, ofManifest: boolean): readonly Problem[] {
  const path = located(tree, node, 'path');
  const status = located(tree, node, 'status');
  const service = located(tree, node, 'service');
  return [
    ...portProblems(located(tree, node, 'port')!),
    ...when(
      path !== undefined && !/^\/[^\s#]*$/.test(path.value),
      path,
      `${JSON.stringify(path?.value)} is no path`,
      'write it as /healthz',
    ),
    ...when(
      status !== undefined && !/^[2-5][0-9]{2}$/.test(status.value),
      status,
      `no server answers with the status ${status?.value}`,
      'a number from 200 to 599',
    ),
    ...when(
      service !== undefined && !ofManifest,
      service,
      `there is no manifest that the service ${JSON.stringify(service?.value)} could be in`,
      'remove `service`, or write `manifest`',
    ),
    ...when(
      service === undefined && ofManifest,
      placeOf(tree, node),
      'http does not say which Service of the manifest is asked',
      'write `service`: its name',
    ),
  ];
}

const serves = (node: YAMLMap) => hasKey(node, 'server') || hasKey(node, 'manifest');
const hasClient = (node: YAMLMap) => hasKey(node, 'entrypoint') || texts(node, 'command').length > 0;

function portProblems(port: Located): readonly Problem[] {
  const number = Number(port.value);
  return when(number < 1 || number > 65535, port, `${port.value} is no port`, 'a number from 1 to 65535');
}

function durationProblems(found: Located, what: string, longest: number): readonly Problem[] {
  const seconds = secondsOf(found.value);
  return when(
    seconds === undefined || seconds > longest,
    found,
    `the ${what} ${JSON.stringify(found.value)} is no duration up to ${longest / HOUR}h`,
    'write it as 30s, 5m or 1h',
  );
}

function sizeProblems(
  found: Located | undefined,
  what: string,
  sizeOf: (text: string) => number | undefined,
  most: number,
  remedy: string,
): readonly Problem[] {
  const size = found && sizeOf(found.value);
  return when(
    found !== undefined && (size === undefined || size > most),
    found,
    `the ${what} ${JSON.stringify(found?.value)} cannot be had`,
    remedy,
  );
}

function mebibytesOf(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,5})(Mi|Gi)$/.exec(text);
  return match ? Number(match[1]) * (match[2] === 'Gi' ? 1024 : 1) : undefined;
}

function millicoresOf(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,5})(m?)$/.exec(text);
  return match ? Number(match[1]) * (match[2] === 'm' ? 1 : 1000) : undefined;
}

function oneOf(found: Located | undefined, key: string, known: readonly string[]): readonly Problem[] {
  const wrong = found !== undefined && !known.includes(found.value);
  return when(wrong, found, `${key} ${JSON.stringify(found?.value)} is not known`, `it is one of: ${known.join(', ')}`);
}

/** The problem where it is one. */
function when(wrong: boolean, place: Pick<Located, 'at'> | undefined, message: string, remedy: string): readonly Problem[] {
  return wrong ? [{ message, ...(place ? { at: place.at } : {}), remedy }] : [];
}

function placeOf(tree: SpecTree, node: unknown): Pick<Located, 'at'> {
  return { at: tree.at(startOf(node)) };
}

/** Where a key of a mapping is written; of the mapping where it is not there. */
function placeOfKey(tree: SpecTree, node: YAMLMap, key: string): Pick<Located, 'at'> {
  const pair = node.items.find((item) => (item.key as { value?: unknown }).value === key);
  return placeOf(tree, pair?.key ?? node);
}
