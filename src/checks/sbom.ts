import type { Check, OpenedApk } from './check';
import { count, fromProblems, perArchitecture } from './check';

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What is wrong with a document by the SPDX 2.3 specification (mandatory fields of clauses 6, 7 and 11) and for this package. */
function problemsOfDocument(document: unknown, name: string, version: string): readonly string[] {
  if (!isMembers(document)) return ['is not a JSON object'];
  const wrong: string[] = [];
  if (document.spdxVersion !== 'SPDX-2.3') wrong.push(`spdxVersion is ${JSON.stringify(document.spdxVersion)}, not SPDX-2.3`);
  if (document.SPDXID !== 'SPDXRef-DOCUMENT') wrong.push('SPDXID is not SPDXRef-DOCUMENT');
  if (document.dataLicense !== 'CC0-1.0') wrong.push('dataLicense is not CC0-1.0');
  if (!isText(document.name)) wrong.push('has no name');
  if (!isText(document.documentNamespace)) wrong.push('has no documentNamespace');
  const creation = isMembers(document.creationInfo) ? document.creationInfo : {};
  if (!isText(creation.created) || Number.isNaN(Date.parse(creation.created))) wrong.push('creationInfo.created is no time');
  if (!list(creation.creators).some(isText)) wrong.push('creationInfo.creators is empty');
  const packages = list(document.packages).filter(isMembers);
  for (const item of packages) {
    if (!isText(item.name)) wrong.push(`package ${String(item.SPDXID)} has no name`);
    if (!isText(item.SPDXID) || !/^SPDXRef-[A-Za-z0-9.-]+$/.test(item.SPDXID))
      wrong.push(`package ${String(item.name)} has no valid SPDXID`);
    if (!isText(item.downloadLocation)) wrong.push(`package ${String(item.name)} has no downloadLocation`);
  }
  if (!packages.some((item) => item.name === name && item.versionInfo === version)) wrong.push(`names no package ${name} ${version}`);
  const ids = new Set(['SPDXRef-DOCUMENT', ...[...packages, ...list(document.files).filter(isMembers)].map((item) => item.SPDXID)]);
  for (const relation of list(document.relationships).filter(isMembers)) {
    for (const end of [relation.spdxElementId, relation.relatedSpdxElement]) {
      const known = ids.has(end) || end === 'NONE' || end === 'NOASSERTION' || (isText(end) && end.startsWith('DocumentRef-'));
      if (!known) wrong.push(`a relationship names ${String(end)}, which is not in the document`);
    }
  }
  const described =
    list(document.documentDescribes).length > 0 ||
    list(document.relationships).some((relation) => isMembers(relation) && relation.relationshipType === 'DESCRIBES');
  if (!described) wrong.push('does not say what it describes');
  return wrong;
}

async function problemsOf(apk: OpenedApk): Promise<readonly string[]> {
  const path = `var/lib/db/sbom/${apk.info.name}-${apk.info.version}.spdx.json`;
  if (!apk.entries.some((entry) => entry.path === path && entry.type === 'file')) return [`${apk.file} has no ${path}`];
  let text = '';
  await apk.visit(
    (entry) => entry.path === path,
    (_, content) => (text = content.toString('utf8')),
  );
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [`${apk.file}: ${path} is not JSON`];
  }
  return problemsOfDocument(document, apk.info.name, apk.info.version).map((problem) => `${apk.file}: the SBOM ${problem}`);
}

/** Every package carries a valid SPDX 2.3 document that names it: image SBOMs are made of these, and a package without one is silently left out. */
export const sbomCheck: Check = {
  name: 'sbom',
  title: 'SBOM is valid',
  stage: 'package',
  revision: 1,
  reads: [],
  run: (context) =>
    perArchitecture(context, async (build) => {
      const apks = await build.built();
      const problems = (await Promise.all(apks.map(problemsOf))).flat();
      return fromProblems(problems, `valid SPDX 2.3 in ${count(apks.length, 'package')}`);
    }),
};
