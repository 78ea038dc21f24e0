import type { FailureClass, Verdict } from './verdict';

/** Failures of the change step that say something of the sources; all others say it of the spec. */
const OF_SOURCES = ['DigestMismatch', 'ArchiveUnsafe', 'SourceTooLarge', 'SourceMissing', 'SourceRefused', 'SourceUnreachable', 'TagMoved'];
const PASSING = ['SourceUnreachable', 'DiskFull', 'Infrastructure'];

/** The verdict of a release whose spec could not be changed or whose sources could not be had: `type` is that of the activity's failure. */
export function changeVerdict(type: string | undefined, message: string): Verdict {
  const failureClass: FailureClass = type && PASSING.includes(type) ? 'infrastructure' : 'real';
  const check = type && OF_SOURCES.includes(type) ? 'sources-verified' : 'spec-lint';
  return {
    check,
    outcome: 'failed',
    summary: message,
    details: [],
    seconds: 0,
    failure: { class: failureClass, differenceToLastGood: [], alike: [] },
  };
}
