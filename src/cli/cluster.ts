import { Command } from 'commander';
import { startCluster, stopCluster } from '../cluster/cluster';
import { Complaint } from '../config/complaint';
import { statePaths } from '../config/config';
import { programFile } from '../config/tools';
import { print, printJson, progress } from './output';
import { configOf } from './session';

/** `millrace cluster up|down`: a Kubernetes of one node on this machine for tests of images. */
export function clusterCommand(): Command {
  const cluster = new Command('cluster')
    .summary('a Kubernetes of one node on this machine, for tests of images')
    .description(
      'Starts and stops a real Kubernetes of one node on this machine, for tests of images. Needs root, and  node tools/setup.mjs --with-kubernetes  once.',
    );
  cluster
    .command('up')
    .summary('start it, or find it running')
    .description('Starts it, or finds it running, and prints where its kubeconfig is. It goes on until `millrace cluster down`.')
    .option('--json', 'print the result for programs')
    .addHelpText('after', '\nExit codes: 0 it runs, 1 a part of it does not, 2 usage or configuration')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const config = configOf(command);
      const found = programFile('kubernetes');
      if ('remedy' in found) throw new Complaint({ message: 'kubernetes is not here', remedy: found.remedy });
      if (process.getuid?.() !== 0) throw new Complaint({ message: 'a cluster is started as root', remedy: 'sudo millrace cluster up' });
      const registry = config.images?.registry.match(/^http:\/\/(.+)$/)?.[1];
      const { kubeconfig } = await startCluster({
        folder: statePaths(config.state).cluster,
        kubernetes: found.file,
        registries: registry === undefined ? [] : [registry],
        onProgress: progress,
      });
      if (options.json) return printJson({ kubeconfig });
      print(`it runs: export KUBECONFIG=${kubeconfig}`);
    });
  cluster
    .command('down')
    .summary('stop it, with all that it ran')
    .description('Stops it with every container, mount and network of it.')
    .option('--wipe', 'also forget its certificates, images and logs')
    .action(async (options: { readonly wipe?: boolean }, command: Command) => {
      await stopCluster(statePaths(configOf(command).state).cluster, { wipe: options.wipe === true });
      print('stopped');
    });
  return cluster;
}
