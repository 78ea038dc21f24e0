const common = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  globalSetup: '<rootDir>/test/setup/tools.js',
};

/**
 * unit: pure domain and activities on what every machine has; workflow: a real Temporal server;
 * e2e: the real components; long: what `.ci/run` runs beyond `npm test`.
 */
module.exports = {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/{domain,activities,checks,config,cli,gateway,contract,tools,stage0,demo}/**/*.test.ts'],
    },
    { ...common, displayName: 'workflow', testMatch: ['<rootDir>/test/{workflows,replay}/**/*.test.ts'] },
    { ...common, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
    { ...common, displayName: 'long', testMatch: ['<rootDir>/test/long/**/*.test.ts'] },
  ],
};
