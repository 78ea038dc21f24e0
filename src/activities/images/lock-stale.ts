/** What a lock names is not to be had any more: stage0, another repository or the generation changed since. The image is locked anew by the next look. */
export class LockStale extends Error {
  constructor(what: string) {
    super(`${what}: look at the image again, which locks it anew`);
    this.name = 'LockStale';
  }
}
