import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Complaint } from '../config/complaint';
import { isLocalRepository } from '../config/load';
import { MODEL, modelSeconds } from '../domain/floor/duration';
import { forecast, type Forecast, type ForecastRebuild } from '../domain/floor/simulate/forecast';
import type { PolicyRule } from '../domain/floor/policy';
import { SPEC_ARCHITECTURES, type SpecArchitecture } from '../domain/spec/architecture';
import { duration } from '../domain/text/duration';
import { policiesOf, POLICY_CHOICES, readFloorInput, slotsOf, type PolicyChoice } from './floor-input';
import { specNamed } from './graph-input';
import { print, writeResult } from './output';
import { planDrawing } from './report/plan-drawing';
import { markupOf } from '../gateway/page/markup';
import { configOf } from './session';
import { table, terminalStyle } from './view/style';

interface Options {
  readonly specs?: string;
  readonly changed: readonly string[];
  readonly policy: PolicyChoice;
  readonly slots?: number;
  readonly index?: string;
  readonly arch: SpecArchitecture;
  readonly json?: boolean;
  readonly svg?: string;
}

/** Rows of a list that a person is shown. */
const SHOWN = 40;
const DEFAULT_SLOTS = 2;

/** `millrace plan`: what a change would rebuild, before anything is. */
export function planCommand(): Command {
  return new Command('plan')
    .summary('what a change would rebuild, in which order, and when it would be done')
    .description(
      'Tells what is rebuilt when packages change: for sure and possibly, because of what, in which waves, with which edges cut, along which critical path, and when it would be done.\nNothing is built. With --specs it needs neither a millrace.yaml nor a running factory.',
    )
    .option('--specs <dir>', 'folder of specs (default: that of the configuration, with its policies and slots)')
    .requiredOption('--changed <names>', 'specs that change, or anything that one provides; commas between them', namesOf)
    .addOption(
      new Option('--policy <policy>', 'when dependents are rebuilt: one policy for every package, or each its own')
        .choices(POLICY_CHOICES)
        .default('default'),
    )
    .option('--slots <count>', `builds at once (default: of the configuration, else ${DEFAULT_SLOTS})`, slotsOf)
    .option('--index <file>', 'published APKINDEX(.tar.gz): names that only packages have, and who is linked with what')
    .addOption(new Option('--arch <arch>', 'architecture').choices(SPEC_ARCHITECTURES).default('x86_64'))
    .option('--json', 'print as JSON')
    .option('--svg <file>', 'draw the waves into a file')
    .addHelpText(
      'after',
      `
Policies: static rebuilds what directly needs a package whenever it is published; content, when what it publishes is other than before; abi, what is linked with a soname that is gone.
"sure" is rebuilt however the builds end; "may" if a soname is gone; "in turn" only if the rebuild of what it needs is not equal to what is published (with abi: takes a soname away in turn, which
hardly ever happens). Waves and the critical path are those of all three.
How long a build takes is not known without a factory: ${MODEL.median} s each for the order, and draws of the model (docs/floor.md) for the ETA.

JSON: {"changed": [{"package", "policy"}], "slots", "rebuilds": [{"package", "certain", "because": [package, from what changed on], "wave", "seconds"}],
  "untouched": how many more depend on what changed, "waves": [[name]], "criticalPath": [{"package", "seconds"}], "cut": [{"from", "to", "cycle": [name]}],
  "eta": {"certain": {"p50", "p90"}, "direct": …, "all": …} (seconds: of what is sure, with what may, with what follows in turn)}

Examples:
  millrace plan --specs packages --changed openssl,zlib --slots 16
  millrace plan --specs packages --changed go-1.26 --policy static --svg go.svg

Exit codes: 0 told, 1 unknown name, or a spec could not be read, 2 usage or configuration`,
    )
    .action(async (options: Options, command: Command) => {
      const { folder, rules, slots } = placeOf(options, command);
      const { distribution, linked } = await readFloorInput(folder, options.arch, options.index);
      const { graph } = distribution;
      const changed = [...new Set(options.changed.map((name) => specNamed(distribution, name, folder)))].sort();
      const policies = policiesOf(graph.names, options.policy, rules);
      const plan = forecast({
        graph,
        linked,
        policies,
        seconds: graph.names.map(() => MODEL.median),
        changed,
        slots,
        draw: (_, random) => modelSeconds(random),
      });
      const sources = changed.map((name) => ({ package: name, policy: policies[graph.numbers.get(name)!]! }));
      if (options.svg !== undefined) writeResult(options.svg, markupOf(planDrawing(changed, plan)));
      print(options.json ? JSON.stringify(planJson(sources, slots, plan)) : planText(sources, slots, plan));
    });
}

