const common = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.[jt]s$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  // The Kubernetes client and what it needs are ES modules, which jest cannot load as they are.
  transformIgnorePatterns: ['/node_modules/(?!(@kubernetes/client-node|openid-client|oauth4webapi|jose|jsonpath-plus)/)'],
  globalSetup: '<rootDir>/test/setup/tools.js',
};

/**
 * unit: pure domain and activities on what every machine has; workflow: a real Temporal server;
 * e2e: the real components; long: what `.ci/run` runs beyond `npm test`.
 */
module.exports = {
  // Most of these tests wait for real programs: as many files at once as there are processors, not one less.
  maxWorkers: '100%',
  // A limit only ends what hangs: how long a test takes depends on what else the machine does. Jest takes it here, and not from a project.
  testTimeout: 900_000,
  testSequencer: '<rootDir>/test/setup/longest-first.js',
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/{domain,activities,checks,config,cli,views,gateway,contract,tools,stage0,demo,workers}/**/*.test.ts'],
    },
    { ...common, displayName: 'workflow', testMatch: ['<rootDir>/test/{workflows,replay}/**/*.test.ts'] },
    { ...common, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
    { ...common, displayName: 'long', testMatch: ['<rootDir>/test/long/**/*.test.ts'] },
  ],
};
