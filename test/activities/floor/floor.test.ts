import { createFloorActivities, PlanTooLarge } from '../../../src/activities/floor/floor';
import { createFloorJournal } from '../../../src/activities/floor/journal';
import { decodePlan } from '../../../src/domain/floor/encoded-plan';
import { graphOf } from '../../../src/domain/graph/adjacency';
import { removeTemporaryFolders, temporaryFolder } from '../repository/support';

describe('activities of the floor', () => {
  afterAll(removeTemporaryFolders);

  const edges: (readonly [string, string])[] = [
    ['libxslt', 'libxml2'],
    ['xmlstarlet', 'libxslt'],
    ['xmlstarlet', 'libxml2'],
    ['pigz', 'zlib'],
  ];
  const activities = (
    more: {
      readonly key?: () => string;
      readonly builds?: ReadonlyMap<string, readonly number[]>;
      readonly policies?: { package: string; policy: 'none' }[];
    } = {},
  ) =>
    createFloorActivities({
      graph: async () => ({ key: more.key?.() ?? 'one', graph: graphOf(edges.flat(), edges) }),
      history: async () => more.builds ?? new Map(),
      journal: createFloorJournal(temporaryFolder()),
      policies: more.policies ?? [],
    });

  it('plans what depends on the packages, by policies and what builds took', async () => {
    const { planRebuilds } = activities({ builds: new Map([['libxslt', [40]]]), policies: [{ package: 'libx*', policy: 'none' }] });
    const plan = await planRebuilds({ packages: ['libxml2'] });
    expect(plan.names).toEqual(['libxml2', 'libxslt', 'xmlstarlet']);
    expect(plan.seconds).toEqual([27, 40, 27]);
    expect(plan.rank).toEqual([94, 67, 27]);
    expect(plan.policies).toBe('nna');
    expect([...decodePlan(plan).dependents.targets]).toEqual([1, 2, 2]);
  });

  it('answers the same plan for the same packages, and another when main changed', async () => {
    let key = 'one';
    const { planRebuilds } = activities({ key: () => key });
    const plan = await planRebuilds({ packages: ['libxml2', 'zlib'] });
    expect(await planRebuilds({ packages: ['zlib', 'libxml2', 'zlib'] })).toBe(plan);
    expect(await planRebuilds({ packages: ['zlib'] })).not.toBe(plan);
    key = 'other';
    const again = await planRebuilds({ packages: ['libxml2', 'zlib'] });
    expect(again).not.toBe(plan);
    expect(again).toEqual(plan);
  });

  it('refuses a plan that is too large to travel, and says what helps', async () => {
    const many = Array.from({ length: 9000 }, (_, nth): [string, string] => [`a-package-with-a-long-name-${nth}`, 'zlib']);
    const { planRebuilds } = createFloorActivities({
      graph: async () => ({ key: 'one', graph: graphOf(many.flat(), many) }),
      history: async () => new Map(),
      journal: createFloorJournal(temporaryFolder()),
      policies: [],
    });
    const refused = planRebuilds({ packages: ['zlib'] });
    await expect(refused).rejects.toThrow(PlanTooLarge);
    await expect(refused).rejects.toThrow(/the plan of 9001 affected packages takes \d+ KiB.*floor\.policies in millrace\.yaml/);
  });
});
