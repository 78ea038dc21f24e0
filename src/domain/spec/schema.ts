/**
 * The form of a melange spec: `pkg/config/schema.json` of melange 0.59.1, in the spelling that its parser reads
 * (the generated schema capitalises some keys of `needs` and `options` that are lower case in files).
 */

/** What a field holds: a scalar type or the name of a definition, with `[]` for a list and `{}` for a mapping to it. */
export type ScalarType = 'text' | 'boolean' | 'natural' | 'number' | 'version' | 'name' | 'regexp';

export interface Definition {
  readonly fields: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
}

const TAG_RULES = { 'strip-prefix': 'text', 'strip-suffix': 'text', 'tag-filter-prefix': 'text', 'tag-filter-contains': 'text' } as const;

const STEP = {
  if: 'text',
  name: 'text',
  uses: 'text',
  with: 'text{}',
  runs: 'text',
  inputs: 'Input{}',
  needs: 'Needs',
  label: 'text',
  assertions: 'PipelineAssertions',
  'working-directory': 'text',
  environment: 'text{}',
} as const;

export const DEFINITIONS: Readonly<Record<string, Definition>> = {
  Configuration: {
    fields: {
      package: 'Package',
      environment: 'ImageConfiguration',
      capabilities: 'Capabilities',
      pipeline: 'Pipeline[]',
      subpackages: 'Subpackage[]',
      data: 'RangeData[]',
      update: 'Update',
      vars: 'text{}',
      'var-transforms': 'VarTransforms[]',
      options: 'BuildOption{}',
      test: 'Test',
    },
    required: ['package'],
  },
  Package: {
    fields: {
      name: 'name',
      version: 'version',
      epoch: 'natural',
      description: 'text',
      annotations: 'text{}',
      url: 'text',
      commit: 'text',
      'target-architecture': 'text[]',
      copyright: 'Copyright[]',
      dependencies: 'Dependencies',
      options: 'PackageOption',
      scriptlets: 'Scriptlets',
      checks: 'Checks',
      cpe: 'CPE',
      setcap: 'Capability[]',
      timeout: 'text',
      resources: 'Resources',
      'test-resources': 'Resources',
    },
    required: ['name', 'version', 'epoch'],
  },
  Subpackage: {
    fields: {
      if: 'text',
      range: 'text',
      name: 'text',
      pipeline: 'Pipeline[]',
      dependencies: 'Dependencies',
      options: 'PackageOption',
      scriptlets: 'Scriptlets',
      description: 'text',
      annotations: 'text{}',
      url: 'text',
      commit: 'text',
      checks: 'Checks',
      test: 'Test',
      setcap: 'Capability[]',
    },
    required: ['name'],
  },
  Pipeline: { fields: { ...STEP, pipeline: 'Pipeline[]' } },
  /** The file of a pipeline, of which melange lets through what it does not know: real ones describe themselves. */
  PipelineFile: { fields: { ...STEP, description: 'text', pipeline: 'PipelineFile[]' } },
  Test: { fields: { environment: 'ImageConfiguration', pipeline: 'Pipeline[]' } },
  Update: {
    fields: {
      enabled: 'boolean',
      manual: 'boolean',
      'require-sequential': 'boolean',
      shared: 'boolean',
      'version-separator': 'text',
      'ignore-regex-patterns': 'regexp[]',
      'release-monitor': 'ReleaseMonitor',
      github: 'GitHubMonitor',
      git: 'GitMonitor',
      oci: 'OCIMonitor',
      version_data: 'VersionDataMonitor',
      'version-transform': 'VersionTransform[]',
      'exclude-reason': 'text',
      schedule: 'Schedule',
      'enable-prerelease-tags': 'boolean',
    },
  },
  GitHubMonitor: { fields: { identifier: 'text', ...TAG_RULES, 'tag-filter': 'text', 'use-tag': 'boolean' }, required: ['identifier'] },
  GitMonitor: { fields: TAG_RULES },
  OCIMonitor: { fields: { identifier: 'text', ...TAG_RULES }, required: ['identifier'] },
  ReleaseMonitor: {
    fields: {
      identifier: 'natural',
      'strip-prefix': 'text',
      'strip-suffix': 'text',
      'version-filter-contains': 'text',
      'version-filter-prefix': 'text',
    },
    required: ['identifier'],
  },
  VersionDataMonitor: { fields: { version_format: 'text', sources: 'VersionDataSource[]' }, required: ['version_format', 'sources'] },
  VersionDataSource: {
    fields: { name: 'text', stream: 'text', ignore: 'text[]', commit_source: 'text', use_release: 'boolean' },
    required: ['name', 'stream'],
  },
  VersionTransform: { fields: { match: 'regexp', replace: 'text' }, required: ['match', 'replace'] },
  VarTransforms: { fields: { from: 'text', match: 'regexp', replace: 'text', to: 'text' }, required: ['from', 'match', 'replace', 'to'] },
  Schedule: { fields: { reason: 'text', period: 'text' } },
  RangeData: { fields: { name: 'text', items: 'text{}' }, required: ['name', 'items'] },
  BuildOption: { fields: { vars: 'text{}', environment: 'EnvironmentOption' } },
  EnvironmentOption: { fields: { contents: 'ContentsOption' } },
  ContentsOption: { fields: { packages: 'ListOption' } },
  ListOption: { fields: { add: 'text[]', remove: 'text[]' } },
  Dependencies: {
    fields: { runtime: 'text[]', provides: 'text[]', replaces: 'text[]', 'provider-priority': 'text', 'replaces-priority': 'text' },
  },
  PackageOption: {
    fields: { 'no-provides': 'boolean', 'no-depends': 'boolean', 'no-commands': 'boolean', 'no-versioned-shlib-deps': 'boolean' },
  },
  Scriptlets: {
    fields: {
      trigger: 'Trigger',
      'pre-install': 'text',
      'post-install': 'text',
      'pre-deinstall': 'text',
      'post-deinstall': 'text',
      'pre-upgrade': 'text',
      'post-upgrade': 'text',
    },
  },
  Trigger: { fields: { script: 'text', paths: 'text[]' } },
  Checks: { fields: { disabled: 'text[]' } },
  CPE: {
    fields: {
      part: 'text',
      vendor: 'text',
      product: 'text',
      edition: 'text',
      language: 'text',
      sw_edition: 'text',
      target_sw: 'text',
      target_hw: 'text',
      other: 'text',
    },
  },
  Capabilities: { fields: { add: 'text[]', drop: 'text[]' } },
  Capability: { fields: { path: 'text', add: 'text{}', reason: 'text' } },
  Copyright: {
    fields: { paths: 'text[]', attestation: 'text', license: 'text', 'license-path': 'text', 'detection-override': 'text' },
    required: ['license'],
  },
  Resources: { fields: { cpu: 'text', cpumodel: 'text', memory: 'text', disk: 'text' } },
  Input: { fields: { description: 'text', default: 'text', required: 'boolean' } },
  Needs: { fields: { packages: 'text[]' } },
  PipelineAssertions: { fields: { 'required-steps': 'natural' } },
  ImageConfiguration: {
    fields: {
      contents: 'ImageContents',
      entrypoint: 'ImageEntrypoint',
      cmd: 'text',
      'stop-signal': 'text',
      'work-dir': 'text',
      accounts: 'ImageAccounts',
      archs: 'text[]',
      environment: 'text{}',
      paths: 'PathMutation[]',
      'vcs-url': 'text',
      annotations: 'text{}',
      include: 'text',
      volumes: 'text[]',
      layering: 'Layering',
      certificates: 'ImageCertificates',
    },
  },
  ImageContents: {
    fields: {
      build_repositories: 'text[]',
      runtime_repositories: 'text[]',
      repositories: 'text[]',
      keyring: 'text[]',
      packages: 'text[]',
      baseimage: 'BaseImageDescriptor',
    },
  },
  BaseImageDescriptor: { fields: { image: 'text', apkindex: 'text' } },
  ImageEntrypoint: { fields: { type: 'text', command: 'text', 'shell-fragment': 'text', services: 'text{}' } },
  ImageAccounts: { fields: { 'run-as': 'text', users: 'User[]', groups: 'Group[]' } },
  User: { fields: { username: 'text', uid: 'number', gid: 'number', shell: 'text', homedir: 'text' } },
  Group: { fields: { groupname: 'text', gid: 'number', members: 'text[]' } },
  PathMutation: {
    fields: { path: 'text', type: 'text', uid: 'number', gid: 'number', permissions: 'number', source: 'text', recursive: 'boolean' },
  },
  Layering: { fields: { strategy: 'text', budget: 'number' } },
  ImageCertificates: { fields: { additional: 'AdditionalCertificateEntry[]', providers: 'text[]' } },
  AdditionalCertificateEntry: { fields: { name: 'text', content: 'text' } },
};
