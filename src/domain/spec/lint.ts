import type { Position } from '../result';
import { apkoHazard } from '../version/apko-order';
import { parseVersion } from '../version/version';
import { expandSpec } from './expand';
import type { Pipelines } from './pipeline';
import type { SpecRule } from './problem';
import { readSpec } from './read';
import { sourcesOf } from './sources';
import type { Located, Spec, Step } from './spec';
import { referencesIn } from './substitute';

/** What is doubtful in a spec, though it can be built. */
export type WarningRule =
  'apko-order' | 'file-name' | 'ignored-uses' | 'repeated-dependency' | 'spaced-variable' | 'unpinned-source' | 'unused-transform';

/** One finding of the lint. An error is what melange or Millrace refuses. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly rule: SpecRule | WarningRule;
  readonly message: string;
  readonly at: Position;
  readonly remedy?: string;
}

/** Every error and warning of a spec, in the order of the text. */
export function lintSpec(text: string, file: string, pipelines: Pipelines): readonly Finding[] {
  const read = readSpec(text, file);
  if (!read.ok) return inOrder(read.error.map((problem) => ({ severity: 'error', ...problem })));
  const spec = read.value;
  // What is undefined or unknown is so on every architecture: the steps of both branches of a condition are looked at.
  const expanded = expandSpec(spec, { arch: 'x86_64', pipelines });
  const errors = expanded.ok ? [] : expanded.error.map((problem): Finding => ({ severity: 'error', ...problem }));
  return inOrder([...errors, ...warningsOf(spec, text)]);
}

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
}

function warningsOf(spec: Spec, text: string): readonly Finding[] {
  return [
    ...versionWarnings(spec),
    ...fileNameWarnings(spec),
    ...sourceWarnings(spec),
    ...dependencyWarnings(spec),
    ...transformWarnings(spec, text),
    ...allSteps(spec).flatMap(stepWarnings),
  ];
}

function warning(rule: WarningRule, at: Position, message: string, remedy: string): Finding {
  return { severity: 'warning', rule, at, message, remedy };
}

function versionWarnings(spec: Spec): readonly Finding[] {
  const version = parseVersion(spec.version.value);
  const hazard = version.ok ? apkoHazard(version.value) : undefined;
  if (!hazard) return [];
  const other = hazard.other === undefined ? '' : `: the two order ${spec.version.value} and ${hazard.other} differently`;
  return [
    warning(
      'apko-order',
      spec.version.at,
      `${hazard.reason}${other}`,
      'an environment may get another version than apk calls the newest: write versions that both order alike, by a version-transform',
    ),
  ];
}

function fileNameWarnings(spec: Spec): readonly Finding[] {
  const expected = `${spec.name.value}.yaml`;
  if (spec.file.split('/').pop() === expected) return [];
  return [warning('file-name', spec.name.at, `the package is called ${spec.name.value}, its file is not`, `call the file ${expected}`)];
}

function sourceWarnings(spec: Spec): readonly Finding[] {
  const sources = sourcesOf(spec);
  if (!sources.ok) return [];
  return sources.value.flatMap((source) => {
    if (source.kind === 'git-checkout') {
      return source.commit === undefined
        ? [warning('unpinned-source', source.at, `the git-checkout of ${source.repository} is not pinned`, 'write `expected-commit:`')]
        : [];
    }
    return source.sha256 === undefined && source.sha512 === undefined
      ? [
          warning(
            'unpinned-source',
            source.at,
            `the fetch of ${source.uri} is not pinned`,
            'write `expected-sha256:` or `expected-sha512:`',
          ),
        ]
      : [];
  });
}

function dependencyWarnings(spec: Spec): readonly Finding[] {
  const lists: readonly (readonly Located[])[] = [
    spec.buildPackages,
    ...[spec, ...spec.subpackages].flatMap(({ dependencies, test }) => [
      dependencies.runtime,
      dependencies.provides,
      dependencies.replaces,
      test?.packages ?? [],
    ]),
  ];
  return lists.flatMap((list) => {
    const seen = new Set<string>();
    return list
      .filter(({ value }) => seen.size === seen.add(value).size)
      .map(({ value, at }) => warning('repeated-dependency', at, `${value} is in this list twice`, 'remove one'));
  });
}

function transformWarnings(spec: Spec, text: string): readonly Finding[] {
  if (!spec.varTransforms.length) return [];
  const used = new Set(referencesIn(text));
  return spec.varTransforms
    .filter(({ to }) => !used.has(`vars.${to}`))
    .map(({ to, at }) => warning('unused-transform', at, `nothing uses \${{vars.${to}}}`, 'remove the transform'));
}

function allSteps(spec: Spec): readonly Step[] {
  const withChildren = (steps: readonly Step[]): readonly Step[] => steps.flatMap((step) => [step, ...withChildren(step.pipeline)]);
  return [spec, ...spec.subpackages].flatMap(({ pipeline, test }) => [...withChildren(pipeline), ...withChildren(test?.pipeline ?? [])]);
}

/** melange replaces these before all others, and only where they are written without spaces. */
const SPACED = /\$\{\{(?:\s+(?:range\.(?:key|value)|package\.description)\s*|(?:range\.(?:key|value)|package\.description)\s+)\}\}/;

function stepWarnings(step: Step): readonly Finding[] {
  const texts = [step.runs, step.if, ...Object.values(step.with), ...step.needs].filter((text) => text !== undefined);
  return [
    ...(step.uses && step.pipeline.length
      ? [
          warning(
            'ignored-uses',
            step.uses.at,
            `\`uses: ${step.uses.value}\` is not read where the step has a \`pipeline:\` of its own`,
            'remove one of the two',
          ),
        ]
      : []),
    ...texts
      .filter(({ value }) => SPACED.test(value))
      .map(({ value, at }) =>
        warning('spaced-variable', at, `melange does not know ${SPACED.exec(value)![0]} with spaces in it`, 'write it without spaces'),
      ),
  ];
}
