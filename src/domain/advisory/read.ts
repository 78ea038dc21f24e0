import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { fail, ok, type Position, type Problem, type Result } from '../result';
import { nearestKey } from '../spec/nearest-key';
import { isAbsent, locate, nodeKind, parseTree, startOf, type SpecTree } from '../spec/tree';
import {
  EVENT_TYPES,
  FALSE_POSITIVE_TYPES,
  NVD_KEYS,
  SCAN_KEYS,
  type Advisory,
  type AdvisoryDocument,
  type AdvisoryEvent,
  type Detection,
} from './advisory';
import { isAdvisoryId } from './id';

/** All of schema 2; what was added between them is read in each. */
const SCHEMA_VERSIONS = ['2', '2.0.0', '2.0.1', '2.0.2'];
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const ALIAS = /^(CVE-\d{4}-\d{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3}|GO-\d{4}-\d{4,})$/;

/** Whether an advisory may carry the id of another database as an alias: those of CVE, GitHub and Go (schema 2.0.2). */
export function isAlias(id: string): boolean {
  return ALIAS.test(id);
}

/** A time as advisories write it, which also is a day that exists. */
export function isTimestamp(text: string): boolean {
  if (!TIMESTAMP.test(text)) return false;
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === text.slice(0, 19);
}

/** Reads the advisories of a package (schema 2.0.2) strictly: an unknown key is an error. The error is every defect, each with its position. */
export function readAdvisories(text: string, file: string): Result<AdvisoryDocument, readonly Problem[]> {
  const tree = parseTree(text, file, { kind: 'an advisory document', starts: 'schema-version' });
  if (!tree.ok) return tree;
  const reading: Reading = { tree: tree.value, problems: [] };
  const document = documentOf(reading);
  return reading.problems.length > 0 || !document ? fail(reading.problems) : ok(document);
}

interface Reading {
  readonly tree: SpecTree;
  readonly problems: Problem[];
}

type Fields = ReadonlyMap<string, unknown>;

function report(reading: Reading, node: unknown, message: string, remedy?: string): undefined {
  reading.problems.push({ message, at: place(reading, node), ...(remedy ? { remedy } : {}) });
  return undefined;
}

const place = (reading: Reading, node: unknown): Position => reading.tree.at(startOf(node));

function documentOf(reading: Reading): AdvisoryDocument | undefined {
  const { root, file } = reading.tree;
  const fields = fieldsOf(reading, root, '', ['schema-version', 'package', 'advisories']);
  const version = textOf(reading, fields, 'schema-version', '', root);
  if (version !== undefined && !SCHEMA_VERSIONS.includes(version))
    report(reading, fields.get('schema-version'), `schema-version ${version} is not one that is read here`, 'write 2.0.2');
  const about = mapOf(reading, fields, 'package', '', root);
  const name = about && textOf(reading, fieldsOf(reading, about, 'package', ['name']), 'name', 'package', about);
  const list = listOf(reading, fields, 'advisories', '', root);
  const read = list.map((node, index) => advisoryOf(reading, node, `advisories[${index}]`));
  if (name === undefined || read.some((each) => !each)) return undefined;
  const advisories = read.map((each) => each!);
  return {
    file,
    package: name,
    advisories: advisories.map(({ advisory }) => advisory),
    places: { package: place(reading, about), advisories: advisories.map(({ at, events }) => ({ at, events })) },
  };
}

function advisoryOf(reading: Reading, node: unknown, path: string) {
  if (!isMap(node)) return report(reading, node, `${path} is ${nodeKind(node as YAMLMap)}, not a mapping`);
  const fields = fieldsOf(reading, node, path, ['id', 'aliases', 'events']);
  const id = textOf(reading, fields, 'id', path, node);
  if (id !== undefined && !isAdvisoryId(id))
    report(reading, fields.get('id'), `${path}.id ${JSON.stringify(id)} is no advisory id`, 'as CGA-2c3f-4g5h-6j7m');
  const aliases = isAbsent(fields.get('aliases'))
    ? []
    : listOf(reading, fields, 'aliases', path, node).map((item) =>
        scalar(reading, item, `an alias of ${path}`, ALIAS, 'CVE-, GHSA- or GO-'),
      );
  const events = listOf(reading, fields, 'events', path, node);
  const read = events.map((event, index) => eventOf(reading, event, `${path}.events[${index}]`));
  if (events.length === 0 && isSeq(fields.get('events'))) report(reading, node, `${path} has no event`, 'an advisory starts with one');
  if (id === undefined) return undefined;
  const advisory: Advisory = {
    id,
    aliases: aliases.filter((alias) => alias !== undefined),
    events: read.filter((event) => event !== undefined),
  };
  return { advisory, at: place(reading, node), events: events.map((event) => place(reading, event)) };
}

