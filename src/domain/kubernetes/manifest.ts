import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { fail, ok, type Position, type Problem, type Result } from '../result';
import { checkForm } from '../spec/check-form';
import { located, mapping } from '../spec/nodes';
import { isAbsent, parseTrees, startOf, type SpecTree } from '../spec/tree';
import { KINDS, MANIFEST_DEFINITIONS } from './manifest-form';
import { MANIFEST_RULES, type PodLevel } from './manifest-rules';
import { MANAGED, SERVER, TEST } from './run';

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** An object as the API of Kubernetes takes it. */
export interface ManifestObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string } & JsonObject;
}

/** A file of Kubernetes objects, checked; not yet of a namespace and an image (see `placeManifest`). */
export interface Manifest {
  readonly level: PodLevel;
  readonly objects: readonly ManifestObject[];
}

/** Stands for the image under test. */
const IMAGE = 'IMAGE';
const NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** These Millrace makes itself in the namespace. */
const TAKEN = [`Job ${TEST}`, `Pod ${SERVER}`];
/** Fields that are a number or a name. */
const NUMBER_OR_NAME = ['port', 'targetPort', 'maxSurge', 'maxUnavailable'];

/**
 * Reads a file of Kubernetes objects (several YAML documents) that run in a namespace of the given Pod Security level. The error is every defect with its place: what is not allowed in a
 * test (see `MANIFEST_DEFINITIONS`), what asks for privileges, images that are not by digest.
 */
export function readManifest(text: string, file: string, level: PodLevel): Result<Manifest, readonly Problem[]> {
  const parsed = parseTrees(text, file, { kind: 'an object of Kubernetes', starts: 'apiVersion' });
  if (!parsed.ok) return parsed;
  const trees = parsed.value;
  if (trees.length === 0)
    return fail([
      { message: 'the manifest has no objects', at: { file, line: 1, column: 1 }, remedy: 'write one, or take it out of the suite' },
    ]);
  const problems = trees.flatMap((tree) => objectProblems(tree, level));
  if (problems.length > 0) return fail(problems);
  const objects = trees.map((tree) => valueOf(kindOf(tree)!, tree.root, '') as ManifestObject);
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const twice = trees.flatMap((tree, index) =>
    names.indexOf(names[index]!) === index
      ? []
      : [{ message: `${names[index]} is there twice`, at: tree.at(startOf(tree.root)), remedy: 'give it another name' }],
  );
  return twice.length > 0 ? fail(twice) : ok({ level, objects });
}

/** The objects for a namespace: pods with the image, the least privileges and limits where they name none (`memory`, `cpu`: a namespace has a quota), and no access to the cluster. */
export function placeManifest(
  { objects, level }: Manifest,
  place: { readonly namespace: string; readonly image: string; readonly memory: string; readonly cpu: string },
): readonly ManifestObject[] {
  const pod = (spec: JsonObject): JsonObject => placePod(spec, level, place);
  return objects.map((object) => {
    const metadata = { ...object.metadata, namespace: place.namespace };
    if (object.kind === 'Pod') return { ...object, metadata: labelled(metadata, POD_LABELS), spec: pod(object['spec'] as JsonObject) };
    const spec = object['spec'] as { readonly template?: JsonObject } & JsonObject;
    const template = spec?.template;
    if (!template) return { ...object, metadata: labelled(metadata, MANAGED) };
    const made = {
      ...template,
      metadata: labelled((template['metadata'] ?? {}) as JsonObject, POD_LABELS),
      spec: pod(template['spec'] as JsonObject),
    };
    return { ...object, metadata: labelled(metadata, MANAGED), spec: { ...spec, template: made } };
  });
}

/** Whether a container of it is the image under test. */
export function hasImage({ objects }: Manifest): boolean {
  return objects.some((object) => podSpecs(object).some((spec) => containersOf(spec).some(({ image }) => image === IMAGE)));
}

/** The ports of a Service by its name; undefined where there is no such Service. */
export function servicePorts({ objects }: Manifest, name: string): readonly number[] | undefined {
  const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name);
  const ports = (service?.['spec'] as JsonObject | undefined)?.['ports'] as readonly { readonly port: number }[] | undefined;
  return ports?.map(({ port }) => port);
}

const POD_LABELS = { ...MANAGED, 'millrace.dev/part': 'manifest' };

function labelled<T extends JsonObject>(metadata: T, labels: Readonly<Record<string, string>>): T & { readonly labels: JsonObject } {
  return { ...metadata, labels: { ...((metadata['labels'] ?? {}) as JsonObject), ...labels } };
}

function placePod(
  spec: JsonObject,
  level: PodLevel,
  { image, memory, cpu }: { readonly image: string; readonly memory: string; readonly cpu: string },
): JsonObject {
  const container = (item: JsonObject): JsonObject => {
    const { limits, requests } = (item['resources'] ?? {}) as { readonly limits?: JsonObject; readonly requests?: JsonObject };
    const context = (item['securityContext'] ?? {}) as JsonObject;
    const asked = { memory: requests?.['memory'] ?? memory, cpu: requests?.['cpu'] ?? cpu };
    return {
      ...item,
      image: item['image'] === IMAGE ? image : item['image']!,
      imagePullPolicy: 'IfNotPresent',
      resources: { ...(requests ? { requests } : {}), limits: { ...asked, ...limits } },
      securityContext: {
        ...context,
        capabilities: { drop: ['ALL'], ...((context['capabilities'] ?? {}) as JsonObject) },
        allowPrivilegeEscalation: false,
      },
    };
  };
  const initial = spec['initContainers'] as readonly JsonObject[] | undefined;
  return {
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 5,
    ...spec,
    automountServiceAccountToken: false,
    securityContext: {
      seccompProfile: { type: 'RuntimeDefault' },
      ...(level === 'restricted' ? { runAsNonRoot: true } : {}),
      ...((spec['securityContext'] ?? {}) as JsonObject),
    },
    containers: (spec['containers'] as readonly JsonObject[]).map(container),
    ...(initial ? { initContainers: initial.map(container) } : {}),
  };
}