function namesOf(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('names of specs with commas between them.');
  return names;
}

function placeOf(
  options: Options,
  command: Command,
): { readonly folder: string; readonly rules: readonly PolicyRule[]; readonly slots: number } {
  if (options.specs !== undefined) return { folder: options.specs, rules: [], slots: options.slots ?? DEFAULT_SLOTS };
  const { specs, floor, file } = configOf(command);
  if (!isLocalRepository(specs.repository)) {
    throw new Complaint({ message: `${file} has its specs at ${specs.repository}`, remedy: 'name a checkout of them with --specs' }, 2);
  }
  return { folder: join(specs.repository, specs.directory), rules: floor.policies, slots: options.slots ?? floor.slots };
}

type Source = { readonly package: string; readonly policy: string };

function planJson(changed: readonly Source[], slots: number, plan: Forecast) {
  const { certain, direct, all, ...rest } = plan;
  return { changed, slots, ...rest, waves: wavesOf(plan).map((wave) => wave.map((one) => one.package)), eta: { certain, direct, all } };
}

function wavesOf({ rebuilds }: Forecast): readonly (readonly ForecastRebuild[])[] {
  const waves: ForecastRebuild[][] = [];
  for (const one of rebuilds) (waves[one.wave - 1] ??= []).push(one);
  return waves;
}

function planText(changed: readonly Source[], slots: number, plan: Forecast): string {
  const { rebuilds, untouched, cut, criticalPath, certain, direct, all } = plan;
  const sources = changed.map((one) => `${one.package} (${one.policy})`).join(', ');
  if (rebuilds.length === 0) return `${sources}: nothing is rebuilt; ${packages(untouched)} that depend on it stay as they are`;
  const [sure, may, further] = [rebuilds.filter(isSure), rebuilds.filter(isNext), rebuilds.filter(isFurther)];
  const path = criticalPath.map((one) => one.package);
  const rows = [...sure, ...may, ...further]
    .slice(0, SHOWN)
    .map((one) => [one.package, String(one.wave), one.certain ? 'sure' : isNext(one) ? 'may' : 'in turn', one.because.join(' → ')]);
  return [
    sources,
    `  sure     ${packages(sure.length)}${sure.length ? `: ${eta(certain)}` : ''}`,
    `  may      ${packages(may.length)} more, if a soname is gone${may.length ? `: together ${eta(direct)}` : ''}`,
    `  in turn  ${packages(further.length)} more, if every rebuild changes what is built with it${further.length ? `: together ${eta(all)}` : ''}`,
    `  never    ${packages(untouched)} that depend on it all the same`,
    `${waves(wavesOf(plan).length)} on ${slots} slots; critical path of ${packages(path.length)}, ${duration(criticalPath.reduce((sum, one) => sum + one.seconds, 0))}: ${shortened(path).join(' → ')}`,
    ...(cut.length
      ? [
          `${cut.length} edges cut so that there is an order: ${shortened(cut.map(({ from, to }) => `${from} needs ${to}`)).join(', ')} (--json has their cycles)`,
        ]
      : []),
    '',
    table(terminalStyle(0), ['PACKAGE', 'WAVE', 'REBUILT', 'BECAUSE OF'], rows),
    ...(rebuilds.length > SHOWN ? [`… and ${rebuilds.length - SHOWN} more (--json has all)`] : []),
  ].join('\n');
}

const isSure = (one: ForecastRebuild) => one.certain;
const isNext = (one: ForecastRebuild) => !one.certain && one.because.length === 1;
const isFurther = (one: ForecastRebuild) => one.because.length > 1;
const waves = (count: number) => `${count} ${count === 1 ? 'wave' : 'waves'}`;
const packages = (count: number) => `${count} ${count === 1 ? 'package' : 'packages'}`;
const eta = ({ p50, p90 }: Forecast['all']) =>
  `done within ${duration(p50)} as likely as not, within ${duration(p90)} nine times out of ten`;

function shortened(names: readonly string[]): readonly string[] {
  return names.length > 8 ? [...names.slice(0, 4), `… ${names.length - 8} more …`, ...names.slice(-4)] : names;
}
