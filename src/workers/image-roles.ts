import type { Client } from '@temporalio/client';
import type { Forge } from '../activities/forge/forge';
import { createSuiteActivities } from '../activities/containers/tester';
import type { ImageControlActivities } from '../activities/contract';
import { createImageBuilderActivities } from '../activities/images/build';
import { createImageHints } from '../activities/images/hints';
import { createImageLock } from '../activities/images/lock';
import { createImagePublisherActivities } from '../activities/images/publisher';
import { createImageRecords } from '../activities/images/records';
import type { PackageRepositories } from '../activities/melange/repositories';
import { registryCredentials } from '../activities/registry/credentials';
import { createRegistry } from '../activities/registry/registry';
import { imageKeyFiles } from '../activities/signing/image-key';
import { createImageSignerActivities } from '../activities/signing/image-signer';
import type { Store } from '../activities/store/store';
import { statePaths, type Config } from '../config/config';
import { packageDefaults } from '../config/package-defaults';
import { imageHintMessage } from '../workflows/start';

/** What the roles do for images. Without `images` in millrace.yaml control says so to whoever asks, and the others have nothing of it. */
export function imageActivities(config: Config, store: Store, repositories: PackageRepositories) {
  const paths = statePaths(config.state);
  const { images, architectures, limits } = config;
  const now = () => new Date();
  return {
    control: (deps: { readonly forge: Forge; readonly client: Client }): ImageControlActivities => {
      const records = createImageRecords({ store });
      if (!images) return { ...records, ...notConfigured(config) };
      const { directory } = images;
      const { branch } = config.specs;
      const defaults = packageDefaults(config);
      return {
        ...records,
        ...createImageLock({ store, forge: deps.forge, branch, directory, architectures, repositories, work: `${paths.work}/control` }),
        ...createImageHints({ store, ...deps, branch, directory, message: (image, hint) => imageHintMessage(defaults, image, hint) }),
      };
    },
    builder: () =>
      images
        ? createImageBuilderActivities({ store, repositories, work: `${paths.work}/builder`, buildSeconds: limits.buildSeconds, now })
        : {},
    tester: () => {
      if (!images) return {};
      const { kubernetes } = config;
      const place = kubernetes && { kubeconfig: kubernetes.kubeconfig, registry: kubernetes.registry ?? new URL(images.registry).host };
      return createSuiteActivities({
        ...{ store, now, registry: images.registry, credentials: registryCredentials(), work: `${paths.work}/tester` },
        ...(place ? { kubernetes: place } : {}),
      });
    },
    signer: () => {
      if (!images) return {};
      const { privateKey } = imageKeyFiles(paths.keys, config.distribution);
      const specs = publicAddress(config.specs.repository);
      const { distribution } = config;
      return createImageSignerActivities({
        ...{ store, key: privateKey, registry: new URL(images.registry).host, distribution },
        ...(specs === undefined ? {} : { specs }),
      });
    },
    publisher: () => {
      if (!images) return {};
      return createImagePublisherActivities({
        store,
        registry: createRegistry({ url: images.registry, credentials: registryCredentials() }),
        work: `${paths.work}/publisher`,
        clock: now,
      });
    },
  };
}

/** What may be said of a repository to everybody: its address without who one is there; nothing of a folder of this machine. */
function publicAddress(repository: string): string | undefined {
  if (!URL.canParse(repository)) return undefined;
  const url = new URL(repository);
  if (!['https:', 'http:', 'ssh:', 'git:'].includes(url.protocol)) return undefined;
  Object.assign(url, { username: '', password: '' });
  return url.href;
}

function notConfigured(config: Config): Pick<ImageControlActivities, 'lockImage' | 'hintImages'> {
  return {
    lockImage: () => Promise.resolve({ problem: `${config.file} has no \`images\`: this factory makes none`, removed: true }),
    hintImages: () => Promise.resolve({ hinted: 0 }),
  };
}
