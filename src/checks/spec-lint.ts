import type { Position } from '../domain/result';
import { formatProblem } from '../domain/result';
import type { Located, SourceReference, Spec, Step } from '../domain/spec/spec';
import type { Check } from './check';
import { count, fromProblems } from './check';

const SHA256 = /^[0-9a-f]{64}$/;
const SHA512 = /^[0-9a-f]{128}$/;
const COMMIT = /^[0-9a-f]{40}$/;
/** At the place of a command; a build has no network, and what it fetched would be verified by nobody. */
const FETCHING =
  /(?:^|[;&|(`]|\b(?:then|else|do|if|!)\s)\s*(curl|wget|git\s+clone|npm\s+(?:install|ci)|pip3?\s+install(?!.*--no-index)|go\s+get)\s/;

const place = ({ file, line, column }: Position) => `${file}:${line}:${column}`;

function allSteps(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => [step, ...allSteps(step.pipeline)]);
}

function networkProblems(runs: Located): readonly string[] {
  return runs.value.split('\n').flatMap((line) => {
    const command = line.trimStart().startsWith('#') ? undefined : FETCHING.exec(line)?.[1];
    return command
      ? [
          `${place(runs.at)}: \`${command.replace(/\s+/g, ' ')}\` reaches for the network in a build: name it as a \`uses: fetch\` with its digest`,
        ]
      : [];
  });
}

function sourceProblems(source: SourceReference): readonly string[] {
  const at = place(source.at);
  if (source.kind === 'git-checkout') {
    if (source.commit === undefined) return [`${at}: git-checkout of ${source.repository} has no expected-commit`];
    return COMMIT.test(source.commit) ? [] : [`${at}: expected-commit ${source.commit} is not 40 hexadecimal digits`];
  }
  if (source.sha256 === undefined && source.sha512 === undefined)
    return [`${at}: fetch of ${source.uri} has no expected-sha256 or expected-sha512`];
  return [
    ...(source.sha256 !== undefined && !SHA256.test(source.sha256) ? [`${at}: expected-sha256 is not 64 hexadecimal digits`] : []),
    ...(source.sha512 !== undefined && !SHA512.test(source.sha512) ? [`${at}: expected-sha512 is not 128 hexadecimal digits`] : []),
  ];
}

function repeated(what: string, places: readonly Located[]): readonly string[] {
  const list = places.map(({ value }) => value);
  const twice = new Set(list.filter((item, index) => list.indexOf(item) !== index));
  return [...twice].map((item) => `${what} names ${item} twice`);
}

function problemsOf(spec: Spec, sources: readonly SourceReference[]): readonly string[] {
  const { file, name, url } = spec;
  const built = [...spec.pipeline, ...spec.subpackages.flatMap((subpackage) => subpackage.pipeline)];
  const tested = [spec.test, ...spec.subpackages.map((subpackage) => subpackage.test)].some(
    (test) => test !== undefined && test.pipeline.length > 0,
  );
  const expected = `${name.value}.yaml`;
  return [
    ...(file.split('/').pop() === expected
      ? []
      : [`${place(name.at)}: package ${name.value} belongs into a file ${expected}, not ${file}`]),
    ...(spec.description.trim() === '' ? [`${file}: package.description is empty`] : []),
    ...(url === undefined
      ? [`${file}: package.url is missing`]
      : url.startsWith('https://')
        ? []
        : [`${file}: package.url ${url} is not https`]),
    ...(spec.licenses.length === 0 ? [`${file}: package.copyright names no license`] : []),
    ...(tested ? [] : [`${file}: nothing is tested: write a \`test:\` block with a pipeline`]),
    ...sources.flatMap(sourceProblems),
    ...repeated(`${file}: package.dependencies.runtime`, spec.dependencies.runtime),
    ...repeated(`${file}: package.dependencies.provides`, spec.dependencies.provides),
    ...repeated(`${file}: environment.contents.packages`, spec.buildPackages),
    ...spec.subpackages.flatMap((subpackage) =>
      repeated(`${file}: dependencies of ${subpackage.name.value}`, subpackage.dependencies.runtime),
    ),
    ...allSteps(built).flatMap((step) => (step.runs ? networkProblems(step.runs) : [])),
  ];
}

/** The rules of a good spec, beyond its form: that one is checked by the strict reading (versions, epoch, unknown keys). */
export const specLintCheck: Check = {
  name: 'spec-lint',
  title: 'Spec is well written',
  stage: 'change',
  revision: 1,
  reads: [],
  async run(context) {
    const spec = await context.spec();
    if (!spec.ok) return fromProblems(spec.error.map(formatProblem), '');
    const sources = await context.sourceReferences();
    if (!sources.ok) return fromProblems(sources.error.map(formatProblem), '');
    const steps = allSteps(spec.value.pipeline).length;
    return fromProblems(
      problemsOf(spec.value, sources.value),
      `${spec.value.file}: ${count(steps, 'step')}, ${count(sources.value.length, 'source')}, no findings`,
    );
  },
};
