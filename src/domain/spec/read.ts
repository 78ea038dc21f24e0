import { isMap, type YAMLMap } from 'yaml';
import { fail, ok, type Result } from '../result';
import { checkForm } from './check-form';
import type { SpecProblem } from './problem';
import type {
  BuildOption,
  Dependencies,
  Located,
  Spec,
  Step,
  Subpackage,
  TagRules,
  TestBlock,
  UpdateBlock,
  VarTransform,
  VersionData,
} from './spec';
import { flag, hasKey, keyText, located, locatedEntries, locatedTexts, mapping, mappings, optional, textOf, texts } from './nodes';
import { parseTree, startOf, type SpecTree } from './tree';

/** Reads a melange spec strictly. The error is every defect of the file, each with its position. */
export function readSpec(text: string, file: string): Result<Spec, readonly SpecProblem[]> {
  const parsed = parseTree(text, file);
  if (!parsed.ok) return parsed;
  const tree = parsed.value;
  const problems = checkForm(tree);
  if (problems.length) return fail(problems);
  return ok(specOf(tree));
}

/** Reading below relies on `checkForm`: kinds, types and required keys hold, keys are there once. */
function specOf(tree: SpecTree): Spec {
  const { root } = tree;
  const about = mapping(root, 'package')!;
  const name = located(tree, about, 'name')!;
  const version = located(tree, about, 'version')!;
  const epoch = located(tree, about, 'epoch')!;
  const update = mapping(root, 'update');
  const test = mapping(root, 'test');
  return {
    file: tree.file,
    name,
    version,
    epoch: { ...epoch, value: Number(epoch.value) },
    description: textOf(about, 'description') ?? '',
    ...optional('url', textOf(about, 'url')),
    licenses: mappings(about, 'copyright').map((entry) => located(tree, entry, 'license')!),
    targetArchitectures: texts(about, 'target-architecture'),
    dependencies: dependenciesOf(tree, about),
    buildPackages: environmentPackages(tree, root),
    vars: locatedEntries(tree, root, 'vars'),
    varTransforms: mappings(root, 'var-transforms').map((entry) => varTransformOf(tree, entry)),
    data: Object.fromEntries(mappings(root, 'data').map((entry) => [textOf(entry, 'name')!, locatedEntries(tree, entry, 'items')])),
    options: optionsOf(tree, root),
    pipeline: stepsOf(tree, root),
    subpackages: mappings(root, 'subpackages').map((entry) => subpackageOf(tree, entry)),
    ...optional('update', update && updateOf(tree, update)),
    ...optional('test', test && testOf(tree, test)),
  };
}

function subpackageOf(tree: SpecTree, node: YAMLMap): Subpackage {
  const test = mapping(node, 'test');
  return {
    name: located(tree, node, 'name')!,
    ...optional('if', located(tree, node, 'if')),
    ...optional('range', given(located(tree, node, 'range'))),
    ...optional('description', textOf(node, 'description')),
    dependencies: dependenciesOf(tree, node),
    pipeline: stepsOf(tree, node),
    ...optional('test', test && testOf(tree, test)),
  };
}

function testOf(tree: SpecTree, node: YAMLMap): TestBlock {
  return { packages: environmentPackages(tree, node), pipeline: stepsOf(tree, node) };
}

function stepsOf(tree: SpecTree, parent: YAMLMap): readonly Step[] {
  return mappings(parent, 'pipeline').map((node) => stepOf(tree, node));
}

/** One step; the whole of a pipeline's file is one too. */
export function stepOf(tree: SpecTree, node: YAMLMap): Step {
  const needs = mapping(node, 'needs');
  const assertions = mapping(node, 'assertions');
  const requiredSteps = assertions && textOf(assertions, 'required-steps');
  return {
    ...optional('uses', located(tree, node, 'uses')),
    ...optional('runs', located(tree, node, 'runs')),
    ...optional('name', located(tree, node, 'name')),
    ...optional('if', located(tree, node, 'if')),
    with: locatedEntries(tree, node, 'with'),
    needs: locatedTexts(tree, needs, 'packages'),
    ...optional('workingDirectory', located(tree, node, 'working-directory')),
    environment: locatedEntries(tree, node, 'environment'),
    ...optional('label', textOf(node, 'label')),
    ...optional('requiredSteps', requiredSteps === undefined ? undefined : Number(requiredSteps)),
    pipeline: stepsOf(tree, node),
    at: tree.at(startOf(node)),
  };
}

