import type { Check } from './check';
import { count, fromProblems, perArchitecture } from './check';

/** Every package that was built can be installed by its exact version, with what is published. */
export const installableCheck: Check = {
  name: 'installable',
  title: 'Can be installed',
  stage: 'package',
  revision: 1,
  reads: ['index'],
  run: (context) =>
    perArchitecture(context, async ({ architecture, packages: builds, built }) => {
      const problems: string[] = [];
      const details: string[] = [];
      for (const { info } of await built()) {
        const world = `${info.name}=${info.version}`;
        const report = await context.runner.solve({ architecture, builds, packages: [world] });
        if (report.ok) details.push(`${world}: with ${count(report.installed.length - 1, 'other package')}`);
        else problems.push(`${world} cannot be installed: ${report.problem}`);
      }
      return fromProblems(problems, `${count(details.length, 'package')} can be installed`, details);
    }),
};
