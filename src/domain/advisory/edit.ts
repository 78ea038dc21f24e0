import { isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { canonicalJson } from '../digest';
import { fail, ok, type Position, type Problem, type Result } from '../result';
import { parseTree, startOf } from '../spec/tree';
import type { Advisory, AdvisoryDocument, AdvisoryEvent } from './advisory';
import { readAdvisories } from './read';

/**
 * Edits only add lines to the text; everything that was there stays byte for byte, comments and order too.
 * Every result is read back: if it says anything else than what was asked for, the edit is an error.
 */

type Edited = Result<string, readonly Problem[]>;

/** The document with one more event at the end of an advisory. */
export function appendEvent(text: string, file: string, id: string, event: AdvisoryEvent): Edited {
  const read = readAdvisories(text, file);
  if (!read.ok) return read;
  const index = read.value.advisories.findIndex((advisory) => advisory.id === id);
  if (index < 0) return fail([{ message: `${read.value.package} has no advisory ${id}`, at: read.value.places.package }]);
  const node = advisoriesOf(text, file)?.items[index];
  const list = isMap(node) ? sequence(node, 'events') : undefined;
  const wanted = read.value.advisories.map((advisory, at) =>
    at === index ? { ...advisory, events: [...advisory.events, event] } : advisory,
  );
  return insert(text, read.value, list, eventLines(event), false, wanted);
}

/** The document with one more advisory at its end. */
export function addAdvisory(text: string, file: string, advisory: Advisory): Edited {
  const read = readAdvisories(text, file);
  if (!read.ok) return read;
  const known = read.value.advisories.find(({ id }) => id === advisory.id);
  if (known) return fail([{ message: `${read.value.package} has an advisory ${known.id} already`, at: read.value.places.package }]);
  return insert(text, read.value, advisoriesOf(text, file), advisoryLines(advisory), true, [...read.value.advisories, advisory]);
}

/** The first document of a package, with its first advisory. */
export function newDocument(name: string, advisory: Advisory): string {
  const lines = ['schema-version: 2.0.2', '', 'package:', `  name: ${plain(name)}`, '', 'advisories:'];
  return `${[...lines, ...listItem('  ', advisoryLines(advisory))].join('\n')}\n`;
}

function advisoriesOf(text: string, file: string): YAMLSeq | undefined {
  const tree = parseTree(text, file);
  return tree.ok ? sequence(tree.value.root, 'advisories') : undefined;
}

function sequence(node: YAMLMap, key: string): YAMLSeq | undefined {
  const value = node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
  return isSeq(value) ? value : undefined;
}

function insert(
  text: string,
  document: AdvisoryDocument,
  list: YAMLSeq | undefined,
  lines: readonly string[],
  apart: boolean,
  wanted: readonly Advisory[],
): Edited {
  const last = list?.items.at(-1) as Node | undefined;
  if (!list || list.flow || !last?.range) return byHand('the list is written in one line', document.places.package);
  const start = startOf(list.items[0]);
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  if (!/^ *- +$/.test(indent)) return byHand('the list is not written as one item a line', document.places.package);
  const content = text.slice(0, last.range[1]).trimEnd().length;
  const newline = text.indexOf('\n', content);
  const end = newline < 0 ? text.length : newline + 1;
  const added = `${listItem(indent.slice(0, indent.indexOf('-')), lines, indent.length - indent.indexOf('-')).join('\n')}\n`;
  const before = text.slice(0, end);
  const edited = `${before}${before.endsWith('\n') ? '' : '\n'}${apart ? '\n' : ''}${added}${text.slice(end)}`;
  const after = readAdvisories(edited, document.file);
  if (!after.ok || canonicalJson(after.value.advisories) !== canonicalJson(wanted))
    return byHand('the edited document would not say what was asked for', document.places.package);
  return ok(edited);
}

function byHand(message: string, at: Position): Edited {
  return fail([{ message: `${message}, so nothing was changed`, at, remedy: 'edit it by hand' }]);
}

/** Lines as an item of a list: `width` is that of its dash with the spaces after it. */
function listItem(indent: string, lines: readonly string[], width = 2): readonly string[] {
  return lines.map((line, index) => (line === '' ? '' : `${indent}${index === 0 ? '-'.padEnd(width) : ' '.repeat(width)}${line}`));
}

function advisoryLines(advisory: Advisory): readonly string[] {
  return [
    `id: ${plain(advisory.id)}`,
    ...(advisory.aliases.length > 0 ? ['aliases:', ...advisory.aliases.map((alias) => `  - ${plain(alias)}`)] : []),
    'events:',
    ...advisory.events.flatMap((event) => listItem('  ', eventLines(event))),
  ];
}

function eventLines(event: AdvisoryEvent): readonly string[] {
  const data = dataOf(event);
  const lines = [`timestamp: ${event.timestamp}`, `type: ${event.type}`];
  return Object.keys(data).length > 0 ? [...lines, 'data:', ...mappingLines(data, '  ')] : lines;
}

interface Data {
  readonly [key: string]: string | Data;
}

function dataOf(event: AdvisoryEvent): Data {
  switch (event.type) {
    case 'detection':
      return { type: event.detection.type, ...('data' in event.detection ? { data: event.detection.data } : {}) };
    case 'fixed':
      return { 'fixed-version': event.fixedVersion };
    case 'false-positive-determination':
      return { type: event.reason, ...(event.note === undefined ? {} : { note: event.note }) };
    default:
      return event.note === undefined ? {} : { note: event.note };
  }
}

function mappingLines(data: Data, indent: string): readonly string[] {
  return Object.entries(data).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${indent}${key}: ${plain(value)}`] : [`${indent}${key}:`, ...mappingLines(value, `${indent}  `)],
  );
}

/** Quoted where YAML could read something else than this text, also as a number or a truth. */
function plain(text: string): string {
  const safe = /^[A-Za-z/][A-Za-z0-9 ./_+@~-]*$/.test(text) && !/ $|^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  const version = /^\d+(\.\d+)*[a-z_~0-9]*-r\d+$/.test(text);
  return safe || version ? text : JSON.stringify(text);
}
