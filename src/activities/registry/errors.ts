/** The registry says no, and would say so again: what was sent or asked for is wrong, or not allowed. Not retried. */
export class RegistryRefused extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'RegistryRefused';
  }
}

/** The registry cannot be reached, is at fault, cut the connection, or answered with something else than it names. Tried again. */
export class RegistryUnavailable extends Error {
  constructor(what: string, cause?: unknown) {
    super(what, { cause });
    this.name = 'RegistryUnavailable';
  }
}
