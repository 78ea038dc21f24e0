import { readSuite, type Suite } from '../../../src/domain/image/suite';
import { manifestPath, readSuiteManifests } from '../../../src/domain/image/suite-manifests';
import { formatProblem } from '../../../src/domain/result';

const FILE = 'images/web/whole.test.yaml';
const suiteOf = (more: string): Suite => {
  const read = readSuite(`tests:\n  - name: whole\n    kind: kubernetes\n    manifest: web.yaml\n${more}`, FILE);
  if (!read.ok) throw new Error(read.error.map(formatProblem).join('\n'));
  return read.value;
};
const pod = (image: string) => `apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: web, image: ${image} }] }
`;
const SERVICE = `---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }, { port: 8080 }] }
`;
const other = `example.org/other@sha256:${'a'.repeat(64)}`;

it('reads each manifest once, by the name that the suite has for it', () => {
  const suite = suiteOf(`  - name: again\n    kind: kubernetes\n    manifest: web.yaml\n`);
  const asked: string[] = [];
  const read = readSuiteManifests(suite, FILE, (path) => {
    asked.push(path);
    return pod('IMAGE');
  });
  expect(asked).toEqual(['images/web/web.yaml']);
  expect(read.ok && [...read.value.keys()]).toEqual(['web.yaml']);
});

it.each([
  ['a.test.yaml', 'b.yaml', 'b.yaml'],
  ['x/a.test.yaml', 'y/b.yaml', 'x/y/b.yaml'],
])('of the suite %s the manifest %s is %s', (suite, manifest, path) => expect(manifestPath(suite, manifest)).toBe(path));

describe('tells what is not as the suite says', () => {
  const http = '    expect: { http: [{ service: web, port: 81 }] }\n';
  it.each([
    ['no such file', '', undefined, `${FILE}:4:15: there is no images/web/web.yaml (commit it, or correct its name)`],
    ['a defect of it', '', pod('nginx'), 'images/web/web.yaml:4:35: spec.containers[0].image "nginx" names no content'],
    ['the image is not in it', '', pod(other), `${FILE}:4:15: the test "whole" does not run the image: web.yaml has no container of it`],
    [
      'another port',
      http,
      pod('IMAGE') + SERVICE,
      `:4:15: the test "whole" asks port 81 of the service web, which web.yaml does not have (its ports are: 80, 8080)`,
    ],
    ['another service', http, pod('IMAGE'), 'does not have (write a Service with the name web there)'],
  ])('%s', (_what, more, text, problem) => {
    const read = readSuiteManifests(suiteOf(more), FILE, () => text);
    expect(read.ok ? '' : read.error.map(formatProblem).join('\n')).toContain(problem);
  });
});

it.each([
  ['a client runs the image', '    command: [--probe]\n', pod(other)],
  ['the service has the port', '    expect: { http: [{ service: web, port: 8080 }] }\n', pod('IMAGE') + SERVICE],
])('is content where %s', (_what, more, text) => expect(readSuiteManifests(suiteOf(more), FILE, () => text).ok).toBe(true));
