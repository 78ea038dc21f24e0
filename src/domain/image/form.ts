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
  Suite: { fields: { tests: 'Test[]' }, required: ['tests'] },
  Test: {
    fields: {
      name: 'text',
      kind: 'text',
      command: 'text[]',
      network: 'boolean',
      timeout: 'text',
      retries: 'natural',
      expect: 'Expect',
    },
    required: ['name', 'kind'],
  },
  Expect: { fields: { exit: 'natural', stdout: 'Output', stderr: 'Output' } },
  Output: { fields: { contains: 'text[]', matches: 'regexp' } },
};
