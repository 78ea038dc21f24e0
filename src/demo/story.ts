import { createHmac } from 'node:crypto';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CVE_OF_ZLIB, ingest } from './records';
import { killWorkers, PATIENCE_MS, published, until, waits } from './scene';
import type { Scene } from './scene';

/** a. The base line, and a carried patch. */
export async function baseLine(scene: Scene): Promise<void> {
  scene.chapter('a. The base line: zlib, lz4 and pigz from the specs, then a carried patch');
  await published(scene, 'zlib-1.2.13-r0');
  scene.verify('zlib 1.2.13-r0 is in the published index', true);
  await ingest(scene, CVE_OF_ZLIB, 'zlib 1.2.13-r0 is affected');
  await scene.person.commit('main', 'pigz: new package', { 'packages/pigz.yaml': scene.specFiles['pigz']! });
  await scene.person.commit('main', `zlib: carry ${scene.patch.name}`, {
    [`packages/zlib/${scene.patch.name}`]: scene.patch.content,
    'packages/zlib.yaml': (spec) =>
      spec
        .replace('epoch: 0', 'epoch: 1')
        .replace(/(expected-sha256: [0-9a-f]{64}\n)/, `$1\n  - uses: patch\n    with:\n      patches: ${scene.patch.name}\n`),
  });
  scene.say(`${scene.person.name} pushed a new package, pigz, and a patch of zlib (epoch 1)`);
  await published(scene, 'lz4-1.9.4-r0');
  await published(scene, 'zlib-1.2.13-r1');
  await published(scene, 'pigz-2.8-r0');
  await published(scene, 'libxml2-2.9.14-r0');
  await scene.person.commit('main', 'Two programs that read XML, and an image of them', {
    'packages/xmlcheck.yaml': scene.specFiles['xmlcheck']!,
    'packages/xmlcount.yaml': scene.specFiles['xmlcount']!,
    ...scene.imageFiles,
  });
  scene.say(`${scene.person.name} pushed xmlcheck and xmlcount, which are linked with libxml2 2.9.14, and the image xml-tools`);
  const resolved = await scene.outside.resolve(['pigz', 'lz4'], scene.stage0);
  scene.verify(
    'apko resolves pigz with the patched zlib 1.2.13-r1, signatures verified',
    resolved?.includes('zlib-1.2.13-r1') === true,
    resolved?.join(' '),
  );
}

/** b. An upstream release, seen by the watch. */
export async function upstreamRelease(scene: Scene): Promise<void> {
  scene.chapter('b. zlib 1.3.1 is released upstream');
  const generation = scene.outside.generation();
  await scene.release('zlib', '1.3.1');
  await published(scene, 'zlib-1.3.1-r0');
  scene.verify('the watch saw it: zlib 1.3.1-r0 is published in a new generation', scene.outside.generation() > generation);
  const [message] = (await scene.outside.history('packages/zlib.yaml')).split('\0');
  scene.verify('the commit on main says "zlib/1.3.1 package update"', message!.trim().startsWith('zlib/1.3.1 package update'), message);
  scene.verify(`and that ${scene.patch.name} was dropped, as the new source contains it`, message!.includes(scene.patch.name));
  const spec = await scene.outside.spec('packages/zlib.yaml');
  const expected = scene.specFiles['zlib']!.replace('"1.2.13"', '"1.3.1"').replace(/expected-sha256: [0-9a-f]{64}/, '');
  scene.verify(
    'the spec changed in version, epoch, digest and patch alone',
    spec.replace(/expected-sha256: [0-9a-f]{64}/, '') === expected,
  );
  const resolved = await scene.outside.resolve(['pigz', 'zlib=1.3.1-r0'], scene.stage0);
  scene.verify('apko resolves pigz with zlib 1.3.1-r0', resolved?.includes('zlib-1.3.1-r0') === true, resolved?.join(' '));
}

/** c. A test of ours is wrong for the new release: it waits for a person, who patches the spec. */
export async function waitsForAPerson(scene: Scene): Promise<void> {
  scene.chapter('c. lz4 1.10.0 fails a test of ours, and a person answers');
  const view = await waits(scene, 'lz4', '1.10.0');
  const failed = view.verdicts.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check);
  scene.verify('it waits at package-tests, and at nothing else', failed.join() === 'package-tests', failed.join());
  const shown = await scene.person.millrace('show', 'lz4');
  scene.verify('millrace show names the failing check', shown.code === 0 && shown.text.includes('package-tests'), shown.text);
  scene.verify('lz4 1.10.0 is not published meanwhile', !(await scene.outside.has('lz4-1.10.0-r0')));
  const branch = view.change!.branch!;
  const commit = await scene.person.commit(branch, 'lz4: 1.10 says its version in another form', {
    'packages/lz4.yaml': (spec) =>
      spec.replace('"LZ4 command line interface 64-bits v${{package.version}}"', '"lz4 v${{package.version}}"'),
  });
  const unfit = await scene.person.millrace('decide', 'lz4', 'waive', '--check', 'sbom', '--reason', 'why not', '--by', scene.person.name);
  scene.verify(
    'a decision that does not fit is refused with the reason',
    unfit.code === 1 && unfit.text.includes('does not block'),
    unfit.text,
  );
  const patched = await scene.person.millrace('decide', 'lz4', 'patch', '--commit', commit, '--by', scene.person.name);
  scene.verify('the corrected spec is accepted as a patch', patched.code === 0, patched.text);
  await published(scene, 'lz4-1.10.0-r0');
  const spec = await scene.outside.spec('packages/lz4.yaml');
  scene.verify('lz4 1.10.0-r0 is published, with the corrected test on main', spec.includes('"lz4 v${{package.version}}"'));
}

