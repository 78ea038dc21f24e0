import { sbomOf } from './apk-file';
import { builtWith, NEW, PACKAGE_CHECKS, update } from './scenario';

test('packages with a document that names them pass', async () => {
  const { check, failing } = await update(NEW);
  expect(await check('sbom')).toMatchObject({ outcome: 'passed', summary: 'valid SPDX 2.3 in 2 packages' });
  expect(await failing(PACKAGE_CHECKS)).toEqual([]);
});

const without = (member: string) => {
  const { [member]: _, ...rest } = sbomOf('libhello', '1.1-r0');
  return JSON.stringify(rest);
};

test.each([
  ['none at all', false as const, 'has no var/lib/db/sbom/libhello-1.1-r0.spdx.json'],
  ['not JSON', '{', 'is not JSON'],
  ['another version of SPDX', JSON.stringify({ ...sbomOf('libhello', '1.1-r0'), spdxVersion: 'SPDX-2.2' }), 'not SPDX-2.3'],
  ['without namespace', without('documentNamespace'), 'has no documentNamespace'],
  ['without creation', without('creationInfo'), 'creationInfo.created is no time'],
  ['of another package', JSON.stringify(sbomOf('libhello', '1.0-r0')), 'names no package libhello 1.1-r0'],
  [
    'a relationship into nothing',
    JSON.stringify({
      ...sbomOf('libhello', '1.1-r0'),
      relationships: [{ spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-gone' }],
    }),
    'SPDXRef-gone, which is not in the document',
  ],
  ['describing nothing', without('relationships'), 'does not say what it describes'],
])('%s fails, and nothing else does', async (_, sbom, expected) => {
  const { check, failing } = await update(builtWith('libhello', (item) => ({ ...item, sbom })));
  const finding = await check('sbom');
  expect(finding.outcome).toBe('failed');
  expect(finding.details.join('\n')).toContain(expected);
  expect(await failing(PACKAGE_CHECKS)).toEqual(['sbom']);
});
