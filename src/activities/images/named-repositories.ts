import { access, copyFile, mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { infrastructure } from '../melange/infrastructure';
import type { PackageRepositories } from '../melange/repositories';
import { INDEX, repositoryPaths } from '../repository/layout';

/** A repository under the name that it has in every lock: names of folders differ between machines, and what is locked must not. */
export interface NamedRepository {
  /** `repositories/<name>`, or the URL of a remote one. */
  readonly name: string;
  /** Absent for a remote one. */
  readonly folder?: string;
  /** File of the public key. */
  readonly key: string;
}

/** What an image is locked against: one generation, stage0, and the others of millrace.yaml. */
export function nameRepositories({ published, stage0, others }: PackageRepositories, generation: number): readonly NamedRepository[] {
  const { generation: folder } = repositoryPaths(published.folder);
  return [
    ...(generation > 0 ? [{ name: 'repositories/published', folder: folder(generation), key: published.key }] : []),
    ...(stage0 ? [{ name: 'repositories/stage0', ...stage0 }] : []),
    ...others.map(({ url, key }, position) =>
      /^https?:/.test(url) ? { name: url.replace(/\/+$/, ''), key } : { name: `repositories/${position + 1}`, folder: url, key },
    ),
  ];
}

/**
 * Makes the names real below `folder`, where apko is started, and returns the arguments that name them. Throws the retryable `Infrastructure` where there is none, or one lacks
 * an architecture: apko takes a missing index for an empty one.
 */
export async function linkRepositories(
  repositories: readonly NamedRepository[],
  architectures: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  if (repositories.length === 0)
    throw infrastructure(
      'there is no repository to lock against: run `millrace bootstrap`, or name one in millrace.yaml (environment.repositories)',
    );
  const flags: string[] = [];
  for (const repository of repositories) {
    if (repository.folder !== undefined) {
      for (const architecture of architectures) await requireIndex(join(repository.folder, architecture, INDEX));
      await mkdir(dirname(join(folder, repository.name)), { recursive: true });
      await symlink(repository.folder, join(folder, repository.name));
    }
    const key = `keys/${basename(repository.key)}`;
    await mkdir(join(folder, 'keys'), { recursive: true });
    await copyFile(repository.key, join(folder, key));
    flags.push('--repository-append', repository.name, '--keyring-append', key);
  }
  return flags;
}

async function requireIndex(file: string): Promise<void> {
  await access(file).catch((error: unknown) => {
    throw infrastructure(
      `${file} is not there: publish for every architecture, or correct environment.repositories in millrace.yaml`,
      error,
    );
  });
}

/** Where a package of a lock lies now: a path, or its URL. Published ones are taken from the objects, which outlive generations. Undefined for a repository that millrace.yaml does not name any more. */
export function locatePackage(url: string, repositories: PackageRepositories): string | undefined {
  if (/^https?:/.test(url)) return url;
  const [architecture = '', file = ''] = url.split('/').slice(-2);
  const name = dirname(dirname(url));
  if (name === 'repositories/published') return repositoryPaths(repositories.published.folder).object(architecture, file);
  const found = nameRepositories(repositories, 0).find((repository) => repository.name === name);
  return found?.folder === undefined ? undefined : join(found.folder, architecture, file);
}