/** d. A tampered release is rejected; what is not newer, and what was said before, does nothing. */
export async function rejected(scene: Scene): Promise<void> {
  scene.chapter('d. A tampered pigz 2.9 is rejected; a hint that is not newer; a webhook four times');
  const view = await waits(scene, 'pigz', '2.9');
  const failed = view.verdicts.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check);
  scene.verify('pigz 2.9 waits: its commands can do what they could not before', failed.includes('capability-diff'), failed.join());
  const said = await scene.person.millrace('decide', 'pigz', 'reject', '--reason', 'it runs what a server says', '--by', scene.person.name);
  scene.verify('the rejection is accepted', said.code === 0, said.text);
  await until(scene, 'the branch of pigz 2.9 is gone', async () => !(await scene.outside.branches()).includes('pigz-2.9'));
  scene.verify('pigz 2.9 is on no branch, in no index', !(await scene.outside.has('pigz-2.9-r0')));
  const old = await scene.person.millrace('release', 'zlib', '1.2.13', '--by', scene.person.name);
  scene.say(`millrace release zlib 1.2.13: ${old.text.split('\n')[0]}`);
  scene.say('zlib 1.3.2 is released upstream, and a webhook says so three times');
  await scene.release('zlib', '1.3.2');
  for (let times = 0; times < 3; times += 1) await webhook(scene, 'zlib', '1.3.2');
}

async function webhook(scene: Scene, name: string, version: string): Promise<void> {
  const body = JSON.stringify({ package: name, version });
  const signature = `sha256=${createHmac('sha256', scene.webhookSecret).update(body).digest('hex')}`;
  const url = `${scene.factory.addresses.gateway}/webhooks/generic`;
  const headers = { 'content-type': 'application/json', 'x-millrace-signature': signature };
  const answer = await fetch(url, { method: 'POST', body, headers });
  scene.verify(`the webhook is answered with 202`, answer.status === 202, `${answer.status} ${await answer.text()}`);
}

/** e. SIGKILL inside a build, and between objects and index. */
export async function survivesKills(scene: Scene): Promise<void> {
  scene.chapter('e. kill -9 inside the build of zlib 1.3.2, and between its objects and its index');
  await until(scene, 'the build of zlib 1.3.2 runs', async () => scene.outside.buildLogs('zlib-1.3.2-r0').length === 1);
  const log = scene.outside.buildLogs('zlib-1.3.2-r0')[0]!;
  await until(scene, 'it compiles', async () => (await readFile(log, 'utf8').catch(() => '')).includes('make'));
  await killWorkers(scene);
  scene.say('every worker was killed with SIGKILL inside the build; the factory starts them again');
  const objects = nextObject(scene, 'zlib-1.3.2-r0.apk');
  await objects;
  await killWorkers(scene);
  const visible = await scene.outside.has('zlib-1.3.2-r0');
  scene.verify('killed again with the objects written and the index not: nothing is visible', !visible);
  await published(scene, 'zlib-1.3.2-r0');
  const logs = scene.outside.buildLogs('zlib-1.3.2-r0');
  scene.verify(
    'published; the interrupted build ran once more, in a directory of its own, and no third time',
    logs.length === 2,
    logs.join(' '),
  );
  // What else is under way would be a publication of its own.
  for (const name of ['xmlcheck', 'xmlcount']) await published(scene, `${name}-1.0-r0`);
  const generation = scene.outside.generation();
  await webhook(scene, 'zlib', '1.3.2');
  await sleep(4_000);
  scene.verify('one publication; the webhook once more changes nothing', scene.outside.generation() === generation);
  const commits = (await scene.outside.history('packages/zlib.yaml')).split('\0').filter((message) => message.includes('zlib/1.3.2'));
  scene.verify('one commit on main', commits.length === 1, `${commits.length}`);
}

/** The moment in which an object of that name appears in the repository. */
function nextObject(scene: Scene, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${file} did not appear within five minutes`)), PATIENCE_MS);
    const watcher = watch(scene.outside.objectsFolder, (_event, name) => {
      if (name !== file) return;
      clearTimeout(timer);
      watcher.close();
      resolve();
    });
  });
}
