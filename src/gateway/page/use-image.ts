import type { ImageProfile, ShownImage } from '../../views/image-profile';
import { markup, type Html } from './markup';

/** How to pull an image, by its tag and by exactly what is shown, and how to verify that this factory made it. `address` is where the reader found the gateway. */
export function useSection({ pull, key, insecure }: ImageProfile, { tag, digest }: ShownImage, address: string | undefined): Html {
  if (pull === undefined) return markup``;
  const podman = `podman pull${insecure ? ' --tls-verify=false' : ''}`;
  const cosign = `cosign verify${insecure ? ' --allow-http-registry' : ''} --insecure-ignore-tlog=true --key`;
  const file = key?.split('/').at(-1);
  return markup`<section aria-labelledby="use">
    <h2 id="use">Pull and verify</h2>
    <pre tabindex="0" aria-label="commands that pull it">${podman} ${pull}:${tag}
# exactly what this page shows
${podman} ${pull}@${digest}</pre>
    ${
      key !== undefined &&
      markup`<p>It is signed with <a href="${key}">the key of this factory</a>. Signatures are in the registry, and in no public log:</p>
        <pre tabindex="0" aria-label="commands that verify it">${
          address !== undefined &&
          markup`curl -fsSO ${address}${key}
`
        }${cosign} ${file} ${pull}@${digest}</pre>`
    }
  </section>`;
}