function eventOf(reading: Reading, node: unknown, path: string): AdvisoryEvent | undefined {
  if (!isMap(node)) return report(reading, node, `${path} is ${nodeKind(node as YAMLMap)}, not a mapping`);
  const fields = fieldsOf(reading, node, path, ['timestamp', 'type', 'data']);
  const timestamp = textOf(reading, fields, 'timestamp', path, node);
  if (timestamp !== undefined && !isTimestamp(timestamp))
    report(reading, fields.get('timestamp'), `${path}.timestamp ${JSON.stringify(timestamp)} is no time`, 'as 2026-01-31T12:00:00Z');
  const type = oneOf(reading, fields, 'type', path, node, EVENT_TYPES);
  if (timestamp === undefined || type === undefined) return undefined;
  const data = (...keys: readonly string[]): Fields => {
    const value = fields.get('data');
    if (isMap(value)) return fieldsOf(reading, value, `${path}.data`, keys);
    if (!isAbsent(value)) report(reading, value, `${path}.data is ${nodeKind(value as YAMLMap)}, not a mapping`);
    return new Map();
  };
  const within = `${path}.data`;
  const owner = isMap(fields.get('data')) ? (fields.get('data') as YAMLMap) : node;
  switch (type) {
    case 'detection': {
      const detection = detectionOf(reading, data('type', 'data'), within, owner);
      return detection && { timestamp, type, detection };
    }
    case 'true-positive-determination': {
      const note = optionalText(reading, data('note'), 'note', within);
      return { timestamp, type, ...(note === undefined ? {} : { note }) };
    }
    case 'fixed': {
      const inner = data('fixed-version');
      const fixedVersion = textOf(reading, inner, 'fixed-version', within, owner);
      if (fixedVersion === undefined) return undefined;
      // Whether it is a version at all is asked when the event is added: it must be in the index. Old documents hold some that are none.
      if (!/^[0-9].*-r[0-9]+$/.test(fixedVersion))
        report(
          reading,
          inner.get('fixed-version'),
          `${within}.fixed-version ${JSON.stringify(fixedVersion)} names no package`,
          'as 1.2.3-r0',
        );
      return { timestamp, type, fixedVersion };
    }
    case 'false-positive-determination': {
      const inner = data('type', 'note');
      const reason = oneOf(reading, inner, 'type', within, owner, FALSE_POSITIVE_TYPES);
      const note = optionalText(reading, inner, 'note', within);
      return reason && { timestamp, type, reason, ...(note === undefined ? {} : { note }) };
    }
    default: {
      const note = textOf(reading, data('note'), 'note', within, owner);
      return note === undefined ? undefined : { timestamp, type, note };
    }
  }
}

function detectionOf(reading: Reading, fields: Fields, path: string, owner: YAMLMap): Detection | undefined {
  const type = oneOf(reading, fields, 'type', path, owner, ['manual', 'nvdapi', 'scan/v1'] as const);
  if (type === undefined) return undefined;
  const value = fields.get('data');
  if (type === 'manual') {
    if (!isAbsent(value)) return report(reading, value, `${path}.data says more than a manual detection has`, 'remove it');
    return { type };
  }
  const inner = mapOf(reading, fields, 'data', path, owner);
  if (!inner) return undefined;
  const keys = type === 'nvdapi' ? NVD_KEYS : SCAN_KEYS;
  const given = fieldsOf(reading, inner, `${path}.data`, keys);
  const texts = keys.map((key) => [key, textOf(reading, given, key, `${path}.data`, inner)] as const);
  if (texts.some(([, text]) => text === undefined)) return undefined;
  return { type, data: Object.fromEntries(texts) } as Detection;
}

/** The values of a mapping by key; unknown and repeated keys are reported. */
function fieldsOf(reading: Reading, node: YAMLMap, path: string, known: readonly string[]): Fields {
  const fields = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const full = path === '' ? name : `${path}.${name}`;
    if (!known.includes(name)) {
      const near = nearestKey(name, known);
      report(reading, key ?? node, `unknown key ${full}`, near ? `did you mean \`${near}\`?` : `known here: ${known.join(', ')}`);
    } else if (fields.has(name)) report(reading, key, `${full} is there twice`, 'remove one');
    else fields.set(name, value);
  }
  return fields;
}

function scalar(reading: Reading, node: unknown, path: string, form: RegExp, wanted: string): string | undefined {
  const value = locate(reading.tree, node)?.value;
  if (value !== undefined && form.test(value)) return value;
  return report(reading, node, `${path} is ${value === undefined ? 'no text' : JSON.stringify(value)}`, wanted);
}

function optionalText(reading: Reading, fields: Fields, key: string, path: string): string | undefined {
  const node = fields.get(key);
  return isAbsent(node) ? undefined : scalar(reading, node, `${path}.${key}`, /[^]/, 'text');
}

function textOf(reading: Reading, fields: Fields, key: string, path: string, owner: unknown): string | undefined {
  if (isAbsent(fields.get(key))) return missing(reading, path, key, owner);
  return optionalText(reading, fields, key, path);
}

function oneOf<T extends string>(
  reading: Reading,
  fields: Fields,
  key: string,
  path: string,
  owner: unknown,
  words: readonly T[],
): T | undefined {
  const text = textOf(reading, fields, key, path, owner);
  if (text === undefined || (words as readonly string[]).includes(text)) return text as T | undefined;
  const near = nearestKey(text, words);
  return report(
    reading,
    fields.get(key),
    `${path}.${key} is ${JSON.stringify(text)}`,
    near ? `did you mean \`${near}\`?` : `one of ${words.join(', ')}`,
  );
}

function mapOf(reading: Reading, fields: Fields, key: string, path: string, owner: unknown): YAMLMap | undefined {
  const node = fields.get(key);
  if (isMap(node)) return node;
  if (isAbsent(node)) return missing(reading, path, key, owner);
  return report(reading, node, `${dotted(path, key)} is ${nodeKind(node as YAMLMap)}, not a mapping`);
}

function listOf(reading: Reading, fields: Fields, key: string, path: string, owner: unknown): readonly unknown[] {
  const node = fields.get(key);
  if (isSeq(node)) return node.items;
  if (isAbsent(node)) missing(reading, path, key, owner);
  else report(reading, node, `${dotted(path, key)} is ${nodeKind(node as YAMLMap)}, not a list`);
  return [];
}

const dotted = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function missing(reading: Reading, path: string, key: string, owner: unknown): undefined {
  return report(reading, owner, `${dotted(path, key)} is missing`, `write \`${key}:\``);
}
