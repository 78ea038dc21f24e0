/** Types of `ApplicationFailure` that trying again cannot mend: a person or another input must. */
export const NON_RETRYABLE = [
  'SpecUnreadable',
  'PackageUnknown',
  'DigestMismatch',
  'ArchiveUnsafe',
  'SourceTooLarge',
  'SourceMissing',
  'TagMoved',
  'NothingToChange',
  'GateRefused',
  'IndexRefused',
  'Conflict',
  'ForgeRefused',
  'SnapshotRefused',
  'RegistryRefused',
  'LockStale',
  'JournalGap',
] as const;