function optionsOf(tree: SpecTree, root: YAMLMap): Readonly<Record<string, BuildOption>> {
  const entries = (mapping(root, 'options')?.items ?? []).map((pair): [string, BuildOption] => {
    const node = isMap(pair.value) ? pair.value : undefined;
    const environment = node && mapping(node, 'environment');
    const contents = environment && mapping(environment, 'contents');
    const packages = contents && mapping(contents, 'packages');
    return [
      keyText(pair.key),
      {
        vars: node ? locatedEntries(tree, node, 'vars') : {},
        add: locatedTexts(tree, packages, 'add'),
        remove: locatedTexts(tree, packages, 'remove'),
      },
    ];
  });
  return Object.fromEntries(entries);
}

/** An empty text says nothing, like an absent one. */
function given(text: Located | undefined): Located | undefined {
  return text?.value === '' ? undefined : text;
}

function varTransformOf(tree: SpecTree, node: YAMLMap): VarTransform {
  return {
    from: textOf(node, 'from')!,
    match: textOf(node, 'match')!,
    replace: textOf(node, 'replace')!,
    to: textOf(node, 'to')!,
    at: tree.at(startOf(node)),
  };
}

function updateOf(tree: SpecTree, node: YAMLMap): UpdateBlock {
  const github = mapping(node, 'github');
  const git = mapping(node, 'git');
  const releaseMonitor = mapping(node, 'release-monitor');
  const oci = mapping(node, 'oci');
  const versionData = mapping(node, 'version_data');
  const schedule = mapping(node, 'schedule');
  return {
    enabled: flag(node, 'enabled'),
    manual: flag(node, 'manual'),
    ...optional('versionSeparator', textOf(node, 'version-separator')),
    ignoreRegexPatterns: texts(node, 'ignore-regex-patterns'),
    versionTransform: mappings(node, 'version-transform').map((entry) => ({
      match: textOf(entry, 'match')!,
      replace: textOf(entry, 'replace')!,
    })),
    enablePrereleaseTags: flag(node, 'enable-prerelease-tags'),
    ...optional('excludeReason', textOf(node, 'exclude-reason')),
    ...optional('github', github && { ...tagRulesOf(github), identifier: textOf(github, 'identifier')!, useTag: flag(github, 'use-tag') }),
    // `git:` without rules is written `git: {}` or left empty.
    ...optional('git', git ? tagRulesOf(git) : hasKey(node, 'git') ? {} : undefined),
    ...optional('releaseMonitor', releaseMonitor && { ...tagRulesOf(releaseMonitor), identifier: textOf(releaseMonitor, 'identifier')! }),
    ...optional('oci', oci && { ...tagRulesOf(oci), identifier: textOf(oci, 'identifier')! }),
    ...optional('versionData', versionData && versionDataOf(versionData)),
    ...optional('schedule', schedule && { period: textOf(schedule, 'period') ?? '', ...optional('reason', textOf(schedule, 'reason')) }),
    shared: flag(node, 'shared'),
    requireSequential: flag(node, 'require-sequential'),
    at: tree.at(startOf(node)),
  };
}

function versionDataOf(node: YAMLMap): VersionData {
  return {
    format: textOf(node, 'version_format')!,
    sources: mappings(node, 'sources').map((source) => ({
      name: textOf(source, 'name')!,
      stream: textOf(source, 'stream')!,
      ignore: texts(source, 'ignore'),
      ...optional('commitSource', textOf(source, 'commit_source')),
    })),
  };
}

/** release-monitor calls its filters `version-filter-*`; they mean the same. */
function tagRulesOf(node: YAMLMap): TagRules {
  return {
    ...optional('stripPrefix', textOf(node, 'strip-prefix')),
    ...optional('stripSuffix', textOf(node, 'strip-suffix')),
    ...optional('tagFilter', textOf(node, 'tag-filter')),
    ...optional('tagFilterPrefix', textOf(node, 'tag-filter-prefix') ?? textOf(node, 'version-filter-prefix')),
    ...optional('tagFilterContains', textOf(node, 'tag-filter-contains') ?? textOf(node, 'version-filter-contains')),
  };
}

function dependenciesOf(tree: SpecTree, parent: YAMLMap): Dependencies {
  const node = mapping(parent, 'dependencies');
  return {
    runtime: locatedTexts(tree, node, 'runtime'),
    provides: locatedTexts(tree, node, 'provides'),
    replaces: locatedTexts(tree, node, 'replaces'),
    ...optional('providerPriority', node && given(located(tree, node, 'provider-priority'))),
  };
}

function environmentPackages(tree: SpecTree, parent: YAMLMap): readonly Located[] {
  const environment = mapping(parent, 'environment');
  const contents = environment && mapping(environment, 'contents');
  return locatedTexts(tree, contents, 'packages');
}
