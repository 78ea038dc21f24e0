import { hasImage, readManifest, servicePorts, type Manifest } from '../kubernetes/manifest';
import { fail, ok, type Problem, type Result } from '../result';
import type { KubernetesTest, Suite } from './suite';

/** The path of a manifest that the suite in `file` names. */
export function manifestPath(file: string, manifest: string): string {
  const end = file.lastIndexOf('/');
  return end < 0 ? manifest : `${file.slice(0, end)}/${manifest}`;
}

/**
 * Reads the manifests of the suite in `file`, by the names that its tests call them. `textOf` answers the text at a path, undefined where there is no file. The error is every defect of
 * the manifests, and what tests expect of them and they do not have.
 */
export function readSuiteManifests(
  suite: Suite,
  file: string,
  textOf: (path: string) => string | undefined,
): Result<ReadonlyMap<string, Manifest>, readonly Problem[]> {
  const manifests = new Map<string, Manifest>();
  const problems: Problem[] = [];
  for (const { file: name, at } of suite.manifests) {
    const path = manifestPath(file, name);
    const text = textOf(path);
    if (text === undefined) {
      problems.push({ message: `there is no ${path}`, at, remedy: 'commit it, or correct its name' });
      continue;
    }
    const read = readManifest(text, path, suite.level.name);
    if (!read.ok) {
      problems.push(...read.error);
      continue;
    }
    manifests.set(name, read.value);
    const tests = suite.tests.filter((test): test is KubernetesTest => test.kind === 'kubernetes' && test.manifest === name);
    problems.push(...tests.flatMap((test) => unmetBy(read.value, test)).map((problem) => ({ ...problem, at })));
  }
  return problems.length > 0 ? fail(problems) : ok(manifests);
}

function unmetBy(manifest: Manifest, test: KubernetesTest): readonly Problem[] {
  const name = JSON.stringify(test.name);
  const problems: Problem[] = [];
  if (!hasImage(manifest) && !test.entrypoint && test.command.length === 0)
    problems.push({
      message: `the test ${name} does not run the image: ${test.manifest} has no container of it`,
      remedy: 'write `image: IMAGE` there, or give the test a command',
    });
  for (const { service, port } of test.expect.http) {
    const ports = servicePorts(manifest, service!);
    if (ports?.includes(port)) continue;
    problems.push({
      message: `the test ${name} asks port ${port} of the service ${service}, which ${test.manifest} does not have`,
      remedy: ports ? `its ports are: ${ports.join(', ')}` : `write a Service with the name ${service} there`,
    });
  }
  return problems;
}
