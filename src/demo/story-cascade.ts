import { killWorkers, published, until } from './scene';
import type { Scene } from './scene';

/** Both are linked with libxml2; the floor of the demo has one slot, so that one is rebuilt after the other. */
const DEPENDENTS = ['xmlcheck', 'xmlcount'];

/** g, and the second half of i: a library breaks its ABI; what is linked with it is rebuilt, and the image follows. */
export async function cascade(scene: Scene): Promise<void> {
  scene.chapter('g. libxml2 2.15.4 breaks its ABI: dependents are rebuilt, the image follows; kill -9 in the middle');
  const { outside, person } = scene;
  const before = await outside.image.tags();
  await nothingForZlib(scene);

  const plan = await person.millrace('plan', '--changed', 'libxml2');
  scene.verify(
    'a plan says before anything is built who would be rebuilt for libxml2',
    plan.code === 0 && DEPENDENTS.every((name) => plan.text.includes(name)),
    plan.text,
  );
  await scene.release('libxml2', '2.15.4');
  await published(scene, 'libxml2-2.15.4-r0');
  const shown = await person.millrace('show', 'libxml2');
  const abi = /^abi +passed +(.*?) {2,}/m.exec(shown.text)?.[1];
  scene.verify(
    `the abi check says what it breaks: ${abi}`,
    abi?.includes('libxml2.so.2 removed (now libxml2.so.16)') === true && DEPENDENTS.every((name) => abi.includes(name)),
    shown.text,
  );
  await fixedWithIt(scene);

  const rebuilt = async () => (await outside.published()).filter((full) => DEPENDENTS.some((name) => full === `${name}-1.0-r1`));
  await until(scene, 'the first dependent is rebuilt', async () => (await rebuilt()).length > 0);
  const first = (await rebuilt())[0]!;
  const second = DEPENDENTS.map((name) => `${name}-1.0-r1`).find((full) => full !== first)!;
  scene.verify(`the floor rebuilt one of them, ${first}; the other is still to come`, (await rebuilt()).length === 1);
  await until(scene, `${second} builds`, async () => outside.buildLogs(second).length > 0);
  await killWorkers(scene);
  scene.say(`every worker was killed with SIGKILL in the middle of the cascade`);
  const half = await outside.image.tags();
  scene.verify(
    'the image keeps the old pair: half of it is rebuilt',
    JSON.stringify(half) === JSON.stringify(before),
    JSON.stringify(half),
  );
  await published(scene, second);
  await onceEach(scene, first, second);

  await until(scene, 'the tags of the image move', async () => (await outside.image.tags())['latest'] !== before['latest']);
  await until(scene, 'all of them', async () => new Set(Object.values(await outside.image.tags())).size === 1);
  const after = await outside.image.tags();
  const ran = await outside.image.run(after['latest']!, '--version');
  scene.verify(
    'the image took the new pair, was tested, and its tags moved',
    ran.stdout.includes('libxml2 2.15.4'),
    ran.stdout + ran.stderr,
  );
  const counted = await outside.image.run(after['latest']!, '<list><item/><item/></list>');
  scene.verify('podman runs it by digest: it counts three elements', counted.stdout === '3\n', counted.stdout + counted.stderr);
  scene.verify('latest has pointed to these two digests, and to no other', outside.image.pointedTo('latest').length === 2);
}

/** zlib 1.3.1 and 1.3.2 kept their ABI. */
async function nothingForZlib({ outside, person, verify }: Scene): Promise<void> {
  const shown = await person.millrace('show', 'zlib');
  verify(
    'zlib kept its ABI, and its release says that nothing is to be rebuilt',
    shown.text.includes('nothing linked with it is to be rebuilt'),
    shown.text,
  );
  const why = await person.millrace('floor', 'why', 'pigz');
  const pigz = (await outside.published()).filter((full) => full.startsWith('pigz-'));
  verify(
    'so nothing was rebuilt for it: pigz is as it was, and the floor says so',
    pigz.join() === 'pigz-2.8-r0' && why.code === 0 && why.text.includes('nothing wants pigz built again'),
    `${pigz.join()}; ${why.text}`,
  );
}

/** The first generation that has the new libxml2 has the fix in its feed, and the one before has neither. */
async function fixedWithIt({ outside, verify }: Scene): Promise<void> {
  const newest = outside.generation();
  const withIt = [];
  for (let generation = newest; generation > 0; generation -= 1)
    if ((await outside.publishedIn(generation)).includes('libxml2-2.15.4-r0')) withIt.unshift(generation);
  const [first] = withIt;
  const fixes = (await outside.secfixes(first!))['libxml2'];
  const earlier = (await outside.secfixes(first! - 1))['libxml2'];
  verify(
    `the advisory turned to fixed in 2.15.4-r0 in the same generation, ${first}`,
    JSON.stringify(fixes) === JSON.stringify({ '2.15.4-r0': ['CVE-2022-40303'] }) && earlier === undefined,
    JSON.stringify({ fixes, earlier }),
  );
}

async function onceEach({ outside, verify }: Scene, first: string, second: string): Promise<void> {
  const all = (await outside.published()).filter((full) => DEPENDENTS.some((name) => full.startsWith(`${name}-`)));
  verify('each was rebuilt once: there is no further revision', all.length === 4, all.join(' '));
  const logs = [outside.buildLogs(first).length, outside.buildLogs(second).length];
  verify('the interrupted build ran once more, and no third time; the other one once', logs.join() === '1,2', logs.join());
  for (const name of DEPENDENTS) {
    const commits = (await outside.history(`packages/${name}.yaml`)).split('\0').filter((message) => message.includes('rebuilt:'));
    verify(
      `one commit on main raised the epoch of ${name}, and names libxml2 2.15.4 as its cause`,
      commits.length === 1 && commits[0]!.includes('libxml2 2.15.4-r0'),
      commits.join('; '),
    );
  }
}
