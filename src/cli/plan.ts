import { Command, InvalidArgumentError, Option } from 'commander';
import { createBuildHistory, type BuildHistory } from '../activities/floor/build-history';
import { createSpecGraph } from '../activities/floor/spec-graph';
import { Complaint } from '../config/complaint';
import { estimatesOf, MODEL, modelSeconds } from '../domain/floor/duration';
import { forecast, type Forecast, type ForecastRebuild } from '../domain/floor/simulate/forecast';
import type { PolicyRule } from '../domain/floor/policy';
import { SPEC_ARCHITECTURES, type SpecArchitecture } from '../domain/spec/architecture';
import type { Random } from '../domain/random';
import { duration } from '../domain/text/duration';
import { floorInputOf, policiesOf, POLICY_CHOICES, readFloorInput, slotsOf, type FloorInput, type PolicyChoice } from './floor-input';
import { specNamed } from './graph-input';
import { print, writeResult } from './output';
import { planDrawing } from './report/plan-drawing';
import { markupOf } from '../gateway/page/markup';
import { withSession } from './session';
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
/** How far the next build of a package may be from its last ones: a lognormal factor. */
const ESTIMATE_SIGMA = 1;

/** `millrace plan`: what a change would rebuild, before anything is. */
export function planCommand(): Command {
  return new Command('plan')
    .summary('what a change would rebuild, in which order, and when it would be done')
    .description(
      'Tells what is rebuilt when packages change: for sure and possibly, because of what, in which waves, with which edges cut, along which critical path, and when it would be done.\nNothing is built, and no factory need run. With --specs no millrace.yaml is needed either.',
    )
    .option('--specs <dir>', 'folder of specs (default: main of the factory, with what it published, its policies, slots and builds)')
    .requiredOption('--changed <names>', 'specs that change, or anything that one provides; commas between them', namesOf)
    .addOption(
      new Option('--policy <policy>', 'when dependents are rebuilt: one policy for every package, or each its own')
        .choices(POLICY_CHOICES)
        .default('default'),
    )
    .option('--slots <count>', `builds at once (default: of the configuration, else ${DEFAULT_SLOTS})`, slotsOf)
    .option('--index <file>', 'with --specs: published APKINDEX(.tar.gz), for names that only packages have, and who is linked with what')
    .addOption(new Option('--arch <arch>', 'architecture').choices(SPEC_ARCHITECTURES).default('x86_64'))
    .option('--json', 'print as JSON')
    .option('--svg <file>', 'draw the waves into a file')
    .addHelpText(
      'after',
      `
Policies: static rebuilds what directly needs a package whenever it is published; content, when what it publishes is other than before; abi, what is linked with a soname that is gone.
"sure" is rebuilt however the builds end; "may" if a soname is gone; "in turn" only if the rebuild of what it needs is not equal to what is published (with abi: takes a soname away in turn, which
hardly ever happens). Waves and the critical path are those of all three.
How long a build takes is told by the last builds of the factory. Of a package that it never built, and with --specs, it is not known: ${MODEL.median} s each for the order, and draws of the model (docs/floor.md) for the ETA.

JSON: {"changed": [{"package", "policy"}], "slots", "rebuilds": [{"package", "certain", "because": [package, from what changed on], "wave", "seconds"}],
  "untouched": how many more depend on what changed, "waves": [[name]], "criticalPath": [{"package", "seconds"}], "cut": [{"from", "to", "cycle": [name]}],
  "eta": {"certain": {"p50", "p90"}, "direct": …, "all": …} (seconds: of what is sure, with what may, with what follows in turn)}

Examples:
  millrace plan --specs packages --changed openssl,zlib --slots 16
  millrace plan --specs packages --changed go-1.26 --policy static --svg go.svg

Exit codes: 0 told, 1 unknown name, or a spec could not be read, 2 usage or configuration`,
    )
    .action(async (options: Options, command: Command) => {
      const { distribution, linked, where, rules, slots, history } = await placeOf(options, command);
      const { graph } = distribution;
      const changed = [...new Set(options.changed.map((name) => specNamed(distribution, name, where)))].sort();
      const policies = policiesOf(graph.names, options.policy, rules);
      const seconds = estimatesOf(graph.names, history);
      const draw = (node: number, random: Random) =>
        history.has(graph.names[node]!) ? random.lognormal(seconds[node]!, ESTIMATE_SIGMA) : modelSeconds(random);
      const plan = forecast({ graph, linked, policies, seconds, changed, slots, draw });
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

/** What the forecast is made from, and how the place of it is called. */
interface Place extends FloorInput {
  readonly where: string;
  readonly rules: readonly PolicyRule[];
  readonly slots: number;
  readonly history: BuildHistory;
}

/** A folder of specs, of which nothing else is known; else the factory's own: main, what is published, its policies, slots and builds. */
async function placeOf(options: Options, command: Command): Promise<Place> {
  const { specs, index, slots } = options;
  if (specs !== undefined)
    return {
      ...(await readFloorInput(specs, options.arch, index)),
      where: specs,
      rules: [],
      slots: slots ?? DEFAULT_SLOTS,
      history: new Map(),
    };
  if (index !== undefined)
    throw new Complaint({ message: '--index goes with --specs', remedy: 'without --specs the published index of the factory is read' }, 2);
  return withSession(command, async ({ config, forge, published, store }) => {
    const read = createSpecGraph({ forge, reader: published, specs: config.specs, architecture: options.arch });
    const [{ packages, index: records }, history] = await Promise.all([read(), createBuildHistory(store)()]);
    const where = `${config.specs.repository}, ${config.specs.branch},`;
    if (packages.length === 0)
      throw new Complaint({ message: `${where} has no spec that can be read`, remedy: '`millrace status` tells more' });
    return { ...floorInputOf(packages, records), where, rules: config.floor.policies, slots: slots ?? config.floor.slots, history };
  });
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
