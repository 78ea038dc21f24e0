import { isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLMap } from 'yaml';
import { parseVersion } from '../version/version';
import { compileGoRegexp } from './go-regexp';
import { nearestKey } from './nearest-key';
import type { SpecProblem, SpecRule } from './problem';
import { DEFINITIONS, type Definition, type ScalarType } from './schema';
import { isAbsent, nodeKind, startOf, type SpecTree } from './tree';

const PACKAGE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9+_.-]*$/;
const BOOLEAN = /^(true|false)$/i;
/** Decimal, or what YAML 1.1 and Go write for octal and hexadecimal modes. */
const NUMBER = /^-?(0|[1-9][0-9]*|0o?[0-7]+|0x[0-9a-fA-F]+)$/;
const NATURAL = /^(0|[1-9][0-9]{0,14})$/;

/** Every place where a document departs from its schema (that of a spec, unless another is named): unknown, repeated and missing keys, wrong types, invalid versions, names and regular expressions. */
export function checkForm(
  tree: SpecTree,
  definition = 'Configuration',
  definitions: Readonly<Record<string, Definition>> = DEFINITIONS,
): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  checkDefinition({ tree, problems, definitions }, definition, tree.root, '');
  return problems;
}

interface Check {
  readonly tree: SpecTree;
  readonly problems: SpecProblem[];
  readonly definitions: Readonly<Record<string, Definition>>;
}

function report(check: Check, node: unknown, rule: SpecRule, message: string, remedy?: string): void {
  check.problems.push({ rule, message, at: check.tree.at(startOf(node)), ...(remedy ? { remedy } : {}) });
}

function checkType(check: Check, type: string, node: unknown, path: string): void {
  if (isAlias(node))
    return report(check, node, 'alias', `${path} is an alias`, 'write the value out: an edit of an alias would change two places');
  if (isAbsent(node)) return;
  if (type.endsWith('[]')) return checkList(check, type.slice(0, -2), node, path);
  if (type.endsWith('{}')) return checkMapping(check, type.slice(0, -2), node, path);
  if (check.definitions[type]) {
    if (isMap(node)) return checkDefinition(check, type, node, path);
    return wrongKind(check, node, path, 'a mapping');
  }
  if (!isScalar(node)) return wrongKind(check, node, path, 'a scalar');
  checkScalar(check, type as ScalarType, node, path);
}

function wrongKind(check: Check, node: unknown, path: string, wanted: string): void {
  report(check, node, 'type', `${path} is ${nodeKind(node as Scalar)}, not ${wanted}`);
}

function checkList(check: Check, type: string, node: unknown, path: string): void {
  if (!isSeq(node)) return wrongKind(check, node, path, 'a list');
  node.items.forEach((item, index) => checkType(check, type, item, `${path}[${index}]`));
}

function checkMapping(check: Check, type: string, node: unknown, path: string): void {
  if (!isMap(node)) return wrongKind(check, node, path, 'a mapping');
  for (const [key, value] of keysOnce(check, node, path)) checkType(check, type, value, `${path}.${key}`);
}

function checkDefinition(check: Check, name: string, node: YAMLMap, path: string): void {
  const { fields, required = [] } = check.definitions[name]!;
  const seen = keysOnce(check, node, path, Object.keys(fields));
  for (const [key, value] of seen) checkType(check, fields[key]!, value, path ? `${path}.${key}` : key);
  for (const key of required) {
    const value = seen.get(key);
    if (value === undefined || isAbsent(value))
      report(check, node, 'missing-key', `${path ? `${path}.${key}` : key} is missing`, `write \`${key}:\``);
  }
}

/** The pairs of a mapping with each key once; unknown keys (where the known are given) and repeated ones are reported and left out. */
function keysOnce(check: Check, node: YAMLMap, path: string, known?: readonly string[]): ReadonlyMap<string, unknown> {
  const seen = new Map<string, unknown>();
  for (const pair of node.items) {
    if (!isScalar(pair.key)) {
      report(check, pair.key ?? node, 'type', `${path || 'the file'} has a key that is no plain text`);
      continue;
    }
    const key = String(pair.key.value);
    if (seen.has(key)) report(check, pair.key, 'duplicate-key', `${path ? `${path}.${key}` : key} is there twice`, 'remove one');
    else if (known && !known.includes(key)) reportUnknown(check, pair.key, key, path, known);
    else seen.set(key, pair.value);
  }
  return seen;
}

function reportUnknown(check: Check, node: unknown, key: string, path: string, known: readonly string[]): void {
  const near = nearestKey(key, known);
  const remedy = near ? `did you mean \`${near}\`?` : `known here: ${known.join(', ')}`;
  report(check, node, 'unknown-key', `unknown key \`${key}\`${path ? ` in ${path}` : ''}`, remedy);
}

function checkScalar(check: Check, type: ScalarType, node: Scalar, path: string): void {
  const value = String(node.value);
  switch (type) {
    case 'text':
      return;
    case 'boolean':
      if (!BOOLEAN.test(value)) report(check, node, 'type', `${path} is ${JSON.stringify(value)}, not true or false`);
      return;
    case 'natural':
      if (!NATURAL.test(value)) report(check, node, 'type', `${path} is ${JSON.stringify(value)}, not a whole number of 0 or more`);
      return;
    case 'number':
      if (!NUMBER.test(value)) report(check, node, 'type', `${path} is ${JSON.stringify(value)}, not a whole number`);
      return;
    case 'name':
      if (!PACKAGE_NAME.test(value))
        report(check, node, 'name', `${path} ${JSON.stringify(value)} is no package name`, 'letters, digits and + _ . -');
      return;
    case 'version':
      return checkVersion(check, node, value, path);
    case 'regexp': {
      const compiled = compileGoRegexp(value);
      if (!compiled.ok) report(check, node, 'regexp', `${path}: ${compiled.error.message}`, compiled.error.remedy);
      return;
    }
  }
}

function checkVersion(check: Check, node: Scalar, value: string, path: string): void {
  const parsed = parseVersion(value);
  if (!parsed.ok) return report(check, node, 'version', `${path}: ${parsed.error.message}`, parsed.error.remedy);
  if (parsed.value.tokens.some((token) => token.kind === 'revision')) {
    report(check, node, 'version', `${path} ${JSON.stringify(value)} contains a revision`, 'the revision is the epoch: write it there');
  }
}
