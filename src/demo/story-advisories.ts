import { CVE_OF_LIBXML2, ingest } from './records';
import { published, until } from './scene';
import type { Scene } from './scene';

/** f. What is known to be vulnerable, and what is not any more. */
export async function advisories(scene: Scene): Promise<void> {
  scene.chapter('f. An advisory is open, another one is settled; an image was made of what is published');
  const { outside } = scene;
  const zlib = (await outside.secfixes(outside.generation()))['zlib'];
  scene.verify(
    'CVE-2023-45853 was fixed by the patch of zlib 1.2.13-r1, and neither 1.3.1 nor 1.3.2 fixed it again',
    JSON.stringify(zlib) === JSON.stringify({ '1.2.13-r1': ['CVE-2023-45853'] }),
    JSON.stringify(zlib),
  );
  const events = [...(await outside.advisories('zlib')).matchAll(/type: fixed/g)];
  scene.verify('its document in git has one fixed event', events.length === 1, `${events.length}`);
  await ingest(scene, CVE_OF_LIBXML2, 'libxml2 2.9.14-r0 is affected');
  await until(scene, 'the page of libxml2 shows the open vulnerability', async () => {
    const { text } = await outside.gateway('/packages/libxml2');
    return text.includes('CVE-2022-40303') && text.includes('high 7.5');
  });
  const page = await outside.gateway('/advisories');
  scene.verify(
    'the gateway lists CVE-2022-40303 of libxml2 as open, and CVE-2023-45853 not',
    page.status === 200 && page.text.includes('CVE-2022-40303') && !page.text.includes('CVE-2023-45853'),
    page.text.slice(0, 200),
  );
  const feed = await outside.gateway('/repository/security.json');
  scene.verify(
    'to a scanner libxml2 2.9.14 is vulnerable: security.json knows no fix of it',
    feed.status === 200 && feed.text.includes('CVE-2023-45853') && !feed.text.includes('CVE-2022-40303'),
    feed.text,
  );
  for (const name of ['xmlcheck', 'xmlcount']) await published(scene, `${name}-1.0-r0`);
  await until(scene, 'the image xml-tools has its tags', async () => Object.keys(await outside.image.tags()).length === 3);
  const tags = await outside.image.tags();
  const [digest] = Object.values(tags);
  scene.verify(
    'the image xml-tools was tested and tagged: 1, 1.0 and latest are one digest',
    Object.keys(tags).join() === '1,1.0,latest' && new Set(Object.values(tags)).size === 1,
    JSON.stringify(tags),
  );
  const ran = await outside.image.run(digest!, '--version');
  scene.verify('podman runs it by that digest, with libxml2 2.9.14', ran.stdout.includes('libxml2 2.9.14'), ran.stdout + ran.stderr);
}
