import { changeVerdict } from '../../../src/domain/check/change-verdict';

it.each([
  ['DigestMismatch', 'sources-verified', 'real'],
  ['ArchiveUnsafe', 'sources-verified', 'real'],
  ['TagMoved', 'sources-verified', 'real'],
  ['SourceUnreachable', 'sources-verified', 'infrastructure'],
  ['DiskFull', 'spec-lint', 'infrastructure'],
  ['SpecUnreadable', 'spec-lint', 'real'],
  [undefined, 'spec-lint', 'real'],
])('a change step that failed with %s is a %s of class %s', (type, check, failureClass) => {
  const verdict = changeVerdict(type, 'why');
  expect([verdict.check, verdict.failure?.class, verdict.outcome, verdict.summary]).toEqual([check, failureClass, 'failed', 'why']);
});
