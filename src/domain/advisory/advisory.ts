import type { Position } from '../result';

/** The words that a false positive is given, of advisory schema 2.0.2; each is a VEX justification. */
export const FALSE_POSITIVE_TYPES = [
  'vulnerability-record-analysis-contested',
  'component-vulnerability-mismatch',
  'vulnerable-code-version-not-used',
  'vulnerable-code-not-included-in-package',
  'vulnerable-code-not-in-execution-path',
  'vulnerable-code-cannot-be-controlled-by-adversary',
  'inline-mitigations-exist',
] as const;

/** Determinations that say nothing but their note. */
export const NOTED_TYPES = ['pending-upstream-fix', 'fix-not-planned', 'analysis-not-planned'] as const;

export const EVENT_TYPES = ['detection', 'true-positive-determination', 'fixed', 'false-positive-determination', ...NOTED_TYPES] as const;

/** What found a vulnerable component: the keys of a `scan/v1` detection, all of them required. */
export const SCAN_KEYS = [
  'subpackageName',
  'componentID',
  'componentName',
  'componentVersion',
  'componentType',
  'componentLocation',
  'scanner',
] as const;

export const NVD_KEYS = ['cpeSearched', 'cpeFound'] as const;

export type Detection =
  | { readonly type: 'manual' }
  | { readonly type: 'nvdapi'; readonly data: Readonly<Record<(typeof NVD_KEYS)[number], string>> }
  | { readonly type: 'scan/v1'; readonly data: Readonly<Record<(typeof SCAN_KEYS)[number], string>> };

/** One event of an advisory (schema 2.0.2). `timestamp` is RFC 3339 in UTC, to the second. */
export type AdvisoryEvent = { readonly timestamp: string } & (
  | { readonly type: 'detection'; readonly detection: Detection }
  | { readonly type: 'true-positive-determination'; readonly note?: string }
  | { readonly type: 'fixed'; readonly fixedVersion: string }
  | {
      readonly type: 'false-positive-determination';
      readonly reason: (typeof FALSE_POSITIVE_TYPES)[number];
      readonly note?: string;
    }
  | { readonly type: (typeof NOTED_TYPES)[number]; readonly note: string }
);

export interface Advisory {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly events: readonly AdvisoryEvent[];
}

/** What is known of one package: `<name>.advisories.yaml`. */
export interface AdvisoryDocument {
  readonly file: string;
  readonly package: string;
  readonly advisories: readonly Advisory[];
  /** Where things are written. */
  readonly places: AdvisoryPlaces;
}

export interface AdvisoryPlaces {
  readonly package: Position;
  /** In the order of the advisories, each with its events. */
  readonly advisories: readonly { readonly at: Position; readonly events: readonly Position[] }[];
}

/** File of a package's advisories, without its folder. */
export function advisoryFile(name: string): string {
  return `${name}${ADVISORY_SUFFIX}`;
}

export const ADVISORY_SUFFIX = '.advisories.yaml';

/** The newest event by timestamp is the status, wherever it stands; of two at the same second the one written later. Undefined without events. */
export function newestEvent(advisory: Advisory): AdvisoryEvent | undefined {
  return advisory.events.reduce<AdvisoryEvent | undefined>(
    (newest, event) => (newest && newest.timestamp > event.timestamp ? newest : event),
    undefined,
  );
}

/** Open: found or confirmed, and nothing said since. Only these turn to fixed by themselves. */
export function isOpen(advisory: Advisory): boolean {
  const type = newestEvent(advisory)?.type;
  return type === 'detection' || type === 'true-positive-determination';
}
