import type { CauseView, FloorView, JobView } from '../../domain/floor/view';
import { duration } from '../../domain/text/duration';
import { markup, type Html } from './markup';
import { packageLink, since, table, type Surroundings } from './parts';

/** Enough for a screen; the command shows all. */
const CAUSES = 20;
const FAILED = 10;

/** What the floor rebuilds now and for what; nothing where it rests. */
export function floorSection(floor: FloorView, around: Surroundings): Html | false {
  const { causes, building, waitingCount, failed, failedCount, held, paused, eta, slots } = floor;
  if (!paused && causes.length + building.length + waitingCount + failedCount + held.length === 0) return false;
  return markup`<section aria-labelledby="floor">
    <h2 id="floor">Rebuilds</h2>
    ${paused && markup`<p class="notice">The floor is paused, by ${paused.by}: ${paused.reason}. <code>millrace floor resume --reason "…"</code></p>`}
    <p>${building.length} of ${slots} slots build, ${waitingCount} wait, ${failedCount} failed, ${held.length} on hold${eta && `; done in ${duration(eta.p50)}, in nine of ten cases within ${duration(eta.p90)}`}.</p>
    ${causes.length > 0 && table('What they are for', ['Cause', 'Stage', 'Build', 'Wait', 'Failed', 'Published', 'Equal', 'Done in'], causes.slice(0, CAUSES).map(causeRow))}
    ${causes.length > CAUSES && markup`<p>${causes.length - CAUSES} more causes: <code>millrace floor status</code></p>`}
    ${building.length > 0 && table('What builds', ['Package', 'Since', 'Asked for by'], building.map((job) => jobRow(job, around))) /* prettier-ignore */}
    ${
      failed.length > 0 &&
      table(
        'What failed, and holds what depends on it',
        ['Package', 'Since', 'Asked for by', 'Why'],
        failed.slice(0, FAILED).map((job) => [...jobRow(job, around), job.text ?? '']),
        ['Why'],
      )
    }
    ${failedCount > FAILED && markup`<p>${failedCount - FAILED} more failed: <code>millrace floor status</code></p>`}
  </section>`;
}

function causeRow({ text, stage, paused, building, waiting, failing, published, equal, eta }: CauseView) {
  const at = paused ? markup`<span class="wait">paused by ${paused.by}: ${paused.reason}</span>` : stage;
  return [text, at, building, waiting, failing, published, equal, eta && duration(eta.p50)];
}

function jobRow({ package: name, by, since: from }: JobView, { now }: Surroundings) {
  return [packageLink(name), since(new Date(from).toISOString(), now), by];
}
