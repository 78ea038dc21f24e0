import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '../activities/process';
import { ensureFactoryKey } from '../activities/signing/factory-key';
import { ensureImageKey } from '../activities/signing/image-key';
import { Complaint } from '../config/complaint';
import { statePaths, type Config } from '../config/config';
import { isLocalRepository, settingPlace } from '../config/load';
import { ensureSecret } from '../config/secrets';
import type { Problem } from '../domain/result';
import { makeStage0 } from '../stage0/stage0';
import { ownsTemporal } from './temporal-server';

/** Everything that must be there before the processes start; made where Millrace can make it: the signing key, the webhook secret, stage0. Throws a `Complaint` with all that is missing. */
export async function prepareInstallation(config: Config, onProgress: (text: string) => void): Promise<void> {
  const problems = [...missingTools(config), ...(await gitRepositoryProblems(config))];
  if (problems.length > 0) throw new Complaint(problems);
  const paths = statePaths(config.state);
  await ensureSecret(config, 'webhook');
  await ensureFactoryKey(paths.keys, config.distribution);
  if (config.images) await ensureImageKey(paths.keys, config.distribution);
  if (!config.environment.stage0) return;
  for (const architecture of config.architectures) {
    const made = await makeStage0({ architecture, out: paths.stage0, onProgress }).catch((error: Error) => {
      throw new Complaint({
        message: `stage0 for ${architecture}: ${error.message}`,
        remedy: 'or name an APK repository in environment.repositories',
      });
    });
    onProgress(`stage0 for ${architecture}: ${made.packages} packages`);
  }
}

function missingTools(config: Config): readonly Problem[] {
  const always = ['melange', 'apko', 'bwrap', 'git', 'setpriv', ...(ownsTemporal(config) ? ['temporal'] : [])];
  const forImages = config.images ? ['podman', 'runc', 'unshare', ...(config.images.localRegistry ? ['docker-registry'] : [])] : [];
  return [
    ...notOnPath(always, 'run `npm run setup` in the checkout of Millrace; `millrace doctor` tells more'),
    ...notOnPath(
      forImages,
      `run \`node tools/setup.mjs --with-images\` in the checkout of Millrace, or take ${settingPlace(config, 'images')} out: it asks for images`,
    ),
    ...(config.images && process.getuid?.() !== 0
      ? [
          {
            message: 'images are tested in containers of root, and this is not root',
            remedy: `run it as root, or take ${settingPlace(config, 'images')} out`,
          },
        ]
      : []),
  ];
}

function notOnPath(programs: readonly string[], remedy: string): readonly Problem[] {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const missing = programs.filter((tool) => !folders.some((folder) => folder !== '' && existsSync(join(folder, tool))));
  return missing.length === 0 ? [] : [{ message: `not found on PATH: ${missing.join(', ')}`, remedy }];
}

/** What is wrong with the repositories of specs and advisories on this machine: that one is not there, is no git repository, or lacks the branch. */
export async function gitRepositoryProblems(config: Config): Promise<readonly Problem[]> {
  const specs = await repositoryProblems(config, 'specs', config.specs);
  return config.advisories ? [...specs, ...(await repositoryProblems(config, 'advisories', config.advisories))] : specs;
}

async function repositoryProblems(
  config: Config,
  kind: 'specs' | 'advisories',
  { repository, branch }: { readonly repository: string; readonly branch: string },
): Promise<readonly Problem[]> {
  if (!isLocalRepository(repository)) return [];
  const setting = `${kind}.repository`;
  const at = config.positions?.[setting];
  const problem = (message: string, remedy: string): readonly Problem[] => [{ message, ...(at ? { at } : {}), remedy }];
  if (!existsSync(repository)) {
    return problem(
      `there is no ${kind === 'specs' ? 'spec' : 'advisory'} repository ${repository}`,
      `make it: git init --bare -b ${branch} ${repository}, and push ${kind === 'specs' ? 'specs' : 'a first commit'} to it; or set ${settingPlace(config, setting)}`,
    );
  }
  const git = async (...args: readonly string[]) => (await run('git', ['-c', 'safe.directory=*', '-C', repository, ...args])).code === 0;
  if (!(await git('rev-parse', '--git-dir')))
    return problem(
      `${repository} is not a git repository`,
      `git clone --bare <it> somewhere and set ${settingPlace(config, setting)} to that`,
    );
  if (!(await git('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`))) {
    return problem(
      `${repository} has no branch ${branch}`,
      `push one: git push ${repository} HEAD:refs/heads/${branch}; or set ${kind}.branch`,
    );
  }
  return [];
}
