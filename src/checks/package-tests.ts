import type { Check } from './check';
import { count, failed, passed, perArchitecture, skipped } from './check';

/** The tests of the spec, run on exactly the packages that were built. */
export const packageTestsCheck: Check = {
  name: 'package-tests',
  title: 'Tests of the spec',
  stage: 'test',
  revision: 1,
  reads: ['index'],
  run: (context) =>
    perArchitecture(context, async ({ architecture, packages: builds }) => {
      const { snapshot, version, epoch } = context.change;
      const report = await context.runner.testPackages({ snapshot, version, epoch, architecture, builds, attempt: context.attempt });
      if (report.ran === 0) return skipped('the spec has no tests');
      const details = [`log: ${report.log}`];
      if (report.outcome === 'passed') return passed(`tests of ${count(report.ran, 'package')} passed`, details);
      return failed(report.summary, details, { class: report.failure?.class ?? 'real', log: report.log });
    }),
};
