import { formatProblem } from '../../../src/domain/result';
import { SPEC_ARCHITECTURES } from '../../../src/domain/spec/architecture';
import { builtInPipelines } from '../../../src/domain/spec/builtin';
import { bumpSpec } from '../../../src/domain/spec/bump';
import { checkPipelines } from '../../../src/domain/spec/check-pipelines';
import { bumpDependency, bumpEpoch, expectationsOf } from '../../../src/domain/spec/edit';
import { expandSpec } from '../../../src/domain/spec/expand';
import { lintSpec } from '../../../src/domain/spec/lint';
import { layered, readPipeline, type PipelineDefinition } from '../../../src/domain/spec/pipeline';
import { readSpec } from '../../../src/domain/spec/read';
import { parseTree } from '../../../src/domain/spec/tree';
import { mutate, randomNumbers, survive } from './mutate';
import { jsonLines, packIt, unpack } from './pack';
import { specFrom } from './reading';

const SPECS = 'wolfi-os-specs.tar.gz';

async function distribution() {
  const files = await unpack(SPECS);
  const own = new Map<string, PipelineDefinition>();
  const specs = new Map<string, string>();
  for (const [name, text] of files) {
    const uses = /^pipelines\/(.*)\.yaml$/.exec(name)?.[1];
    if (uses === undefined) {
      if (!name.includes('/')) specs.set(name, text);
      continue;
    }
    const read = readPipeline(text, name);
    if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
    own.set(uses, read.value);
  }
  return { specs, own, pipelines: layered(own, builtInPipelines) };
}

/** Defects that are the files' own. None: what melange builds can be read. */
const TRUE_DEFECTS: readonly string[] = [];

packIt(SPECS)('reads and expands all 3,401 specs of a real distribution for both architectures, and its 93 pipelines', async () => {
  const { specs, own, pipelines } = await distribution();
  expect([specs.size, own.size]).toEqual([3401, 93]);
  const defects: string[] = [];
  let packages = 0;
  for (const [file, text] of specs) {
    const read = readSpec(text, file);
    if (!read.ok) defects.push(...read.error.map(formatProblem));
    else {
      for (const arch of SPEC_ARCHITECTURES) {
        const expanded = expandSpec(read.value, { arch, pipelines });
        if (!expanded.ok) defects.push(...expanded.error.map(formatProblem));
        else if (arch === 'x86_64') packages += 1 + expanded.value.subpackages.length;
      }
    }
  }
  expect(defects).toEqual(TRUE_DEFECTS);
  expect(packages).toBe(3401 + 7765);
  expect(checkPipelines([...own.keys()], pipelines)).toEqual([]);
});

