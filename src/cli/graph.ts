import { Command, Option } from 'commander';
import { Complaint } from '../config/complaint';
import { edgesOf, targetsOf } from '../domain/graph/adjacency';
import { dependentCounts, reachedFrom } from '../domain/graph/closure';
import { componentsOf, cyclesOf, longestPath } from '../domain/graph/components';
import { distributionOf, linkOf, whyDepends, type Distribution, type EdgeKind, type Link } from '../domain/graph/distribution';
import { feedbackCut } from '../domain/graph/feedback';
import { formatProblem } from '../domain/result';
import { SPEC_ARCHITECTURES, type SpecArchitecture } from '../domain/spec/architecture';
import { readGraphInput, readIndexFile, specNamed } from './graph-input';
import { print, progress } from './output';
import { table, terminalStyle } from './view/style';

interface Options {
  readonly arch: SpecArchitecture;
  readonly edges: EdgeKind;
  readonly index?: string;
  readonly dir: string;
  readonly json?: boolean;
}

/** Lines of a list that a person is shown. */
const SHOWN = 15;

export function graphCommand(): Command {
  const graph = new Command('graph')
    .summary('what the specs of a folder need of each other')
    .description(
      'Relates the specs <dir>/*.yaml, with the pipelines in <dir>/pipelines: which package must be there to build which, what is on a cycle, how much depends on each.\nNeeds neither a millrace.yaml nor a running factory.',
    )
    .argument('[dir]', 'folder of specs (default: --dir)')
    .addOption(new Option('--arch <arch>', 'architecture').choices(SPEC_ARCHITECTURES).default('x86_64'))
    .addOption(new Option('--edges <kind>', 'what makes an edge').choices(['build', 'build+runtime']).default('build'))
    .option('--index <file>', 'published APKINDEX(.tar.gz): what its packages provide and depend on takes part')
    .option('--dir <dir>', 'folder of specs', '.')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
JSON: {"nodes": [name], "edges": [[package, package that it needs]], "unresolved": [name that nothing provides], "outOfBounds": [dependency on a version that is not there],
  "components": [[name]] (cycles, the largest first), "dependents": {name: how many others need it, directly or not}, "longestPath": packages one after the other at most,
  "cut": [{"from", "to", "because": link, "cycle": [name]}] (edges without which nothing is on a cycle)}
A link: {"from", "to", "dependency", "within", "file", "line", "column"}.

Examples:
  millrace graph packages --arch x86_64 --edges build+runtime --json
  millrace graph why 7zip zlib --dir packages
  millrace graph dependents zlib --direct --dir packages

Exit codes: 0 done (warnings go to standard error), 1 a spec could not be read, 2 usage`,
    )
    .action(async (dir: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const distribution = await load({ ...options, dir: dir ?? options.dir });
      if (options.json) return print(JSON.stringify(graphJson(distribution)));
      print(graphText(distribution));
    });
  graph.addCommand(whyCommand());
  graph.addCommand(dependentsCommand());
  return graph;
}

function whyCommand(): Command {
  return new Command('why')
    .summary('the shortest chain of dependencies from one package to another')
    .description(
      'Tells why a package is before another: the shortest chain of dependencies, each with the file and line that it is written in.',
    )
    .argument('<a>', 'spec, or the name of anything that a spec provides')
    .argument('<b>', 'what it depends on')
    .addHelpText('after', '\nExit codes: 0 told, 1 A does not depend on B, or a name is unknown, 2 usage')
    .action(async (a: string, b: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const distribution = await load(options);
      const from = specNamed(distribution, a, options.dir);
      const to = specNamed(distribution, b, options.dir);
      const chain = whyDepends(distribution, from, to);
      if (!chain) {
        const remedy = options.edges === 'build' ? '--edges build+runtime looks at run time as well' : undefined;
        throw new Complaint({ message: `${from} does not depend on ${to}`, ...(remedy ? { remedy } : {}) });
      }
      if (options.json) return print(JSON.stringify({ from, to, chain: chain.map(linkJson) }));
      if (chain.length === 0) return print(`${from} is ${to}`);
      for (const link of chain) print(linkText(link));
    });
}

function dependentsCommand(): Command {
  return new Command('dependents')
    .summary('what needs a package, directly or through others')
    .description('Lists the packages that need a package: all that a change of it may reach.')
    .argument('<a>', 'spec, or the name of anything that a spec provides')
    .option('--direct', 'only what needs it itself')
    .addHelpText('after', '\nExit codes: 0 told, 1 unknown name, 2 usage')
    .action(async (a: string, { direct = false }: { readonly direct?: boolean }, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const distribution = await load(options);
      const { graph } = distribution;
      const name = specNamed(distribution, a, options.dir);
      const node = graph.numbers.get(name)!;
      const found = direct ? [...targetsOf(graph.neededBy, node)] : reachedFrom(graph.neededBy, node);
      const dependents = found.map((dependent) => graph.names[dependent]!);
      if (options.json) return print(JSON.stringify({ package: name, direct, dependents }));
      for (const dependent of dependents) print(dependent);
    });
}

async function load({ dir, arch, edges, index }: Options): Promise<Distribution> {
  const records = index === undefined ? [] : await readIndexFile(index);
  const { packages, warnings, errors } = await readGraphInput(dir, arch);
  for (const problem of warnings) progress(`warning: ${formatProblem(problem)}`);
  for (const problem of errors) progress(formatProblem(problem));
  if (errors.length) process.exitCode = 1;
  return distributionOf(packages, edges, records);
}

function linkJson({ from, to, atom, at, within }: Link) {
  return { from, to, dependency: atom, within, ...(at ?? {}) };
}

function linkText({ from, to, atom, at, within }: Link): string {
  const place = at ? `${at.file}:${at.line}:${at.column}: ` : '';
  return `${place}${from} needs ${to} (${atom}, ${within})`;
}

function measure(distribution: Distribution) {
  const { graph } = distribution;
  const components = componentsOf(graph.needs);
  const named = (nodes: readonly number[]) => nodes.map((node) => graph.names[node]!);
  return {
    named,
    cycles: cyclesOf(components).map(named),
    dependents: dependentCounts(graph.needs, components),
    longest: longestPath(graph.needs, components),
    cut: feedbackCut(graph.needs, components),
  };
}

function graphJson(distribution: Distribution) {
  const { graph, unresolved, outOfBounds } = distribution;
  const { named, cycles, dependents, longest, cut } = measure(distribution);
  return {
    nodes: graph.names,
    edges: edgesOf(graph),
    unresolved,
    outOfBounds,
    components: cycles,
    dependents: Object.fromEntries(graph.names.map((name, node) => [name, dependents[node]!])),
    longestPath: longest,
    cut: cut.map(({ from, to, cycle }) => {
      const [one, other] = [graph.names[from]!, graph.names[to]!];
      return { from: one, to: other, because: linkJson(linkOf(distribution, one, other)), cycle: named(cycle) };
    }),
  };
}

function graphText(distribution: Distribution): string {
  const { graph, unresolved, outOfBounds } = distribution;
  const { cycles, dependents, longest, cut } = measure(distribution);
  const most = [...graph.names.keys()].sort((a, b) => dependents[b]! - dependents[a]! || a - b).slice(0, SHOWN);
  const direct = (node: number) => targetsOf(graph.neededBy, node).length;
  const rows = most.map((node) => [graph.names[node]!, String(dependents[node]!), String(direct(node))]);
  return [
    `${graph.names.length} packages, ${graph.needs.targets.length} edges, at most ${longest} one after the other`,
    ...cycles.slice(0, SHOWN).map((names) => `a cycle of ${names.length}: ${some(names)}`),
    ...(cut.length ? [`${cut.length} edges cut so that there is an order (--json names them with their cycles)`] : []),
    ...(unresolved.length ? [`nothing provides: ${some(unresolved)}`] : []),
    ...(outOfBounds.length ? [`not in the version asked for: ${some(outOfBounds)}`] : []),
    '',
    table(terminalStyle(0), ['PACKAGE', 'DEPENDENTS', 'DIRECT'], rows),
  ].join('\n');
}

function some(names: readonly string[]): string {
  return names.length > SHOWN ? `${names.slice(0, SHOWN).join(' ')} … and ${names.length - SHOWN} more` : names.join(' ');
}
