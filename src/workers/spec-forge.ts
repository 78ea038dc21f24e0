import { createLocalGitForge } from '../activities/forge/local-git';
import type { Forge } from '../activities/forge/forge';
import { statePaths, type Config } from '../config/config';
import { BRANCH_PREFIX } from '../domain/change/branch';

/** The forge of an installation's spec repository. */
export function forgeOf(config: Config): Forge {
  return createLocalGitForge({
    repository: config.specs.repository,
    work: `${statePaths(config.state).work}/forge`,
    branchPrefix: BRANCH_PREFIX,
  });
}

/** The forge of an installation's advisory repository; undefined where millrace.yaml names none. */
export function advisoryForgeOf(config: Config): Forge | undefined {
  return (
    config.advisories &&
    createLocalGitForge({
      repository: config.advisories.repository,
      work: `${statePaths(config.state).work}/forge`,
      branchPrefix: BRANCH_PREFIX,
      setting: 'advisories',
    })
  );
}
