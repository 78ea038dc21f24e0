import { verifyCommands } from '../../../src/domain/image/verify';

/** That the real cosign takes them: test/long/cosign.test.ts. */
test('each command names key and image, and plain HTTP only where the registry speaks it', () => {
  const image = { reference: 'registry.example/demo/x@sha256:abc', key: 'images.pub' };
  const secure = verifyCommands({ ...image, plain: false });
  expect(secure.map(({ command }) => command)).toEqual([
    'cosign verify --key images.pub --insecure-ignore-tlog=true registry.example/demo/x@sha256:abc',
    ...['spdxjson', 'slsaprovenance1', 'https://apko.dev/image-configuration'].map(
      (type) => `cosign verify-attestation --key images.pub --insecure-ignore-tlog=true --type ${type} registry.example/demo/x@sha256:abc`,
    ),
  ]);
  for (const { command } of verifyCommands({ ...image, plain: true })) expect(command).toContain(' --allow-http-registry ');
});
