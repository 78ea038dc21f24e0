import { Command, InvalidArgumentError, Option } from 'commander';
import { Complaint } from '../config/complaint';
import { modelSeconds } from '../domain/floor/duration';
import { policyOf } from '../domain/floor/policy';
import { readSeason, SEASON_CLASSES, type Season, type SeasonClass } from '../domain/floor/simulate/season';
import { simulate, type SimulationResult } from '../domain/floor/simulate/simulate';
import type { Spread } from '../domain/floor/simulate/statistics';
import { randomOf } from '../domain/random';
import { SPEC_ARCHITECTURES, type SpecArchitecture } from '../domain/spec/architecture';
import { duration } from '../domain/text/duration';
import { markupOf } from '../gateway/page/markup';
import { policiesOf, POLICY_CHOICES, readFloorInput, slotsOf, type PolicyChoice } from './floor-input';
import { print, progress, writeResult } from './output';
import { seasonPage } from './report/season-page';
import { readSeasonFile } from './season-file';
import { table, terminalStyle } from './view/style';

interface Options {
  readonly specs: string;
  readonly events: string;
  readonly slots: number;
  readonly policy?: PolicyChoice;
  readonly seed: number;
  readonly index?: string;
  readonly arch: SpecArchitecture;
  readonly json?: boolean;
  readonly report?: string;
}

/** As in a millrace.yaml that says nothing of them. */
const SETTINGS = { debounceSeconds: 30, cycleBudget: 1, breaker: { after: 20, share: 0.5 } };

/** One policy, and what came of the season under it. */
export interface Play {
  readonly policy: PolicyChoice;
  readonly result: SimulationResult;
}

/** `millrace simulate`: a season of a distribution through the rules of the floor. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .summary('a season of a real distribution through the rules of the floor')
    .description(
      'Plays what happened to the specs of a distribution through the rules by which the floor orders rebuilds, under a virtual clock, and tells what each policy costs and how fast it is.\nNeeds neither a millrace.yaml nor a running factory.',
    )
    .requiredOption('--specs <dir>', 'folder of specs')
    .requiredOption('--events <file>', 'the season: JSON lines, plain or gzipped')
    .requiredOption('--slots <count>', 'builds at once', slotsOf)
    .addOption(new Option('--policy <policy>', 'when dependents are rebuilt (default: one after the other)').choices(POLICY_CHOICES))
    .option('--seed <number>', 'of durations, failures, breaks and equal rebuilds', seedOf, 0)
    .option('--index <file>', 'published APKINDEX(.tar.gz): names that only packages have, and who is linked with what')
    .addOption(new Option('--arch <arch>', 'architecture').choices(SPEC_ARCHITECTURES).default('x86_64'))
    .option('--json', 'print as JSON')
    .option('--report <file>', 'write a page with charts')
    .addHelpText(
      'after',
      `
A line of the season: {"time": "2026-04-01T14:38:55Z", "package", "kind": version | epoch | new | removed, "from_version"?, "to_version", "reason"?: comment beside the epoch, "commit"}.
Other keys are ignored. Releases, new specs, removals and epochs raised for a CVE or GHSA drive the simulation; what else happened is counted apart. docs/floor.md tells the rules, the model of
durations, and the oracle that says which builds fail, which releases break an ABI and which rebuilds are equal. The same seed gives the same season.

JSON: {"season": {"events", "commits", "massCommits", "outOfOrder", "from", "to", "counts": {class: {"taken", "mass", "unknown"}}}, "slots", "seed", "policies": [{"policy", "builds", "releaseBuilds",
  "rebuildBuilds", "equal", "failed", "slotSeconds", "released": {"count", "mean", "p50", "p90", "p99", "max"}, "rebuilt": …, "longestHold": {"seconds", "package"}, "peakQueue", "stopped", "end"}]}

Examples:
  millrace simulate --specs packages --events season.jsonl.gz --slots 16
  millrace simulate --specs packages --events season.jsonl --slots 8 --policy abi --seed 3 --report season.html

Exit codes: 0 played, 1 the season or a spec could not be read, 2 usage`,
    )
    .action(async (options: Options) => {
      const events = readSeasonFile(options.events);
      const { distribution, linked } = await readFloorInput(options.specs, options.arch, options.index);
      const { graph } = distribution;
      const season = readSeason(events, (name) => graph.numbers.has(name));
      if (season.arrivals.length === 0) {
        throw new Complaint({
          message: `${options.events}: no event concerns a spec of ${options.specs}`,
          remedy: 'play a season of the same distribution',
        });
      }
      if (season.outOfOrder > 0)
        progress(`warning: ${options.events}: ${season.outOfOrder} events stand after a later one; they were put in order`);
      const random = randomOf(options.seed);
      const seconds = graph.names.map(() => Math.max(1, Math.round(modelSeconds(random))));
      const plays = (options.policy ? [options.policy] : POLICY_CHOICES).map((policy): Play => {
        if (!options.json) progress(`playing ${policy} …`);
        const result = simulate({
          graph,
          linked,
          policies: policiesOf(graph.names, policy),
          isToolchain: graph.names.map((name) => policyOf(name, []) === 'static'),
          seconds,
          arrivals: season.arrivals,
          settings: { ...SETTINGS, slots: options.slots },
          seed: options.seed,
        });
        return { policy, result };
      });
      const played = { season, slots: options.slots, seed: options.seed, plays };
      if (options.report !== undefined) writeResult(options.report, markupOf(seasonPage(played)));
      print(options.json ? JSON.stringify(seasonJson(played)) : seasonText(played));
    });
}

/** What a season gave, under each policy. */
export interface Played {
  readonly season: Season;
  readonly slots: number;
  readonly seed: number;
  readonly plays: readonly Play[];
}

