import type { Check } from './check';
import { count, fromProblems, perArchitecture } from './check';

/** The linters of melange: those of its required set must pass, the others are shown. */
export const lintersCheck: Check = {
  name: 'linters',
  title: "melange's linters",
  stage: 'package',
  revision: 1,
  reads: [],
  run: (context) =>
    perArchitecture(context, async ({ architecture, packages: builds }) => {
      const report = await context.runner.runLinters({ architecture, builds });
      const line = (finding: { readonly package: string; readonly linter: string; readonly message: string }) =>
        `${finding.package}: ${finding.linter}: ${finding.message}`;
      const warnings = report.warned.map((finding) => `warning: ${line(finding)}`);
      const good = warnings.length > 0 ? `no errors, ${count(warnings.length, 'warning')}` : 'no findings';
      return fromProblems(report.failed.map(line), good, warnings);
    }),
};
