import type { ImageState } from '../domain/image/reduce';
import type { ImageView } from './messages';

/** What `image:<name>` shows of its state. */
export function imageView({
  image,
  inFlight,
  next,
  tagged,
  lastLook,
  problem,
  rejected,
  history,
  hold,
  rollback,
  orders,
}: ImageState): ImageView {
  return {
    image,
    ...(inFlight ? { inFlight: { release: inFlight.release, generation: inFlight.lock.generation, causes: inFlight.causes } } : {}),
    ...(next ? { next: { generation: next.lock.generation } } : {}),
    ...(tagged ? { tagged: { key: tagged.key, generation: tagged.generation, version: tagged.variants[0]?.version ?? '' } } : {}),
    ...(lastLook ? { lastLook: { at: new Date(lastLook.at).toISOString(), text: lastLook.text } } : {}),
    ...(problem === undefined ? {} : { problem }),
    ...(hold ? { hold } : {}),
    ...(rollback ? { rollback } : {}),
    rejected,
    history,
    orders,
  };
}