function seedOf(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw new InvalidArgumentError('a whole number.');
  return Number(text);
}

function seasonJson({ season, slots, seed, plays }: Played) {
  const { arrivals: _, ...told } = season;
  const moment = (at: number) => new Date(at).toISOString();
  const policies = plays.map(({ policy, result: { queue: _queue, busy: _busy, published: _published, from: _from, end, ...rest } }) => ({
    policy,
    ...rest,
    end: moment(end),
  }));
  return { season: { ...told, from: moment(season.from), to: moment(season.to) }, slots, seed, policies };
}

/** What each class of events is called. */
export const CLASS_NAMES: Readonly<Record<SeasonClass, string>> = {
  release: 'releases',
  added: 'new specs',
  removed: 'removals',
  remedy: 'epochs for a CVE or GHSA',
  rebuilt: 'rebuilds that happened: epochs for a toolchain or transition',
  edited: 'epochs for anything else',
  repeated: 'repeats without news',
};

function seasonText({ season, slots, seed, plays }: Played): string {
  const style = terminalStyle(0);
  const counted = SEASON_CLASSES.map((kind) => {
    const { taken, mass, unknown } = season.counts[kind];
    return [CLASS_NAMES[kind], count(taken), count(mass), count(unknown)];
  });
  const rows = FIGURES.map(({ name, of }) => [name, ...plays.map(({ result }) => of(result))]);
  const left = plays.filter(({ result }) => result.left.length > 0);
  return [
    `${count(season.events)} events in ${count(season.commits)} commits, ${new Date(season.from).toISOString().slice(0, 10)} to ${new Date(season.to).toISOString().slice(0, 10)}; ${season.massCommits} mass commits`,
    '',
    table(style, ['EVENTS', 'COUNTED', 'IN MASS COMMITS', 'OF UNKNOWN SPECS'], counted),
    '',
    table(style, [`${slots} SLOTS, SEED ${seed}`, ...plays.map(({ policy }) => policy.toUpperCase())], rows),
    '',
    `Rebuilds that really happened: ${count(season.counts.rebuilt.taken)}, and ${count(season.counts.rebuilt.mass)} in mass commits.`,
    ...left.map(({ policy, result }) => `${policy}: still wanted at the end, which should not be: ${result.left.slice(0, 8).join(', ')}`),
  ].join('\n');
}

/** What is told of each policy, in this order. */
export const FIGURES: readonly { readonly name: string; readonly of: (result: SimulationResult) => string }[] = [
  { name: 'builds', of: ({ builds }) => count(builds) },
  { name: '  of releases', of: ({ releaseBuilds }) => count(releaseBuilds) },
  { name: '  of rebuilds alone', of: ({ rebuildBuilds }) => count(rebuildBuilds) },
  { name: '  equal to what was published', of: ({ equal }) => count(equal) },
  { name: '  failed', of: ({ failed }) => count(failed) },
  { name: 'slot-hours', of: ({ slotSeconds }) => count(Math.round(slotSeconds / 3600)) },
  ...spread('event to published', ({ released }) => released),
  ...spread('event to rebuilt', ({ rebuilt }) => rebuilt),
  {
    name: 'longest hold',
    of: ({ longestHold: { seconds, package: name } }) => (name === undefined ? '-' : `${duration(seconds)} (${name})`),
  },
  { name: 'peak queue', of: ({ peakQueue }) => count(peakQueue) },
  { name: 'causes stopped by the breaker', of: ({ stopped }) => count(stopped) },
];

function spread(name: string, of: (result: SimulationResult) => Spread) {
  const keys = ['mean', 'p50', 'p90', 'p99'] as const;
  return keys.map((key) => ({
    name: key === 'mean' ? `${name}, mean` : `  ${key}`,
    of: (result: SimulationResult) => (of(result).count ? duration(of(result)[key]) : '-'),
  }));
}

const count = (value: number) => value.toLocaleString('en-US');
