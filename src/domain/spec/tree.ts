import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { fail, ok, type Position, type Result } from '../result';
import type { SpecProblem } from './problem';
import type { Located } from './spec';

/** A spec's text as YAML nodes with offsets. Every scalar is a string (failsafe schema): typed reading turns 1.10 into 1.1. */
export interface SpecTree {
  readonly file: string;
  readonly text: string;
  readonly root: YAMLMap;
  at(offset: number): Position;
}

const AS_TEXT = { schema: 'failsafe', prettyErrors: false, uniqueKeys: false } as const;

/** Parses one YAML document whose top is a mapping; all syntax errors with their positions. `what` names the kind of document and its first key in an error. */
export function parseTree(
  text: string,
  file: string,
  what: { readonly kind: string; readonly starts: string } = { kind: 'a spec', starts: 'package' },
): Result<SpecTree, readonly SpecProblem[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { ...AS_TEXT, lineCounter: lines });
  return treeOf(document, text, file, what, lines);
}

/** As `parseTree`, of a file with several documents; those without content are left out. */
export function parseTrees(
  text: string,
  file: string,
  what: { readonly kind: string; readonly starts: string },
): Result<readonly SpecTree[], readonly SpecProblem[]> {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { ...AS_TEXT, lineCounter: lines });
  const trees: SpecTree[] = [];
  const problems: SpecProblem[] = [];
  for (const document of documents) {
    if (document.errors.length === 0 && isAbsent(document.contents)) continue;
    const tree = treeOf(document, text, file, what, lines);
    if (tree.ok) trees.push(tree.value);
    else problems.push(...tree.error);
  }
  return problems.length > 0 ? fail(problems) : ok(trees);
}

function treeOf(
  document: Document.Parsed,
  text: string,
  file: string,
  what: { readonly kind: string; readonly starts: string },
  lines: LineCounter,
): Result<SpecTree, readonly SpecProblem[]> {
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length) {
    return fail(
      document.errors.map((error) => ({ rule: 'yaml', message: `not valid YAML: ${readable(error.message)}`, at: at(error.pos[0]) })),
    );
  }
  const root = document.contents;
  if (!isMap(root)) {
    return fail([
      { rule: 'type', message: `${what.kind} is a mapping`, at: at(root?.range?.[0] ?? 0), remedy: `it starts with \`${what.starts}:\`` },
    ]);
  }
  return ok({ file, text, root, at });
}

/** The parser reports what it cannot recurse into by the engine's own words. */
function readable(message: string): string {
  return message.includes('call stack') ? 'nested too deeply' : message;
}

/** What a node is called in an error. */
export function nodeKind(node: Node): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (isAlias(node)) return 'an alias';
  return 'a scalar';
}

/** An empty plain value, `~` or `null`: melange reads it as absent. */
export function isAbsent(node: unknown): boolean {
  if (node === null || node === undefined) return true;
  return isScalar(node) && (node.type === undefined || node.type === 'PLAIN') && /^(|~|null|Null|NULL)$/.test(String(node.value));
}

/** Start of a node in the text. Nodes of a parsed document always have a range. */
export function startOf(node: unknown): number {
  return (node as Node).range?.[0] ?? 0;
}

/** The scalar with its place, or undefined for an absent value or another kind of node. */
export function locate(tree: SpecTree, node: unknown): Located | undefined {
  if (!isScalar(node) || isAbsent(node)) return undefined;
  const [offset, end] = node.range ?? [0, 0];
  return { value: String(node.value), at: tree.at(offset), offset, end };
}
