import { Complaint } from '../../config/complaint';
import { didYouMean } from '../../config/nearest';
import { imageId } from '../../workflows/messages';
import type { Session } from '../session';

/** An image that main does not describe is a mistyped one. Throws a `Complaint`. */
export async function requireImage({ config, forge }: Session, name: string): Promise<void> {
  if (!config.images)
    throw new Complaint({ message: `${config.file} has no block \`images\``, remedy: 'docs/images.md says what belongs there' }, 2);
  const { directory } = config.images;
  const commit = await forge.head(config.specs.branch);
  const paths = await forge.list(commit, directory);
  if (paths.includes(`${directory}/${name}/image.yaml`)) return;
  const known = paths.flatMap((path) => /^([^/]+)\/image\.yaml$/.exec(path.slice(directory.length + 1))?.[1] ?? []);
  throw new Complaint({
    message: `there is no ${directory}/${name}/image.yaml on ${config.specs.branch}`,
    remedy: didYouMean(name, known) ?? `commit one; ${imageId(name)} is started by it`,
  });
}
