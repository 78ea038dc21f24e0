import { join } from 'node:path';
import { Linter, type Rule } from 'eslint';
import tseslint from 'typescript-eslint';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a rule of the build, without types of its own
const { importDirection } = require('../../tools/import-direction.cjs') as { importDirection: Rule.RuleModule };

const linter = new Linter({ cwd: '/checkout' });

function complaints(file: string, code: string): readonly string[] {
  const config = {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    plugins: { millrace: { rules: { 'import-direction': importDirection } } },
    rules: { 'millrace/import-direction': 'error' },
  } satisfies Linter.Config;
  return linter.verify(code, [config], join('/checkout', file)).map(({ message }) => message);
}

describe('imports along the arrows are let through', () => {
  it.each([
    ['src/domain/graph/plan.ts', `import { ok } from '../result';`],
    ['src/domain/spec/read.ts', `import { parseDocument } from 'yaml';`],
    ['src/workflows/release.ts', `import type { ControlActivities } from '../activities/contract';`],
    ['src/workflows/release.ts', `import { type ControlActivities } from '../activities/contract';`],
    ['src/workflows/release.ts', `import { proxyActivities } from '@temporalio/workflow';`],
    ['src/activities/apk/read.ts', `import { ok } from '../../domain/result'; import { x } from '../checks/context';`],
    ['src/gateway/pages.ts', `import { overview } from '../views/overview';`],
    ['src/cli/up.ts', `import { startGateway } from '../gateway/server';`],
    ['src/config/tools.ts', `import locate = require('../../tools/locate.cjs');`],
    ['test/anything.test.ts', `import { doctor } from '../src/cli/doctor';`],
  ])('%s: %s', (file, code) => {
    expect(complaints(file, code)).toEqual([]);
  });
});

describe('imports against the arrows are refused', () => {
  it.each([
    ['src/domain/graph/plan.ts', `import { run } from '../../activities/process';`, 'src/domain may not import src/activities'],
    ['src/domain/graph/plan.ts', `import { readFile } from 'node:fs/promises';`, 'src/domain may not import node:fs/promises'],
    ['src/domain/spec/read.ts', `import { z } from 'zod';`, 'src/domain may not import zod'],
    ['src/workflows/release.ts', `import { run } from '../activities/process';`, 'only as types'],
    ['src/workflows/release.ts', `import { z } from 'zod';`, 'src/workflows may not import zod'],
    ['src/activities/forge/forge.ts', `import { release } from '../../workflows/release';`, 'only as types'],
    ['src/activities/forge/forge.ts', `import type { X } from '../../cli/output';`, 'src/activities may not import src/cli'],
    ['src/workers/main.ts', `import { startGateway } from '../gateway/server';`, 'src/workers may not import src/gateway'],
    ['src/gateway/server.ts', `export * from '../cli/output';`, 'src/gateway may not import src/cli'],
    ['src/views/overview.ts', `import { share } from '../cli/figures';`, 'src/views may not import src/cli'],
    ['src/domain/x.ts', `export { run } from '../activities/process';`, 'src/domain may not import src/activities'],
    ['src/domain/x.ts', `export const load = () => import('../config/load');`, 'src/domain may not import src/config'],
    ['src/domain/x.ts', `import fs = require('node:fs');`, 'src/domain may not import node:fs'],
    ['src/unknown/x.ts', `import { ok } from '../domain/result';`, 'not a folder of the house'],
  ])('%s: %s', (file, code, message) => {
    expect(complaints(file, code)).toEqual([expect.stringContaining(message)]);
  });
});
