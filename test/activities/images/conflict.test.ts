import { parse } from 'yaml';
import { explainConflict } from '../../../src/activities/images/conflict';

const CONFIG = `# what it is made of
contents:
  packages: # in this order
    - baselayout
    - app=1.2
    - "lib"
    - tool
accounts: { run-as: "65532" }
`;

/** Solves what has not all of these packages, at generations where they do not fit. */
const solver =
  (together: readonly string[], fittingUntil = 0, seen: string[] = []) =>
  (config: Uint8Array, generation: number): Promise<boolean> => {
    const text = Buffer.from(config).toString('utf8');
    seen.push(text);
    const { contents } = parse(text) as { contents: { packages: readonly string[] } };
    return Promise.resolve(generation <= fittingUntil || !together.every((name) => contents.packages.includes(name)));
  };

const explain = (solves: (config: Uint8Array, generation: number) => Promise<boolean>, generation = 9, config = CONFIG) =>
  explainConflict({ config: Buffer.from(config), generation, solves });

test.each([
  [
    'two',
    solver(['app=1.2', 'lib'], 6),
    9,
    ['Cannot be installed together, and any fewer of them can: app=1.2, lib', 'Generation 6 is the newest at which it can be locked'],
  ],
  [
    'one',
    solver(['lib']),
    9,
    ['lib cannot be installed, whatever else is in the image', 'At none of the generations 1 to 8 can it be locked'],
  ],
  [
    'one at the second generation',
    solver(['lib']),
    2,
    ['lib cannot be installed, whatever else is in the image', 'At generation 1 it cannot be locked either'],
  ],
  ['one at the first generation', solver(['lib']), 1, ['lib cannot be installed, whatever else is in the image']],
  [
    'at most 50 generations',
    solver(['lib'], 3),
    100,
    ['lib cannot be installed, whatever else is in the image', 'At none of the generations 50 to 99 can it be locked'],
  ],
  ['not the packages', solver([]), 9, []],
])('%s', async (_, solves, generation, lines) => expect(await explain(solves, generation)).toEqual(lines));

test('only packages are left out', async () => {
  const seen: string[] = [];
  await explain(solver(['app=1.2', 'lib'], 0, seen));
  for (const text of seen) {
    const { contents, ...rest } = parse(text) as { contents: { packages: readonly string[] } };
    expect(rest).toEqual({ accounts: { 'run-as': '65532' } });
    expect(['baselayout', 'app=1.2', 'lib', 'tool'].filter((name) => contents.packages.includes(name))).toEqual(contents.packages);
  }
  expect(seen.at(-1)).toBe(CONFIG);
});

test('what goes wrong on the way ends it, and what was found by then is said', async () => {
  const broken = () => Promise.reject(new Error('no disk'));
  expect(await explain(broken)).toEqual([]);
  let asked = 0;
  const solves = solver(['lib']);
  expect(await explain((config, generation) => (++asked > 2 ? broken() : solves(config, generation)))).toEqual([
    'What cannot be installed together is among these: lib, tool',
  ]);
  const anchored = 'contents:\n  packages: [&a app, lib]\nannotations: { app: *a }\n';
  expect(await explain(solver(['lib']), 1, anchored)).toEqual([]);
});