function podSpecs(object: ManifestObject): readonly JsonObject[] {
  const spec = object['spec'] as JsonObject | undefined;
  if (object.kind === 'Pod') return [spec!];
  const template = spec?.['template'] as JsonObject | undefined;
  return template ? [template['spec'] as JsonObject] : [];
}

function containersOf(spec: JsonObject): readonly JsonObject[] {
  return ['containers', 'initContainers'].flatMap((key) => (spec[key] ?? []) as readonly JsonObject[]);
}

function kindOf(tree: SpecTree): string | undefined {
  const kind = located(tree, tree.root, 'kind')?.value;
  return kind !== undefined && Object.hasOwn(KINDS, kind) ? kind : undefined;
}

function objectProblems(tree: SpecTree, level: PodLevel): readonly Problem[] {
  const kind = located(tree, tree.root, 'kind');
  const known = kindOf(tree);
  if (!known) {
    const message = kind ? `a test may not make a ${kind.value}` : 'kind is missing';
    return [
      { message, at: kind?.at ?? tree.at(startOf(tree.root)), remedy: `the kinds of a manifest are: ${Object.keys(KINDS).join(', ')}` },
    ];
  }
  const forbidden = ruleProblems(tree, level, known);
  const places = new Set(forbidden.map(({ at }) => placeKey(at)));
  const form = checkForm(tree, known, MANIFEST_DEFINITIONS).filter(({ at }) => !places.has(placeKey(at)));
  return [...form, ...forbidden, ...(form.length === 0 ? headProblems(tree, known) : [])];
}

const placeKey = (at: Position | undefined) => `${at?.line}:${at?.column}`;

function headProblems(tree: SpecTree, kind: string): readonly Problem[] {
  const version = located(tree, tree.root, 'apiVersion')!;
  const metadata = mapping(tree.root, 'metadata');
  const name = metadata && located(tree, metadata, 'name');
  const problems: Problem[] = [];
  if (version.value !== KINDS[kind])
    problems.push({ message: `a ${kind} is not of ${version.value}`, at: version.at, remedy: `write \`apiVersion: ${KINDS[kind]}\`` });
  if (name && !NAME.test(name.value))
    problems.push({
      message: `${JSON.stringify(name.value)} is no name of a ${kind}`,
      at: name.at,
      remedy: 'lower-case letters, digits and dashes, a letter first, 63 at most',
    });
  if (name && TAKEN.includes(`${kind} ${name.value}`))
    problems.push({ message: `${kind} ${name.value} is Millrace's own`, at: name.at, remedy: 'give it another name' });
  return problems;
}

/** What the rules say of every field, of those that the form does not know too. */
function ruleProblems(tree: SpecTree, level: PodLevel, kind: string): readonly Problem[] {
  const problems: Problem[] = [];
  const visit = (definition: string, node: YAMLMap, path: string): void => {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      const here = path ? `${path}.${name}` : name;
      const text = isScalar(value) && !isAbsent(value) ? String(value.value) : '';
      const rules = MANIFEST_RULES[definition];
      const found = rules && Object.hasOwn(rules, name) ? rules[name]!(text, level, value) : undefined;
      if (found) problems.push({ message: `${here} ${found[0]}`, at: tree.at(startOf(key)), remedy: found[1] });
      const fields = MANIFEST_DEFINITIONS[definition]!.fields;
      const type = Object.hasOwn(fields, name) ? fields[name]! : '';
      const inner = type.replace(/\[\]$/, '');
      if (!Object.hasOwn(MANIFEST_DEFINITIONS, inner)) continue;
      if (isMap(value)) visit(inner, value, here);
      if (isSeq(value)) value.items.forEach((item, index) => isMap(item) && visit(inner, item, `${here}[${index}]`));
    }
  };
  visit(kind, tree.root, '');
  return problems;
}

/** Reads by the form alone, so that nothing comes through that is not in it. Relies on `checkForm`. */
function valueOf(type: string, node: unknown, key: string): Json {
  if (type.endsWith('[]')) {
    const items = isSeq(node) ? node.items.filter((item) => !isAbsent(item)) : [];
    return items.map((item) => valueOf(type.slice(0, -2), item, key));
  }
  if (type.endsWith('{}')) return entriesOf(node as YAMLMap, () => type.slice(0, -2));
  const definition = MANIFEST_DEFINITIONS[type];
  if (definition) return entriesOf(node as YAMLMap, (name) => definition.fields[name]!);
  return scalarOf(type, String((node as { readonly value: unknown }).value), key);
}

function entriesOf(node: YAMLMap, typeOf: (key: string) => string): JsonObject {
  const present = node.items.filter(({ value }) => !isAbsent(value));
  return Object.fromEntries(
    present.map(({ key, value }) => {
      const name = String((key as { readonly value: unknown }).value);
      return [name, valueOf(typeOf(name), value, name)];
    }),
  );
}

function scalarOf(type: string, text: string, key: string): Json {
  if (type === 'boolean') return /^true$/i.test(text);
  if (type === 'natural') return Number(text);
  if (type === 'number') return numberOf(text);
  return NUMBER_OR_NAME.includes(key) && /^[0-9]+$/.test(text) ? Number(text) : text;
}

/** Modes of files are octal with or without the `o`, as YAML 1.1 and Go read them. */
function numberOf(text: string): number {
  const octal = /^0o?([0-7]+)$/.exec(text);
  return octal ? parseInt(octal[1]!, 8) : Number(text);
}
