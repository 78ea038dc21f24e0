import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import type { Located } from './spec';
import { isAbsent, locate, startOf, type SpecTree } from './tree';

/** Reading of mappings whose form was checked (see `checkForm`): an absent key and an empty value are undefined or empty. */

function valueOf(node: YAMLMap | undefined, key: string): unknown {
  return node?.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
}

export function hasKey(node: YAMLMap, key: string): boolean {
  return node.items.some((pair) => isScalar(pair.key) && pair.key.value === key);
}

export function mapping(node: YAMLMap, key: string): YAMLMap | undefined {
  const value = valueOf(node, key);
  return isMap(value) ? value : undefined;
}

export function mappings(node: YAMLMap, key: string): readonly YAMLMap[] {
  const value = valueOf(node, key);
  return isSeq(value) ? value.items.filter(isMap) : [];
}

export function textOf(node: YAMLMap, key: string): string | undefined {
  const value = valueOf(node, key);
  return isScalar(value) && !isAbsent(value) ? String(value.value) : undefined;
}

export function located(tree: SpecTree, node: YAMLMap, key: string): Located | undefined {
  return locate(tree, valueOf(node, key));
}

export function flag(node: YAMLMap, key: string): boolean {
  return textOf(node, key)?.toLowerCase() === 'true';
}

export function texts(node: YAMLMap | undefined, key: string): readonly string[] {
  const value = valueOf(node, key);
  return isSeq(value)
    ? value.items.filter((item) => isScalar(item) && !isAbsent(item)).map((item) => String((item as { value: unknown }).value))
    : [];
}

export function locatedTexts(tree: SpecTree, node: YAMLMap | undefined, key: string): readonly Located[] {
  const value = valueOf(node, key);
  return isSeq(value) ? value.items.flatMap((item) => locate(tree, item) ?? []) : [];
}

export function locatedEntries(tree: SpecTree, node: YAMLMap, key: string): Readonly<Record<string, Located>> {
  const entries: [string, Located][] = [];
  for (const pair of mapping(node, key)?.items ?? []) {
    entries.push([keyText(pair.key), locate(tree, pair.value) ?? emptyAt(tree, pair.value ?? pair.key)]);
  }
  return Object.fromEntries(entries);
}

/** A value left empty is the empty text to melange. */
function emptyAt(tree: SpecTree, node: unknown): Located {
  const offset = startOf(node);
  return { value: '', at: tree.at(offset), offset, end: offset };
}

export function keyText(key: unknown): string {
  return scalarText(key);
}

function scalarText(node: unknown): string {
  return isScalar(node) ? String(node.value) : '';
}

/** A member only where there is a value: with exactOptionalPropertyTypes an undefined member is not an absent one. */
export function optional<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
