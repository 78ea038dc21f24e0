/** What is said of an image, and the `--type` by which cosign asks for it. docs/images.md tells what is in each. */
const ATTESTATIONS = [
  ['its packages (SPDX)', 'spdxjson'],
  ['how it came to be (SLSA provenance)', 'slsaprovenance1'],
  ['its apko configuration', 'https://apko.dev/image-configuration'],
] as const;

/**
 * The commands by which anybody verifies an image with cosign. There is no entry in a public log: whoever keeps the key decides, and cosign has to be told so.
 * `reference` is `host[:port]/repository@sha256:…` or with a tag, `key` the file of the public key.
 */
export function verifyCommands(image: {
  readonly reference: string;
  readonly key: string;
  /** Whether the registry speaks plain HTTP. */
  readonly plain: boolean;
}): readonly { readonly what: string; readonly command: string }[] {
  const { reference, key, plain } = image;
  const options = `--key ${key} --insecure-ignore-tlog=true${plain ? ' --allow-http-registry' : ''}`;
  return [
    { what: 'that this factory made it', command: `cosign verify ${options} ${reference}` },
    ...ATTESTATIONS.map(([what, type]) => ({ what, command: `cosign verify-attestation ${options} --type ${type} ${reference}` })),
  ];
}
