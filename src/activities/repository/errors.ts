/** A generation, index or package that does not follow from what was allowed. Not retried: the same input gives the same answer. */
export class IndexRefused extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'IndexRefused';
  }
}

/** Another publisher was faster: what this one computed is out of date, and computing it again is the remedy. */
export class Conflict extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Conflict';
  }
}

/** The disk of the repository is full. What is published stays as it is. */
export class RepositoryFull extends Error {
  constructor(path: string, cause: unknown) {
    super(`no space left for ${path}: free some on that disk; what is published is whole, and work goes on by itself`, { cause });
    this.name = 'RepositoryFull';
  }
}
