/** The class names are the failure types that workflows see: Temporal takes the type of a failure from the constructor's name. */

/** The spec repository has no such branch. */
export class BranchMissing extends Error {
  constructor(branch: string, url: string, setting = 'specs') {
    super(
      `${url} has no branch ${branch} (push one: git push ${url} HEAD:refs/heads/${branch}; or set ${setting}.branch in millrace.yaml)`,
    );
    this.name = 'BranchMissing';
  }
}

/** The spec repository is not one that the forge can work on. */
export class RepositoryUnusable extends Error {
  constructor(url: string, reason: string, remedy: string, setting = 'specs') {
    super(`${setting}.repository ${url}: ${reason} (${remedy})`);
    this.name = 'RepositoryUnusable';
  }
}

/** A branch, commit or path that the forge does not touch. */
export class ForgeRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ForgeRefused';
  }
}

/** A change that changes nothing. */
export class NothingToChange extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NothingToChange';
  }
}