packIt(SPECS)('every scalar of every spec stands where its position says, so that writing what was read gives the same bytes', async () => {
  const { specs } = await distribution();
  for (const [file, text] of specs) {
    const tree = parseTree(text, file);
    if (!tree.ok) throw new Error(file);
    expect(tree.value.text).toBe(text);
    const spec = specFrom(text, file);
    for (const located of [spec.name, spec.version, ...spec.buildPackages, ...Object.values(spec.vars)]) {
      const written = text.slice(located.offset, located.end);
      if (/^[|>]/.test(written) || written.includes('\n') || written.includes('\\')) continue;
      expect(written.replace(/^(["'])(.*)\1$/, '$2').replaceAll("''", "'")).toBe(located.value);
      expect(
        text
          .split('\n')
          [located.at.line - 1]!.slice(located.at.column - 1)
          .startsWith(written),
      ).toBe(true);
    }
  }
});

packIt(SPECS)('the findings of the real distribution are warnings, and of these kinds', async () => {
  const { specs, pipelines } = await distribution();
  const rules = new Map<string, number>();
  for (const [file, text] of specs) {
    for (const { severity, rule } of lintSpec(text, file, pipelines))
      rules.set(`${severity} ${rule}`, (rules.get(`${severity} ${rule}`) ?? 0) + 1);
  }
  expect(Object.fromEntries(rules)).toEqual({ 'warning apko-order': 120, 'warning unused-transform': 25, 'warning unpinned-source': 3 });
});

interface Update {
  readonly package: string;
  readonly commit: string;
  readonly new_version: string;
  readonly changed_keys: readonly string[];
}

/** What an update touches that is mechanical; with anything else a person (or a rule beyond versions) had a hand in it. */
const MECHANICAL = new Set(['version', 'epoch', 'expected-commit', 'expected-sha256', 'expected-sha512']);

packIt('history-updates.jsonl')('240 real updates: byte for byte what the bot wrote, wherever it did nothing else', async () => {
  const files = await unpack('history-updates-before-after.tar.gz');
  const others: Record<string, string> = {};
  let same = 0;
  for (const { package: name, commit, new_version: to, changed_keys: keys } of jsonLines('history-updates.jsonl') as readonly Update[]) {
    const file = `${name}@${commit.slice(0, 12)}.yaml`;
    const after = files.get(`after/${file}`)!;
    const expected = expectationsOf(specFrom(after), to);
    if (!expected.ok) throw new Error(expected.error.map(formatProblem).join('\n'));
    const values = (kind: string) => [
      ...new Map(expected.value.filter(({ digest }) => digest === kind).map(({ place }) => [place.offset, place.value])).values(),
    ];
    const bumped = bumpSpec(files.get(`before/${file}`)!, file, {
      to,
      commits: values('commit'),
      sha256: values('sha256'),
      sha512: values('sha512'),
    });
    if (bumped.ok && bumped.value === after) same++;
    else
      others[name] =
        keys.filter((key) => !MECHANICAL.has(key) && !/^\(/.test(key)).join(' ') ||
        keys.filter((key) => /^\((comment|text)/.test(key)).join(' ');
  }
  expect(same).toBe(180);
  // The others name the keys that the commit changed beyond the mechanical ones.
  expect(Object.keys(others)).toHaveLength(60);
  expect(Object.entries(others).filter(([, why]) => why === '')).toEqual([]);
});

interface EpochBump {
  readonly kind: string;
  readonly package: string;
  readonly old_epoch: string;
  readonly new_epoch: string;
  readonly diff_u0: string;
}

packIt('history-epoch-bumps.jsonl')(
  '240 real epoch bumps: the line with its reason, byte for byte, and the dependencies that were bumped with it',
  () => {
    const edited: Record<string, number> = {};
    for (const bump of jsonLines('history-epoch-bumps.jsonl') as readonly EpochBump[]) {
      const lines = bump.diff_u0.split('\n');
      const line = (sign: string) => lines.find((each) => each.startsWith(sign) && /^.\s*epoch:/.test(each))!.slice(1);
      const [before, after] = [line('-'), line('+')];
      const reason = /#\s*(.*)$/.exec(after)?.[1];
      const text = (epoch: string) => `package:\n  name: a\n  version: "1"\n${epoch}\n  description: x\n`;
      const result = bumpEpoch(text(before), 'a.yaml', { epoch: Number(bump.new_epoch), reason: reason ?? '' });
      const how = result.ok && result.value === text(after) ? 'same' : reason === undefined ? 'without a reason' : 'other';
      edited[how] = (edited[how] ?? 0) + 1;
      const words = (sign: string) =>
        lines.filter((each) => each.startsWith(sign)).flatMap((each) => /^.\s+(\S+@v?[0-9]\S*)\s*$/.exec(each)?.[1] ?? []);
      const [old, fresh] = [words('-'), words('+')];
      if (old.length !== 1 || fresh.length !== 1) continue;
      const at = fresh[0]!.lastIndexOf('@');
      const step = (word: string) =>
        `${text('  epoch: 0')}pipeline:\n  - uses: go/bump\n    with:\n      deps: |-\n        a.b/c@v1.0.0\n        ${word}\n`;
      const dependency = bumpDependency(step(old[0]!), 'a.yaml', fresh[0]!.slice(0, at), fresh[0]!.slice(at + 1));
      const kind = dependency.ok && dependency.value === step(fresh[0]!) ? 'dependency' : 'other dependency';
      edited[kind] = (edited[kind] ?? 0) + 1;
    }
    expect(edited).toEqual({ same: 240, dependency: 5 });
  },
);

packIt(SPECS)('2,000 mutated specs give errors with positions, and no exception', async () => {
  const { specs, pipelines } = await distribution();
  const random = randomNumbers(5);
  const names = [...specs.keys()];
  let refused = 0;
  for (let run = 0; run < 2000; run++) {
    const file = names[random(names.length)]!;
    if (survive(mutate(specs.get(file)!, random), file, pipelines).errors) refused++;
  }
  expect(refused).toBeGreaterThan(500);
});
