import type { ImageRecord } from '../domain/image/image';
import { imageReleaseQuery } from '../workflows/messages';
import type { ImageReleaseView } from '../workflows/messages';
import { killWorkers, until } from './scene';
import type { Scene } from './scene';

const FOLDER = 'images/xml-tools';
const SUITE = `${FOLDER}/elements.test.yaml`;

/** h. A test of an image fails: its tags stay until a person has mended it. */
export async function imageWaits(scene: Scene): Promise<void> {
  scene.chapter('h. A test of the image fails: the tags stay, and a person mends it');
  const { outside, person } = scene;
  const before = await outside.image.tags();
  await person.commit('main', 'xml-tools: in the time zone of nobody', {
    [`${FOLDER}/apko.yaml`]: (text) => `${text}\nenvironment:\n  TZ: UTC\n`,
    [SUITE]: (text) => text.replace('^3\\n$', '^4\\n$'),
  });
  scene.say(`${person.name} changed the image, and made a mistake in its suite: it expects four elements where there are three`);
  const view = await imageWaiting(scene);
  const failed = view.verdicts.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check);
  scene.verify('the image waits at its suite, and at nothing else', failed.join() === 'suite-elements', failed.join());
  const stayed = await outside.image.tags();
  scene.verify('its tags stay where they are', JSON.stringify(stayed) === JSON.stringify(before), JSON.stringify(stayed));
  const retried = await person.millrace('decide', 'image:xml-tools', 'retry', '--by', person.name);
  scene.verify('a person may have it tried again', retried.code === 0, retried.text);
  const still = await imageWaiting(scene, 1);
  scene.verify(
    'the same image fails the same suite again',
    still.verdicts.some(({ outcome }) => outcome === 'failed'),
  );
  await person.commit('main', 'xml-tools: three elements are three', { [SUITE]: (text) => text.replace('^4\\n$', '^3\\n$') });
  const again = await person.millrace('decide', 'image:xml-tools', 'retry', '--by', person.name);
  scene.verify(`${person.name} corrected the suite, and says retry once more`, again.code === 0, again.text);
  await moved(scene, before);
  scene.verify('then they moved, all of them', true);
}

/** i. SIGKILL between push and tag. The cascade was killed where it happened. */
export async function imageSurvivesKill(scene: Scene): Promise<void> {
  scene.chapter('i. kill -9 between the push of an image and its tags');
  const { outside, person } = scene;
  const before = await outside.image.tags();
  const pushed = new Set(outside.image.pushed());
  const pointed = outside.image.pointedTo('latest').length;
  await person.commit('main', 'xml-tools: a working folder', { [`${FOLDER}/apko.yaml`]: (text) => `${text}\nwork-dir: /tmp\n` });
  await until(scene, 'a new image is pushed', () => Promise.resolve(outside.image.pushed().some((digest) => !pushed.has(digest))));
  await killWorkers(scene);
  const between = await outside.image.tags();
  scene.verify(
    'every worker was killed with the image in the registry and the tags where they were',
    JSON.stringify(between) === JSON.stringify(before),
    JSON.stringify(between),
  );
  const after = await moved(scene, before);
  scene.verify('the tags moved, all to one digest', new Set(Object.values(after)).size === 1, JSON.stringify(after));
  const since = outside.image.pointedTo('latest').length - pointed;
  scene.verify('latest moved once', since === 1, `${since} times`);
  const ran = await outside.image.run(after['latest']!, '<a/>');
  scene.verify('podman runs it by that digest', ran.stdout === '1\n', ran.stdout + ran.stderr);
}

/** j. Where there is a cluster: tags that wait for a suite there. */
export async function imageOnCluster(scene: Scene): Promise<void> {
  scene.chapter('j. A suite of the image runs on Kubernetes');
  const { outside, person } = scene;
  const before = await outside.image.tags();
  await person.commit('main', 'xml-tools: a suite on the cluster', {
    [`${FOLDER}/image.yaml`]: (text) => text.replace('[elements.test.yaml]', '[elements.test.yaml, cluster.test.yaml]'),
    [`${FOLDER}/apko.yaml`]: (text) => text.replace('work-dir: /tmp', 'work-dir: /'),
  });
  await moved(scene, before);
  const shown = await person.millrace('image', 'show', 'xml-tools', '--json');
  const { releases } = JSON.parse(shown.text) as { readonly releases: readonly ImageRecord[] };
  const verdict = releases[0]?.verdicts.find(({ check }) => check === 'suite-cluster');
  scene.verify(`it passed there, and then its tags moved: ${verdict?.summary}`, verdict?.outcome === 'passed', shown.text);
}

/** The tags, once all of them have left the digest that they pointed to. */
async function moved(scene: Scene, before: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  let tags = before;
  await until(scene, 'the tags of xml-tools move', async () => {
    tags = await scene.outside.image.tags();
    return Object.entries(tags).every(([tag, digest]) => digest !== before[tag]);
  });
  return tags;
}

/** The release of the image, once it waits for a person, at this attempt. */
async function imageWaiting({ client, ...scene }: Scene, attempt = 0): Promise<ImageReleaseView> {
  let view: ImageReleaseView | undefined;
  await until({ client, ...scene }, 'the image xml-tools waits for a person', async () => {
    for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = 'imageRelease' AND ExecutionStatus = 'Running'` }))
      view = await client.workflow
        .getHandle(workflowId)
        .query(imageReleaseQuery)
        .catch(() => undefined);
    return view?.waitingFor !== undefined && view.attempt === attempt;
  });
  return view!;
}
