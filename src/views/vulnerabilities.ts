import { createAdvisoryReader } from '../activities/advisories/documents';
import { readOsvRecords } from '../activities/advisories/records';
import type { Forge } from '../activities/forge/forge';
import type { Store } from '../activities/store/store';
import { newestEvent, type Advisory, type AdvisoryDocument, type AdvisoryEvent } from '../domain/advisory/advisory';
import { recordsByName, type OsvRecord } from '../domain/advisory/osv';
import { severityOf, type Severity } from '../domain/advisory/severity';

/** What is said of one vulnerability in one package, as people are shown it. */
export interface Vulnerability {
  readonly package: string;
  /** Of the advisory. */
  readonly id: string;
  readonly aliases: readonly string[];
  /** `unresolved`: a person said that it stays as it is for now. */
  readonly state: 'open' | 'unresolved' | 'fixed' | 'not affected';
  /** When that was said, ISO 8601. */
  readonly since: string;
  /** Where it was found, in which version it was fixed, or for what reason it is none. */
  readonly why: string;
  /** `version-rN` that contains the fix, of a fixed one; `0`: no version was ever affected. */
  readonly fixedIn?: string;
  /** Of the vulnerability records that were ingested. */
  readonly severity?: Severity;
  readonly summary?: string;
}

const STATES: readonly Vulnerability['state'][] = ['open', 'unresolved', 'fixed', 'not affected'];
/** Where nothing is known of it, a vulnerability counts as high. */
const UNKNOWN_SCORE = 7;

/** All of them; empty with a `problem` where the advisories cannot be read: it names the place and the remedy. */
export interface Vulnerabilities {
  readonly known: readonly Vulnerability[];
  readonly problem?: string;
}

/** What the main branch of the advisory repository says, for who asks again and again; undefined where the factory keeps no advisories. */
export function createVulnerabilities(
  deps: { readonly forge: Forge; readonly store: Store; readonly branch: string; readonly directory: string } | undefined,
): () => Promise<Vulnerabilities | undefined> {
  if (!deps) return () => Promise.resolve(undefined);
  const { forge, store, branch } = deps;
  const reader = createAdvisoryReader(deps);
  let snapshot: ReturnType<typeof reader.read> | undefined;
  let read = '';
  const readAll = async () => {
    const head = await forge.head(branch);
    if (head !== read || !snapshot) {
      const reading = reader.read(head);
      [snapshot, read] = [reading, head];
      reading.catch(() => (snapshot = undefined));
    }
    const [{ documents }, records] = await Promise.all([snapshot, readOsvRecords(store)]);
    return { known: vulnerabilitiesIn([...documents.values()], records) };
  };
  // What cannot be read is a person's to correct, and no reason to show nothing else of a package.
  return () => readAll().catch((error: Error) => ({ known: [], problem: error.message }));
}

/** Open ones first, of these the worst first; then the last changed first. */
function vulnerabilitiesIn(documents: readonly AdvisoryDocument[], records: readonly OsvRecord[]): readonly Vulnerability[] {
  const recordsOf = recordsByName(records);
  const all = documents.flatMap((document) =>
    document.advisories.flatMap((advisory) => vulnerabilityOf(document.package, advisory, recordsOf) ?? []),
  );
  const place = ({ state }: Vulnerability) => STATES.indexOf(state);
  const score = ({ state, severity }: Vulnerability) => (state === 'open' ? (severity?.score ?? UNKNOWN_SCORE) : 0);
  return all.sort(
    (a, b) => place(a) - place(b) || score(b) - score(a) || (a.since < b.since ? 1 : a.since > b.since ? -1 : a.id < b.id ? -1 : 1),
  );
}

function vulnerabilityOf(name: string, advisory: Advisory, recordsOf: (name: string) => readonly OsvRecord[]): Vulnerability | undefined {
  const event = newestEvent(advisory);
  if (!event) return undefined;
  const records = [...new Set([advisory.id, ...advisory.aliases].flatMap(recordsOf))].filter(({ withdrawn }) => withdrawn === undefined);
  const severity = severityOf(records.flatMap((record) => record.severity));
  const summary = records.find((record) => record.summary !== undefined)?.summary;
  return {
    package: name,
    id: advisory.id,
    aliases: advisory.aliases,
    since: event.timestamp,
    ...meaning(event),
    ...(severity ? { severity } : {}),
    ...(summary ? { summary } : {}),
  };
}

function meaning(event: AdvisoryEvent): Pick<Vulnerability, 'state' | 'why' | 'fixedIn'> {
  switch (event.type) {
    case 'detection': {
      const { detection } = event;
      const found =
        detection.type === 'scan/v1'
          ? `${detection.data.componentName} ${detection.data.componentVersion}, by ${detection.data.scanner}`
          : undefined;
      return { state: 'open', why: found ? `found in ${found}` : detection.type === 'manual' ? 'found by hand' : 'found in the NVD' };
    }
    case 'true-positive-determination':
      return { state: 'open', why: noted('confirmed', event.note) };
    case 'fixed':
      return { state: 'fixed', why: `in ${event.fixedVersion}`, fixedIn: event.fixedVersion };
    case 'false-positive-determination':
      return { state: 'not affected', why: noted(words(event.reason), event.note) };
    default:
      return { state: 'unresolved', why: noted(words(event.type), event.note) };
  }
}

const words = (type: string) => type.replaceAll('-', ' ');
const noted = (what: string, note: string | undefined) => (note ? `${what}: ${note}` : what);
