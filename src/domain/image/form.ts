import type { Definition } from '../spec/schema';

/** The form of `image.yaml` and of the files of test suites; docs/images.md tells it to people. */
export const IMAGE_DEFINITIONS: Readonly<Record<string, Definition>> = {
  Image: {
    fields: {
      name: 'text',
      package: 'name',
      repository: 'text',
      variants: 'Variant[]',
      streams: 'Stream[]',
      suites: 'text[]',
      structure: 'Structure',
      untested: 'text{}',
    },
    required: ['name', 'package', 'variants', 'streams'],
  },
  Variant: { fields: { name: 'text', config: 'text', structure: 'Structure' }, required: ['config'] },
  Stream: { fields: { name: 'text', versions: 'text', tags: 'text[]', 'end-of-life': 'text' }, required: ['name', 'versions'] },
  Structure: { fields: { user: 'text', entrypoint: 'text[]', shell: 'boolean', files: 'text[]' } },
  Suite: {
    fields: { order: 'text', pause: 'text', 'pause-for': 'text', 'pod-security': 'PodSecurity', tests: 'Test[]' },
    required: ['tests'],
  },
  PodSecurity: { fields: { level: 'text', reason: 'text' }, required: ['level'] },
  Test: {
    fields: {
      name: 'text',
      kind: 'text',
      entrypoint: 'text[]',
      command: 'text[]',
      network: 'boolean',
      server: 'Server',
      manifest: 'text',
      memory: 'text',
      cpu: 'text',
      timeout: 'text',
      retries: 'natural',
      expect: 'Expect',
    },
    required: ['name', 'kind'],
  },
  Server: { fields: { entrypoint: 'text[]', command: 'text[]', port: 'natural' }, required: ['port'] },
  Expect: { fields: { exit: 'natural', stdout: 'Output', stderr: 'Output', ports: 'natural[]', http: 'Http[]' } },
  Http: { fields: { port: 'natural', path: 'text', status: 'natural', service: 'text', body: 'Output' }, required: ['port'] },
  Output: { fields: { contains: 'text[]', matches: 'regexp' } },
};
