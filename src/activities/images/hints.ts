import type { Client } from '@temporalio/client';
import type { LastImageLock } from '../../domain/image/image';
import type { Cause } from '../../domain/release/release';
import { send } from '../announce/announce';
import type { ImageControlActivities, Message } from '../contract';
import type { Forge } from '../forge/forge';
import type { Store } from '../store/store';

export interface ImageHintDeps {
  readonly store: Store;
  readonly forge: Forge;
  readonly client: Client;
  /** The message that starts an image or makes it look again. */
  readonly message: (image: string, hint: { readonly id: string; readonly cause: Cause }) => Message;
  readonly branch: string;
  readonly directory: string;
}

/** Tells images to look again: those that a generation, or a change of their files, may have changed. What is there to do they find out themselves. */
export function createImageHints(deps: ImageHintDeps): Pick<ImageControlActivities, 'hintImages'> {
  const { store, forge, directory } = deps;

  const concerns = async (image: string, commit: string, packages: readonly string[]): Promise<boolean> => {
    const last = await store.readRecord<LastImageLock>('image-lock', image);
    // One that could not be locked may be healed by any package.
    if (!last?.lock || packages.some((name) => last.origins.includes(name))) return true;
    // A history that was rewritten says nothing about what changed.
    if (!(await forge.descends(commit, last.commit))) return true;
    return (await forge.changedFiles(last.commit, commit)).some((path) => path.startsWith(`${directory}/${image}/`));
  };

  /** Those that were locked once and have no file any more: they must learn it. */
  const removed = async (present: readonly string[]): Promise<readonly string[]> => {
    const gone = (await store.listRecords('image-lock')).filter((image) => !present.includes(image));
    const records = await Promise.all(gone.map((image) => store.readRecord<LastImageLock>('image-lock', image)));
    return gone.filter((_, index) => records[index]?.lock !== undefined);
  };

  return {
    async hintImages({ id, cause, packages }) {
      const commit = await forge.head(deps.branch);
      const images = imagesAmong(await forge.list(commit, directory), directory);
      const gone = await removed(images);
      let hinted = 0;
      for (const image of [...images, ...gone]) {
        if (packages && !gone.includes(image) && !(await concerns(image, commit, packages))) continue;
        await send(deps.client, deps.message(image, { id, cause }));
        hinted += 1;
      }
      return { hinted };
    },
  };
}

/** Names of the images whose image.yaml is among the paths of the spec repository, sorted. */
function imagesAmong(paths: readonly string[], directory: string): readonly string[] {
  return paths
    .flatMap((path) => {
      const [image, file, ...deeper] = path.slice(directory.length + 1).split('/');
      return path.startsWith(`${directory}/`) && file === 'image.yaml' && deeper.length === 0 ? [image!] : [];
    })
    .sort();
}
