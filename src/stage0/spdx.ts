import type { ApkMetadata } from './apk-writer';

/** Where a repacked package came from; absent for the two that stage0 writes itself. */
export interface DebianOrigin {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly suite: string;
}

/** An SPDX 2.3 document of one package. apko makes an image's SBOM from these files, and a package without one is silently missing there. */
export function spdxDocument(metadata: ApkMetadata, created: Date, origin?: DebianOrigin): string {
  const id = `SPDXRef-Package-apk-${metadata.name}-${metadata.version}`.replace(/[^A-Za-z0-9.-]/g, '-');
  const purls = [
    `pkg:apk/stage0/${encodeURIComponent(metadata.name)}@${encodeURIComponent(metadata.version)}?arch=${metadata.architecture}`,
    ...(origin
      ? [
          `pkg:deb/debian/${encodeURIComponent(origin.name)}@${encodeURIComponent(origin.version)}?arch=${origin.architecture}&distro=${origin.suite}`,
        ]
      : []),
  ];
  return JSON.stringify(
    {
      SPDXID: 'SPDXRef-DOCUMENT',
      name: `apk-${metadata.name}-${metadata.version}`,
      spdxVersion: 'SPDX-2.3',
      creationInfo: { created: created.toISOString().replace('.000', ''), creators: ['Tool: millrace-stage0'], licenseListVersion: '3.22' },
      dataLicense: 'CC0-1.0',
      documentNamespace: `https://spdx.org/spdxdocs/millrace/stage0/${metadata.architecture}/${metadata.name}-${metadata.version}`,
      documentDescribes: [id],
      packages: [
        {
          SPDXID: id,
          name: metadata.name,
          versionInfo: metadata.version,
          filesAnalyzed: false,
          licenseConcluded: 'NOASSERTION',
          licenseDeclared: 'NOASSERTION',
          downloadLocation: 'NOASSERTION',
          originator: 'Organization: Debian',
          supplier: 'Organization: Millrace stage0',
          copyrightText: 'NOASSERTION',
          primaryPackagePurpose: 'APPLICATION',
          externalRefs: purls.map((purl) => ({ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl })),
        },
      ],
      relationships: [{ spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: id }],
    },
    null,
    2,
  );
}
