import type { YAMLMap } from 'yaml';
import { fail, ok, type Position, type Problem, type Result } from '../result';
import { checkForm } from '../spec/check-form';
import { nearestKey } from '../spec/nearest-key';
import { flag, hasKey, located, locatedEntries, locatedTexts, mapping, mappings, optional, textOf, texts } from '../spec/nodes';
import type { Located } from '../spec/spec';
import { parseTree, startOf, type SpecTree } from '../spec/tree';
import { IMAGE_DEFINITIONS } from './form';
import { streamProblems, TAG_RULES, type TagRule } from './stream';
import { suiteName } from './suite';

/** What must be true of the files of an image; what is absent is not looked at. */
export interface ImageStructure {
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  /** `false`: no shell may be in it. */
  readonly shell?: boolean;
  /** Absolute paths that must be there. */
  readonly files?: readonly string[];
}

/** One `apko` configuration of an image. Paths are relative to the folder of image.yaml. */
export interface ImageVariant {
  /** Empty for the plain one. */
  readonly name: string;
  readonly config: string;
  readonly structure: ImageStructure;
  readonly at: Position;
}

/** Versions of the main package whose tags are kept together. */
export interface ImageStream {
  readonly name: string;
  /** Numbers that a version starts with (`2`, `2.15`), or `*`. */
  readonly versions: string;
  readonly tags: readonly TagRule[];
  /** `YYYY-MM-DD`: from this day (UTC) on its tags stay where they are. */
  readonly endOfLife?: string;
  readonly at: Position;
}

/** `image.yaml`, checked. */
export interface ImageSpec {
  readonly name: string;
  /** Its main package: the versions of tags are its versions. */
  readonly package: string;
  /** Path in the registry. */
  readonly repository: string;
  readonly variants: readonly ImageVariant[];
  readonly streams: readonly ImageStream[];
  readonly suites: readonly { readonly name: string; readonly file: string; readonly at: Position }[];
  /** Architectures that suites need not run on, each with the reason. */
  readonly untested: Readonly<Record<string, string>>;
}

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** OCI distribution specification 1.1, "Pulling manifests". */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const INSIDE = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))(?!.*\/\/)[^\\\0]+[^/\\\0]$/;
const ARCHITECTURES = ['x86_64', 'aarch64'];
const NAME_LENGTH = 63;

/** Reads an image.yaml strictly. The error is every defect of the file, each with its place. */
export function readImageSpec(text: string, file: string): Result<ImageSpec, readonly Problem[]> {
  const parsed = parseTree(text, file, { kind: 'an image', starts: 'name' });
  if (!parsed.ok) return parsed;
  const tree = parsed.value;
  const form = checkForm(tree, 'Image', IMAGE_DEFINITIONS);
  if (form.length > 0) return fail(form);
  const problems = [
    ...nameProblems(tree),
    ...variantProblems(tree),
    ...suiteProblems(tree),
    ...structureProblems(tree),
    ...platformProblems(tree),
  ];
  const spec = specOf(tree);
  problems.push(...streamProblems(spec.streams), ...tagRuleProblems(tree));
  return problems.length > 0 ? fail(inOrder(problems)) : ok(spec);
}

/** Relies on `checkForm`. */
function specOf(tree: SpecTree): ImageSpec {
  const { root } = tree;
  const name = textOf(root, 'name')!;
  const common = mapping(root, 'structure');
  return {
    name,
    package: textOf(root, 'package')!,
    repository: textOf(root, 'repository') ?? name,
    variants: mappings(root, 'variants').map((node) => ({
      name: textOf(node, 'name') ?? '',
      config: textOf(node, 'config')!,
      structure: { ...structureOf(common), ...structureOf(mapping(node, 'structure')) },
      at: tree.at(startOf(node)),
    })),
    streams: mappings(root, 'streams').map((node) => ({
      name: textOf(node, 'name')!,
      versions: textOf(node, 'versions')!,
      tags: hasKey(node, 'tags') ? TAG_RULES.filter((rule) => texts(node, 'tags').includes(rule)) : TAG_RULES,
      ...optional('endOfLife', textOf(node, 'end-of-life')),
      at: tree.at(startOf(node)),
    })),
    suites: locatedTexts(tree, root, 'suites').map(({ value, at }) => ({ name: suiteName(value) ?? value, file: value, at })),
    untested: Object.fromEntries(Object.entries(locatedEntries(tree, root, 'untested')).map(([key, { value }]) => [key, value])),
  };
}

function structureOf(node: YAMLMap | undefined): ImageStructure {
  if (!node) return {};
  return {
    ...optional('user', textOf(node, 'user')),
    ...(hasKey(node, 'entrypoint') ? { entrypoint: texts(node, 'entrypoint') } : {}),
    ...(hasKey(node, 'shell') ? { shell: flag(node, 'shell') } : {}),
    ...(hasKey(node, 'files') ? { files: texts(node, 'files') } : {}),
  };
}

