import { verifyCommands } from '../../domain/image/verify';
import type { ImageProfile, ShownImage } from '../../views/image-profile';
import { markup, type Html } from './markup';

/** How to pull an image, by its tag and by exactly what is shown, and how to verify that this factory made it. `address` is where the reader found the gateway. */
export function useSection(
  { pull, key, insecure = false }: ImageProfile,
  { tag, digest }: ShownImage,
  address: string | undefined,
): Html | false {
  if (pull === undefined) return false;
  const podman = `podman pull${insecure ? ' --tls-verify=false' : ''}`;
  return markup`<section aria-labelledby="use">
    <h2 id="use">Pull and verify</h2>
    <pre tabindex="0" aria-label="commands that pull it">${podman} ${pull}:${tag}
# exactly what this page shows
${podman} ${pull}@${digest}</pre>
    ${key !== undefined && verifyPart(key, { reference: `${pull}@${digest}`, plain: insecure }, address)}
  </section>`;
}

function verifyPart(key: string, image: { readonly reference: string; readonly plain: boolean }, address: string | undefined): Html {
  const file = key.slice(key.lastIndexOf('/') + 1);
  const [signature, ...statements] = verifyCommands({ ...image, key: file });
  return markup`<p>It is signed with <a href="${key}">the key of this factory</a>. Signatures are in the registry, and in no public log:</p>
    <pre tabindex="0" aria-label="commands that verify it">${address !== undefined && markup`curl -fsSO ${address}${key}\n`}${signature?.command}</pre>
    <details>
      <summary>What else the factory says of it</summary>
      ${statements.map(({ what, command }) => markup`<p>${what}:</p><pre tabindex="0" aria-label="command that verifies ${what}">${command}</pre>`)}
    </details>`;
}
