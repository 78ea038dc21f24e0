import { workflowBundle } from './stage';

/** Every workflow start evaluates the bundle: the SDK's part is about 520 KB, ours is what is watched. */
const BUDGET_BYTES = 1_050_000;

it('the workflow bundle is small, and holds no library of the edges', async () => {
  const { code } = await workflowBundle();
  const program = code.replace(/\n\/\/# sourceMappingURL=.*$/s, '');
  expect(program.length).toBeGreaterThan(100_000);
  expect(program.length).toBeLessThan(BUDGET_BYTES);
  const modules = [...program.matchAll(/^\/\*\*\*\/ "\.\/node_modules\/((?:@[^/]+\/)?[^/]+)/gm)].map((match) => match[1]);
  expect([...new Set(modules)].filter((name) => /zod|yaml|re2js|commander|fastify/.test(name!))).toEqual([]);
});