function nameProblems(tree: SpecTree): Problem[] {
  const name = located(tree, tree.root, 'name')!;
  const repository = located(tree, tree.root, 'repository');
  return [
    ...unless(
      isName(name.value),
      name,
      `name ${quoted(name)} is no name of an image`,
      'lower-case letters, digits and single dashes, at most 63',
    ),
    ...(repository
      ? unless(
          REPOSITORY.test(repository.value) && repository.value.length <= 200,
          repository,
          `repository ${quoted(repository)} is no path in a registry`,
          'lower-case letters, digits, dashes and slashes, without the host: tools/pigz',
        )
      : []),
  ];
}

function variantProblems(tree: SpecTree): Problem[] {
  const nodes = mappings(tree.root, 'variants');
  if (nodes.length === 0) return [at(tree, tree.root, 'variants is empty', 'name at least one apko file: `- config: apko.yaml`')];
  const seen = new Set<string>();
  return nodes.flatMap((node) => {
    const name = located(tree, node, 'name');
    const config = located(tree, node, 'config')!;
    const key = name?.value ?? '';
    const twice = seen.has(key);
    seen.add(key);
    return [
      ...(name
        ? unless(
            isName(name.value),
            name,
            `the variant ${quoted(name)} is no name`,
            'it ends tags: lower-case letters, digits and single dashes',
          )
        : []),
      ...(twice ? [at(tree, node, `the variant ${key || '(plain)'} is there twice`, 'give it another name')] : []),
      ...insideProblems(config),
    ];
  });
}

function suiteProblems(tree: SpecTree): Problem[] {
  const suites = locatedTexts(tree, tree.root, 'suites');
  return suites.flatMap((suite, index) => [
    ...insideProblems(suite),
    ...unless(suiteName(suite.value) !== undefined, suite, `${quoted(suite)} is not called like a suite`, 'call the file <name>.test.yaml'),
    ...unless(
      suites.findIndex(({ value }) => suiteName(value) === suiteName(suite.value)) === index,
      suite,
      `the suite ${quoted(suite)} is there twice`,
      'remove one',
    ),
  ]);
}

function structureProblems(tree: SpecTree): Problem[] {
  const nodes = [tree.root, ...mappings(tree.root, 'variants')].flatMap((node) => mapping(node, 'structure') ?? []);
  return nodes.flatMap((node) =>
    locatedTexts(tree, node, 'files').flatMap((path) =>
      unless(path.value.startsWith('/'), path, `the file ${quoted(path)} has no absolute path`, `write it as /${path.value}`),
    ),
  );
}

function platformProblems(tree: SpecTree): Problem[] {
  return Object.entries(locatedEntries(tree, tree.root, 'untested')).flatMap(([architecture, reason]) => [
    ...unless(
      ARCHITECTURES.includes(architecture),
      reason,
      `untested names ${JSON.stringify(architecture)}, which is no architecture`,
      ARCHITECTURES.join(' or '),
    ),
    ...unless(
      reason.value.trim() !== '',
      reason,
      `untested ${architecture} has no reason`,
      `write why: \`${architecture}: no such machine\``,
    ),
  ]);
}

function tagRuleProblems(tree: SpecTree): Problem[] {
  return mappings(tree.root, 'streams').flatMap((node) =>
    locatedTexts(tree, node, 'tags').flatMap((rule) => {
      if ((TAG_RULES as readonly string[]).includes(rule.value)) return [];
      const near = nearestKey(rule.value, TAG_RULES);
      return [
        {
          message: `${quoted(rule)} is no rule for tags`,
          at: rule.at,
          remedy: near ? `did you mean \`${near}\`?` : `the rules are ${TAG_RULES.join(', ')}`,
        },
      ];
    }),
  );
}

function insideProblems(path: Located): Problem[] {
  return unless(
    INSIDE.test(path.value),
    path,
    `${quoted(path)} is no path inside the folder of the image`,
    'name a file beside image.yaml',
  );
}

const isName = (text: string) => text.length <= NAME_LENGTH && NAME.test(text);
const quoted = ({ value }: Located) => JSON.stringify(value);
const at = (tree: SpecTree, node: YAMLMap, message: string, remedy: string): Problem => ({ message, at: tree.at(startOf(node)), remedy });
const unless = (holds: boolean, where: Located, message: string, remedy: string): Problem[] =>
  holds ? [] : [{ message, at: where.at, remedy }];

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.at!.line - b.at!.line || a.at!.column - b.at!.column);
}
