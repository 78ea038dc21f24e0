import { isMap, isScalar, isSeq, visit, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { fail, ok, type Position, type Problem, type Result } from '../result';
import { parseVersion } from '../version/version';
import { patchWordsOf, type PatchWord } from './patches';
import { readSpec } from './read';
import { sourceStepsOf, type SourceStep } from './sources';
import type { Located, SourceReference, Spec, Step } from './spec';
import { referencesIn } from './substitute';
import { parseTree, type SpecTree } from './tree';

/**
 * Edits are splices of the text at the places of values; everything else stays byte for byte.
 * Every result is read back: if it says anything else than what was asked for, the edit is an error.
 */

/** A replaced range of the text, and what it means: the scalar there reads otherwise afterwards, or a step is gone, or (neither) only a comment changes. */
interface Splice {
  readonly offset: number;
  readonly end: number;
  readonly text: string;
  readonly reads?: (value: string) => boolean;
  /** Offset of the step. */
  readonly removes?: number;
}

/** What a source must be at the new version; hex digests, and the commit for a git-checkout. */
export interface SourceDigests {
  readonly sha256?: string;
  readonly sha512?: string;
  readonly commit?: string;
}

export interface VersionBump {
  readonly version: string;
  /** Asked for every source that depends on the version and says what it expects; and, where there is none, for checkouts of a branch, which stay as they are without an answer. */
  readonly digests: (source: SourceReference) => SourceDigests | undefined;
}

/**
 * The spec at another version: version (double-quoted unless it was single-quoted), epoch 0 with its comment, and the expected digests and commits of the sources that
 * depend on the version; where those are written as `${{vars.x}}`, the variable's value is edited. A bump to the version that it has is refused.
 */
export function bumpVersion(text: string, file: string, bump: VersionBump): Result<string, readonly Problem[]> {
  const read = readSpec(text, file);
  if (!read.ok) return read;
  const spec = read.value;
  const version = parseVersion(bump.version);
  if (!version.ok) return fail([{ ...version.error, at: spec.version.at }]);
  if (bump.version === spec.version.value) {
    return fail([
      {
        message: `${spec.name.value} is at version ${bump.version} already: this bump would change nothing but the epoch`,
        at: spec.version.at,
        remedy: 'to build it again, bump the epoch with a reason',
      },
    ]);
  }
  const sources = sourceStepsOf(spec, { version: bump.version, epoch: 0 });
  if (!sources.ok) return sources;
  const quote = text[spec.version.offset] === "'" ? "'" : '"';
  const splices = new Map<number, Splice>();
  const problems: Problem[] = [];
  put(splices, problems, spec.version, quote, bump.version);
  put(splices, problems, spec.epoch, '', '0');
  for (const expectation of expectationsIn(spec, sources.value)) {
    if (!expectation.ok) problems.push(expectation.error);
    else putExpectation(splices, problems, text, expectation.value, bump.digests(expectation.value.source) ?? {});
  }
  if (problems.length) return fail(problems);
  return apply(text, file, [...splices.values()]);
}

/** A digest or commit that the spec expects of a source and that a bump replaces, and where it is written. */
export interface Expectation {
  readonly source: SourceReference;
  readonly key: string;
  readonly digest: keyof SourceDigests;
  readonly place: Located;
  /** The source does not depend on the version: without a new value it stays as it is. */
  readonly optional: boolean;
}

/** What a bump to a version must know, in the order of the steps; an error where a value cannot be edited in place. */
export function expectationsOf(spec: Spec, version: string): Result<readonly Expectation[], readonly Problem[]> {
  const sources = sourceStepsOf(spec, { version, epoch: 0 });
  if (!sources.ok) return sources;
  const expectations = expectationsIn(spec, sources.value);
  const problems = expectations.flatMap((each) => (each.ok ? [] : [each.error]));
  return problems.length ? fail(problems) : ok(expectations.flatMap((each) => (each.ok ? [each.value] : [])));
}

function expectationsIn(spec: Spec, sources: readonly SourceStep[]): readonly Result<Expectation>[] {
  const versioned = sources.some(({ source }) => source.versioned);
  const moved = sources.filter(({ source }) => source.versioned || (!versioned && followsBranch(source)));
  return moved.flatMap(({ source, step }) =>
    EXPECTED[source.kind]
      .filter(([key]) => step.with[key]?.value)
      .map(([key, digest]): Result<Expectation> => {
        const place = placeOfValue(spec, step.with[key]!);
        if (place.ok) return ok({ source, key, digest, place: place.value, optional: !source.versioned });
        return fail({ ...place.error, message: `${key} ${place.error.message}` });
      }),
  );
}

/** A spec that builds the tip of a branch has no source that names the version; its expected commit moves with it. */
function followsBranch(source: SourceReference): boolean {
  return source.kind === 'git-checkout' && source.tag === undefined;
}

const EXPECTED = {
  fetch: [
    ['expected-sha256', 'sha256'],
    ['expected-sha512', 'sha512'],
  ],
  'git-checkout': [['expected-commit', 'commit']],
} as const;

/** A digest of the right length for each: a wrong kind of digest must not reach a spec. */
const FORMS: Readonly<Record<keyof SourceDigests, RegExp>> = {
  sha256: /^[0-9a-f]{64}$/,
  sha512: /^[0-9a-f]{128}$/,
  commit: /^([0-9a-f]{40}|[0-9a-f]{64})$/,
};

function putExpectation(
  splices: Map<number, Splice>,
  problems: Problem[],
  text: string,
  { source, digest, place, optional }: Expectation,
  digests: SourceDigests,
): void {
  const value = digests[digest];
  if (value === undefined) {
    if (!optional) problems.push({ message: `no ${digest} is known for the ${source.kind} of ${nameOf(source)}`, at: place.at });
  } else if (!FORMS[digest].test(value)) {
    problems.push({ message: `${JSON.stringify(value)} is no ${digest} in lower-case hexadecimal`, at: place.at });
  } else {
    const quote = /^["']/.exec(text.slice(place.offset, place.end))?.[0] ?? '';
    put(splices, problems, place, quote, value);
  }
}

function nameOf(source: SourceReference): string {
  return source.kind === 'fetch' ? source.uri : `${source.repository} at ${source.tag ?? source.branch ?? 'HEAD'}`;
}

/** Where the value of a field is written: in place, or in `vars:` if the field is nothing but a reference to a variable. */
function placeOfValue(spec: Spec, field: Located): Result<Located> {
  const references = referencesIn(field.value);
  if (!references.length) return ok(field);
  const only = /^\s*\$\{\{\s*vars\.([A-Za-z0-9._-]+)\s*\}\}\s*$/.exec(field.value)?.[1];
  const transformed = spec.varTransforms.some((transform) => transform.to === only);
  const variable = only !== undefined && !transformed && Object.hasOwn(spec.vars, only) ? spec.vars[only] : undefined;
  if (!variable || referencesIn(variable.value).length) {
    return fail({
      message: `is composed (${field.value.trim()})`,
      at: field.at,
      remedy: 'edit it by hand, or write the value in place or in one variable',
    });
  }
  return ok(variable);
}

/** Adds a splice that writes a scalar anew; two different values for one place are an error. */
function put(splices: Map<number, Splice>, problems: Problem[], place: Located<unknown>, quote: string, value: string): void {
  const text = `${quote}${value}${quote}`;
  const other = splices.get(place.offset);
  if (other && other.text !== text) {
    problems.push({
      message: `two sources need different values here: ${other.text} and ${text}`,
      at: place.at,
      remedy: 'give each its own',
    });
    return;
  }
  splices.set(place.offset, { offset: place.offset, end: place.end, text, reads: (actual) => actual === value });
}

/** Why a package is built again without another version; it becomes the comment beside the epoch, in place of the one that was there. */
export interface EpochBump {
  readonly reason: string;
  /** One more than now where it is not given. */
  readonly epoch?: number;
}

/** The spec with a higher epoch. One without a reason is refused: a rebuild that nothing asked for repeats itself for ever. */
export function bumpEpoch(text: string, file: string, bump: EpochBump): Result<string, readonly Problem[]> {
  const read = readSpec(text, file);
  if (!read.ok) return read;
  const { epoch } = read.value;
  const next = bump.epoch ?? epoch.value + 1;
  if (!(Number.isSafeInteger(next) && next > epoch.value)) {
    return fail([{ message: `epoch ${next} is not higher than ${epoch.value}`, at: epoch.at, remedy: `${epoch.value + 1} is the next` }]);
  }
  return writeEpoch(text, file, epoch, next, bump.reason);
}

/** The spec at another version with an epoch of its own and the reason for it, where a bump to epoch 0 is not wanted. */
export function bumpVersionAndEpoch(
  text: string,
  file: string,
  bump: VersionBump & { readonly epoch: number; readonly reason: string },
): Result<string, readonly Problem[]> {
  const bumped = bumpVersion(text, file, bump);
  if (!bumped.ok) return bumped;
  const read = readSpec(bumped.value, file);
  return read.ok ? writeEpoch(bumped.value, file, read.value.epoch, bump.epoch, bump.reason) : read;
}

function writeEpoch(text: string, file: string, epoch: Located<number>, to: number, reason: string): Result<string, readonly Problem[]> {
  if (!Number.isSafeInteger(to) || to < 0)
    return fail([{ message: `${to} is no epoch`, at: epoch.at, remedy: 'it is a whole number of 0 or more' }]);
  if (/[\r\n]/.test(reason) || !reason.trim()) {
    return fail([{ message: 'an epoch bump needs a reason: one line of text', at: epoch.at, remedy: 'name the cause of the rebuild' }]);
  }
  const restOfLine = /^[^\r\n]*/.exec(text.slice(epoch.end))![0];
  return apply(text, file, [
    { offset: epoch.offset, end: epoch.end, text: String(to), reads: (value) => value === String(to) },
    { offset: epoch.end, end: epoch.end + restOfLine.length, text: ` # ${reason.trim()}` },
  ]);
}

/**
 * The spec with a dependency of its upstream at another version: in the `deps` (or `packages`) of every step that bumps dependencies (`bump`, `go/bump`, `cargo/bump`…),
 * which list `<name>@<version>`; where no such list names it, at the end of the first. `name` is what stands before the version (`golang.org/x/net`, `io.netty@netty-codec`).
 */
export function bumpDependency(text: string, file: string, name: string, version: string): Result<string, readonly Problem[]> {
  const read = readSpec(text, file);
  if (!read.ok) return read;
  const at = read.value.name.at;
  if (!/^[^\s"'#]+$/.test(name) || !/^v?[0-9][^\s"'#@]*$/.test(version)) {
    return fail([{ message: `${name}@${version} is no dependency with a version`, at, remedy: 'write it as golang.org/x/net@v0.38.0' }]);
  }
  const lists = dependencyLists(read.value);
  const named = lists.flatMap((field) =>
    wordsIn(field.value).flatMap((word) => (versionIn(word, name) === undefined ? [] : [{ field, word }])),
  );
  if (named.length && named.every(({ word }) => versionIn(word, name) === version)) {
    return fail([{ message: `${name} is bumped to ${version} already`, at: named[0]!.field.at }]);
  }
  if (named.length)
    return apply(
      text,
      file,
      [...new Set(named.map(({ field }) => field))].map((field) => withDependency(text, field, name, version)),
    );
  const inline = lists.find((field) => wordsIn(field.value).some((word) => word.includes('@')));
  if (!inline) {
    const remedy = lists.length ? `edit the file ${lists[0]!.value.trim()}` : 'add a step `uses: go/bump` (or the like) after the source';
    return fail([{ message: `no step of this spec lists dependencies to bump`, at: lists[0]?.at ?? at, remedy }]);
  }
  const added = [...wordsIn(inline.value), `${name}@${version}`].join(' ');
  const { offset, end, text: word } = withWord(text, inline, `${name}@${version}`);
  const field = text.slice(inline.offset, offset) + word + text.slice(end, inline.end);
  return apply(text, file, [{ offset: inline.offset, end: inline.end, text: field, reads: (value) => wordsIn(value).join(' ') === added }]);
}

const BUMPS = /(^|\/)[a-z-]*bump$/;

function dependencyLists(spec: Spec): readonly Located[] {
  const all = (steps: readonly Step[]): readonly Step[] => steps.flatMap((step) => [step, ...all(step.pipeline)]);
  return all([...spec.pipeline, ...spec.subpackages.flatMap(({ pipeline }) => pipeline)])
    .filter((step) => step.uses && BUMPS.test(step.uses.value))
    .flatMap((step) => [step.with['deps'], step.with['packages']].filter((field) => field?.value.trim()) as readonly Located[]);
}

/** The version that a word of a list gives a dependency; in those of Maven a scope may follow it. */
function versionIn(word: string, name: string): string | undefined {
  if (!word.startsWith(`${name}@`)) return undefined;
  const version = word.slice(name.length + 1).split('@')[0]!;
  return /^v?[0-9]/.test(version) ? version : undefined;
}

function withDependency(text: string, field: Located, name: string, version: string): Splice {
  const written = text.slice(field.offset, field.end);
  const bumped = (word: string): string => {
    const old = versionIn(word, name);
    return old === undefined ? word : `${name}@${version}${word.slice(name.length + 1 + old.length)}`;
  };
  const expected = wordsIn(field.value).map(bumped).join(' ');
  return {
    offset: field.offset,
    end: field.end,
    text: written.replace(/[^\s"']+/g, bumped),
    reads: (value) => wordsIn(value).join(' ') === expected,
  };
}

/**
 * The spec without a carried patch: without its entry in `patches:`, or, where it is the only one of its step, without the step, the comment that stands directly above it and one blank line.
 */
export function dropPatch(text: string, file: string, patchFile: string): Result<string, readonly Problem[]> {
  const read = readSpec(text, file);
  if (!read.ok) return read;
  const words = patchWordsOf(read.value);
  const found = words.filter((word) => word.kind === 'patch' && word.file === patchFile);
  if (!found.length) return fail([noSuchPatch(read.value, words, patchFile)]);
  if (new Set(found.map((word) => word.step)).size < found.length) {
    return fail([{ message: `one step applies ${patchFile} twice`, at: found[0]!.at, remedy: 'edit the spec by hand' }]);
  }
  const splices = found.map((word) => {
    const others = words.filter((other) => other.step === word.step && other.file !== patchFile);
    return others.length ? withoutEntry(text, word) : withoutStep(text, file, word.step);
  });
  const problems = splices.flatMap((splice) => (splice.ok ? [] : [splice.error]));
  if (problems.length) return fail(problems);
  const edited = apply(
    text,
    file,
    splices.flatMap((splice) => (splice.ok ? [splice.value] : [])),
  );
  if (!edited.ok) return edited;
  const after = readSpec(edited.value, file);
  return after.ok && !patchWordsOf(after.value).some((word) => word.file === patchFile)
    ? edited
    : fail([notAsIntended(read.value.name.at)]);
}

function noSuchPatch(spec: Spec, words: readonly PatchWord[], patchFile: string): Problem {
  const series = words.find((word) => word.kind === 'series');
  if (series) return { message: `no patch step names ${patchFile}`, at: series.at, remedy: `edit the series file ${series.file}` };
  return { message: `no patch step names ${patchFile}`, at: spec.name.at };
}

/** The splice that takes one word out of a `patches:` value, with its line where it stands alone in it. */
function withoutEntry(text: string, patch: PatchWord): Result<Splice> {
  const field = patch.step.with['patches']!;
  const offset = wordOffset(text, field, patch.word);
  if (offset < 0)
    return fail({ message: `cannot find ${patch.word} in the text of \`patches\``, at: field.at, remedy: 'write one file a line' });
  const end = offset + patch.word.length;
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', end) < 0 ? text.length : text.indexOf('\n', end) + 1;
  const alone = text.slice(lineStart, offset).trim() === '' && text.slice(end, lineEnd).trim() === '';
  const cut = alone ? [lineStart, lineEnd] : wordWithSpace(text, offset, end);
  const expected = withoutWord(wordsIn(field.value), patch.word);
  return ok({
    offset: field.offset,
    end: field.end,
    text: text.slice(field.offset, cut[0]) + text.slice(cut[1], field.end),
    reads: (value) => wordsIn(value).join(' ') === expected.join(' '),
  });
}

function wordWithSpace(text: string, offset: number, end: number): readonly [number, number] {
  const after = /^[ \t]+/.exec(text.slice(end))?.[0].length ?? 0;
  if (after) return [offset, end + after];
  const before = /[ \t]+$/.exec(text.slice(0, offset))?.[0].length ?? 0;
  return [offset - before, end];
}

function wordOffset(text: string, field: Located, word: string): number {
  for (let offset = text.indexOf(word, field.offset); offset >= 0 && offset < field.end; offset = text.indexOf(word, offset + 1)) {
    if (!/[^\s"']/.test(text[offset - 1] ?? '') && !/[^\s"']/.test(text[offset + word.length] ?? '')) return offset;
  }
  return -1;
}

function wordsIn(value: string): readonly string[] {
  return value.split(/\s+/).filter((word) => word !== '');
}

function withoutWord(words: readonly string[], word: string): readonly string[] {
  return words.filter((_, index) => index !== words.indexOf(word));
}

function withoutStep(text: string, file: string, step: Step): Result<Splice> {
  const tree = parseTree(text, file);
  if (!tree.ok) return fail(tree.error[0]!);
  const place = findStep(tree.value, step.at);
  if (!place) return fail({ message: 'cannot find the patch step in the text', at: step.at });
  const { list, index } = place;
  if (list.items.length === 1) {
    return fail({ message: 'the patch step is the only step of its pipeline', at: step.at, remedy: 'edit the spec by hand' });
  }
  if (list.flow) return fail({ message: 'the pipeline is written in one line', at: step.at, remedy: 'edit the spec by hand' });
  const item = list.items[index] as Node;
  let start = lineStartOf(text, item.range![0]);
  const indent = /^[ \t]*/.exec(text.slice(start))![0];
  for (
    let above = lineStartOf(text, start - 1);
    start > 0 && text.slice(above, start).startsWith(`${indent}#`);
    above = lineStartOf(text, start - 1)
  ) {
    start = above;
  }
  let end = endOfContent(text, item.range![1]);
  const blankAfter = /^(?:[ \t]*\r?\n)+/.exec(text.slice(end))?.[0].length ?? 0;
  const isLast = index === list.items.length - 1;
  if (!isLast) end += blankAfter;
  else start -= /(?:(?<=\n)[ \t]*\r?\n)*$/.exec(text.slice(0, start))![0].length;
  return ok({ offset: start, end, text: '', removes: item.range![0] });
}

function findStep(tree: SpecTree, at: Position): { readonly list: YAMLSeq; readonly index: number } | undefined {
  let found: { readonly list: YAMLSeq; readonly index: number } | undefined;
  visit(tree.root, {
    Seq(_key, list) {
      const index = list.items.findIndex((item) => {
        const place = isMap(item) ? tree.at(item.range![0]) : undefined;
        return place?.line === at.line && place.column === at.column;
      });
      if (index < 0) return undefined;
      found = { list, index };
      return visit.BREAK;
    },
  });
  return found;
}

function lineStartOf(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** The start of the line after the last one that has content before `end`: a node's range takes in the blank lines after a block scalar. */
function endOfContent(text: string, end: number): number {
  const content = text.slice(0, end).trimEnd().length;
  const newline = text.indexOf('\n', content);
  return newline < 0 ? text.length : newline + 1;
}

/** The spec with one more carried patch: at the end of the last `patches:` of the main pipeline, or as a step of its own after the last source. */
export function addPatch(text: string, file: string, patchFile: string): Result<string, readonly Problem[]> {
  const read = readSpec(text, file);
  if (!read.ok) return read;
  const tree = parseTree(text, file);
  if (!tree.ok) return tree;
  if (patchWordsOf(read.value).some((word) => word.file === patchFile)) {
    return fail([{ message: `${patchFile} is applied already`, at: read.value.name.at }]);
  }
  const list = pipelineOf(tree.value.root);
  if (!list) return fail([{ message: 'the spec has no `pipeline:` in block form', at: read.value.name.at, remedy: 'add one' }]);
  const patching = lastIndex(read.value.pipeline, (step) => step.uses?.value === 'patch' && Boolean(step.with['patches']));
  const edited =
    patching >= 0 ? withEntry(text, read.value.pipeline[patching]!, patchFile) : withStep(text, read.value.pipeline, list, patchFile);
  const dropped = dropPatch(edited, file, patchFile);
  const without = dropped.ok ? parseTree(dropped.value, file) : dropped;
  if (!without.ok || !readsAs(readingOf(tree.value, []), readingOf(without.value, []))) return fail([notAsIntended(read.value.name.at)]);
  return ok(edited);
}

function pipelineOf(root: YAMLMap): YAMLSeq | undefined {
  const value = root.items.find((pair) => isScalar(pair.key) && pair.key.value === 'pipeline')?.value;
  return isSeq(value) && !value.flow && value.items.length ? value : undefined;
}

function lastIndex<T>(items: readonly T[], test: (item: T) => boolean): number {
  return items.reduce((last, item, index) => (test(item) ? index : last), -1);
}

function withEntry(text: string, step: Step, patchFile: string): string {
  const { offset, end, text: field } = withWord(text, step.with['patches']!, patchFile);
  return text.slice(0, offset) + field + text.slice(end);
}

/** The value of a list of words with one more at its end, on a line of its own in a block. */
function withWord(text: string, field: Located, word: string): Splice {
  const written = text.slice(field.offset, field.end);
  if (!/^[|>]/.test(written)) {
    const quote = /["']$/.exec(written)?.[0] ?? '';
    return { offset: field.end - quote.length, end: field.end, text: ` ${word}${quote}` };
  }
  const content = text.slice(0, field.end).trimEnd().length;
  const indent = /^[ \t]*/.exec(text.slice(lineStartOf(text, content)))![0];
  return { offset: content, end: content, text: `\n${indent}${word}` };
}

function withStep(text: string, pipeline: readonly Step[], list: YAMLSeq, patchFile: string): string {
  const after = lastIndex(pipeline, (step) => step.uses?.value === 'fetch' || step.uses?.value === 'git-checkout');
  const first = (list.items[0] as Node).range![0];
  const indent = /^[ \t]*/.exec(text.slice(lineStartOf(text, first)))![0];
  const step = `${indent}- uses: patch\n${indent}  with:\n${indent}    patches: |\n${indent}      ${patchFile}\n`;
  if (after < 0) return `${text.slice(0, lineStartOf(text, first))}${step}\n${text.slice(lineStartOf(text, first))}`;
  const end = endOfContent(text, (list.items[after] as Node).range![1]);
  const separator = text.slice(0, end).endsWith('\n') ? '\n' : '\n\n';
  return `${text.slice(0, end)}${separator}${step}${text.slice(end)}`;
}

/** Applies the splices and reads both texts: the scalars and the structure must be the same but for what the splices say. */
function apply(text: string, file: string, splices: readonly Splice[]): Result<string, readonly Problem[]> {
  const ordered = [...splices].sort((a, b) => a.offset - b.offset);
  let edited = '';
  let copied = 0;
  for (const splice of ordered) {
    edited += text.slice(copied, splice.offset) + splice.text;
    copied = splice.end;
  }
  edited += text.slice(copied);
  const before = parseTree(text, file);
  const after = parseTree(edited, file);
  if (!before.ok || !after.ok || !readsAs(readingOf(before.value, ordered), readingOf(after.value, []))) {
    return fail([notAsIntended({ file, line: 1, column: 1 })]);
  }
  return ok(edited);
}

function notAsIntended(at: Position): Problem {
  return { message: 'the edited spec would not say what was asked for, so nothing was changed', at, remedy: 'edit it by hand' };
}

type Mark = 'map' | 'list' | 'end' | 'null' | { readonly value: string; readonly reads?: (value: string) => boolean };

/** What a document says, in order: its structure and its scalars, those of a splice with what they must read as, without what a splice removes. */
function readingOf(tree: SpecTree, splices: readonly Splice[]): readonly Mark[] {
  const marks: Mark[] = [];
  const walk = (node: unknown): void => {
    const offset = (node as Node | null)?.range?.[0];
    const splice = offset === undefined ? undefined : splices.find((each) => each.offset <= offset && offset < each.end);
    if (splice?.removes === offset && isMap(node)) return;
    if (isScalar(node)) marks.push({ value: String(node.value), ...(splice?.reads ? { reads: splice.reads } : {}) });
    else if (isMap(node)) {
      marks.push('map');
      for (const pair of node.items) {
        walk(pair.key);
        walk(pair.value);
      }
      marks.push('end');
    } else if (isSeq(node)) {
      marks.push('list');
      node.items.forEach(walk);
      marks.push('end');
    } else marks.push('null');
  };
  walk(tree.root);
  return marks;
}

function readsAs(expected: readonly Mark[], actual: readonly Mark[]): boolean {
  if (expected.length !== actual.length) return false;
  return expected.every((wanted, index) => {
    const found = actual[index]!;
    if (typeof wanted === 'string' || typeof found === 'string') return wanted === found;
    return wanted.reads ? wanted.reads(found.value) : wanted.value === found.value;
  });
}
