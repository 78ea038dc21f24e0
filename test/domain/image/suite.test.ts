import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSuite, suiteName } from '../../../src/domain/image/suite';
import { formatProblem } from '../../../src/domain/result';

const FILE = 'images/pigz/starts.test.yaml';
const pod = (more: string) => `tests:\n  - name: p\n    kind: kubernetes\n${more}`;
const test = (more: string) => `tests:\n  - name: version\n    kind: container\n${more}`;

it('reads a suite of containers, with its defaults', () => {
  const text = `tests:
  - name: version
    kind: container
    command: [--version]
    expect:
      stdout:
        contains: [pigz 2]
        matches: ^pigz [0-9.]+
  - name: help
    kind: container
    entrypoint: [/bin/sh, -c]
    network: true
    timeout: 5m
    retries: 2
    expect: {exit: 1, stderr: {contains: [usage]}}
  - name: answers
    kind: container
    expect:
      ports: [8080]
      http:
        - {port: 8080}
        - {port: 8081, path: /none, status: 404, body: {contains: [no such], matches: '^<'}}
`;
  expect(readSuite(text, FILE)).toEqual({
    ok: true,
    value: {
      ...{ name: 'starts', order: 'in-order', pause: { mode: 'never', seconds: 3600 }, level: { name: 'restricted' }, manifests: [] },
      tests: [
        {
          ...{ name: 'version', kind: 'container', command: ['--version'], network: false, timeoutSeconds: 60, retries: 0 },
          expect: { exit: 0, stdout: { contains: ['pigz 2'], matches: '^pigz [0-9.]+' }, ports: [], http: [] },
        },
        {
          ...{ name: 'help', kind: 'container', command: [], network: true, timeoutSeconds: 300, retries: 2 },
          entrypoint: ['/bin/sh', '-c'],
          expect: { exit: 1, stderr: { contains: ['usage'] }, ports: [], http: [] },
        },
        {
          ...{ name: 'answers', kind: 'container', command: [], network: false, timeoutSeconds: 60, retries: 0 },
          expect: {
            ...{ exit: 0, ports: [8080] },
            http: [
              { port: 8080, path: '/', status: 200 },
              { port: 8081, path: '/none', status: 404, body: { contains: ['no such'], matches: '^<' } },
            ],
          },
        },
      ],
    },
  });
});

it('reads a suite for a cluster, with its defaults', () => {
  const text = `order: side-by-side
pause: on-error
pause-for: 2h
pod-security: {level: baseline, reason: the server starts as root}
tests:
  - name: job
    kind: kubernetes
    command: [--selftest]
    timeout: 12h
    memory: 2Gi
    cpu: 1500m
  - name: serves
    kind: kubernetes
    server: {entrypoint: [/web], command: [--port, '8080'], port: 8080}
    expect: {ports: [8080], http: [{port: 8080}]}
  - name: whole
    kind: kubernetes
    manifest: deploy/web.yaml
    expect: {http: [{service: web, port: 80}]}
  - name: again
    kind: kubernetes
    manifest: deploy/web.yaml
    command: [--probe]
`;
  const common = { kind: 'kubernetes', command: [], timeoutSeconds: 60, retries: 0, memory: '512Mi', cpu: '500m' };
  expect(readSuite(text, FILE)).toEqual({
    ok: true,
    value: {
      ...{ name: 'starts', order: 'side-by-side', pause: { mode: 'on-error', seconds: 7200 } },
      level: { name: 'baseline', reason: 'the server starts as root' },
      manifests: [{ file: 'deploy/web.yaml', at: { file: FILE, line: 18, column: 15 } }],
      tests: [
        {
          ...{ ...common, name: 'job', command: ['--selftest'], timeoutSeconds: 12 * 3600, memory: '2Gi', cpu: '1500m' },
          expect: { exit: 0, ports: [], http: [] },
        },
        {
          ...{ ...common, name: 'serves', server: { entrypoint: ['/web'], command: ['--port', '8080'], port: 8080 } },
          expect: { exit: 0, ports: [8080], http: [{ port: 8080, path: '/', status: 200 }] },
        },
        {
          ...{ ...common, name: 'whole', manifest: 'deploy/web.yaml' },
          expect: { exit: 0, ports: [], http: [{ service: 'web', port: 80, path: '/', status: 200 }] },
        },
        { ...{ ...common, name: 'again', manifest: 'deploy/web.yaml', command: ['--probe'] }, expect: { exit: 0, ports: [], http: [] } },
      ],
    },
  });
});

it('reads the suite that the documentation shows', () => {
  const text = /```yaml\n(order:.*?)```/s.exec(readFileSync(join(__dirname, '../../../docs/images.md'), 'utf8'))?.[1];
  expect(readSuite(text ?? '', FILE)).toMatchObject({ ok: true, value: { tests: { length: 4 } } });
});

describe('names what is wrong, where, and the remedy', () => {
  it.each([
    ['tests: []\n', ':1:1: the suite has no tests'],
    ['test: []\n', 'unknown key `test` (did you mean `tests`?)'],
    [test('    comand: [x]\n'), ':4:5: unknown key `comand` in tests[0] (did you mean `command`?)'],
    [test('').replace('container', 'job'), ':3:11: the test "version" is of the kind "job", which Millrace does not run'],
    [test('    command: run\n'), 'tests[0].command is a scalar, not a list'],
    [test('    timeout: 3h\n'), ':4:14: the timeout "3h" is no duration up to 2h (write it as 30s, 5m or 1h)'],
    [test('    timeout: 0s\n'), 'the timeout "0s" is no duration'],
    [test('    retries: 6\n'), ':4:14: 6 retries are too many'],
    [test('    expect: {exit: 256}\n'), 'no program exits with 256'],
    [test('    expect: {stdout: {matches: "("}}\n'), 'is no regular expression of Go'],
    [`${test('')}  - name: version\n    kind: container\n`, ':4:5: the test "version" is there twice'],
    [`order: any\n${test('')}`, ':1:8: order "any" is not known (it is one of: in-order, side-by-side)'],
    [`pause: yes\n${pod('')}`, ':1:8: pause "yes" is not known (it is one of: never, on-error, always)'],
    [`pause: always\npause-for: 25h\n${pod('')}`, ':2:12: the pause "25h" is no duration up to 24h'],
    [`pause-for: 2h\n${pod('')}`, ':1:12: pause-for is for a suite that pauses'],
    [`pause: always\n${test('')}`, ':1:8: nothing of this suite can be kept for a person'],
    [`pod-security: {reason: x}\n${pod('')}`, 'pod-security.level is missing'],
    [`pod-security: {level: privileged}\n${pod('')}`, ':1:23: pod-security.level "privileged" is not known'],
    [`pod-security: {level: baseline, reason: ' '}\n${pod('')}`, ':1:23: the level baseline has no reason (write why'],
    [`pod-security: {level: restricted, reason: x}\n${pod('')}`, 'the level restricted needs no reason'],
    [`pod-security: {level: baseline, reason: x}\n${test('')}`, 'no test of this suite is of the kind kubernetes'],
    [test('    server: {port: 80}\n'), ':4:5: a test of the kind container has no server (a container is a server itself'],
    [test('    manifest: a.yaml\n'), ':4:5: a test of the kind container has no manifest'],
    [test('    memory: 1Gi\n'), ':4:5: a test of the kind container has no memory'],
    [test('    cpu: 1\n'), ':4:5: a test of the kind container has no cpu'],
    [pod('    network: true\n'), ':4:5: a test of the kind kubernetes has no network'],
    [pod('    timeout: 13h\n'), ':4:14: the timeout "13h" is no duration up to 12h'],
    [pod('    memory: 5Gi\n'), ':4:13: the memory "5Gi" cannot be had (write it as 512Mi or 2Gi, 4Gi at most)'],
    [pod('    cpu: 0.5\n'), ':4:10: the cpu "0.5" cannot be had (write it as 500m or 2, 4 at most)'],
    [pod('    entrypoint: []\n'), ':4:5: entrypoint names no program'],
    [pod('    server: {}\n'), 'tests[0].server.port is missing'],
    [pod('    server: {port: 65536}\n'), ':4:20: 65536 is no port'],
    [pod('    server: {port: 80}\n    manifest: a.yaml\n'), ':5:5: the test "p" has a server and a manifest'],
    [pod('    manifest: ../a.yaml\n'), ':4:15: the manifest "../a.yaml" is not below the folder of the suite'],
    [pod('    manifest: /a.yaml\n'), 'the manifest "/a.yaml" is not below the folder'],
    [pod('    manifest: b/./a.yaml\n'), 'the manifest "b/./a.yaml" is not below the folder'],
    [pod('    manifest: a.json\n'), 'the manifest "a.json" is not called like one (call it <name>.yaml)'],
    [pod('    manifest: a.test.yaml\n'), 'the manifest "a.test.yaml" is not called like one'],
    [test('    expect: {http: [{path: /}]}\n'), 'tests[0].expect.http[0].port is missing'],
    [test('    expect: {http: [{port: 80, path: x}]}\n'), ':4:38: "x" is no path (write it as /healthz)'],
    [test('    expect: {http: [{port: 80, status: 99}]}\n'), 'no server answers with the status 99'],
    [test('    expect: {http: [{port: 80, service: web}]}\n'), 'there is no manifest that the service "web" could be in'],
    [test('    expect: {ports: [0]}\n'), ':4:22: 0 is no port'],
    [test('    expect: {ports: [80], exit: 0}\n'), ':4:33: a server has no exit code'],
    [
      pod('    server: {port: 80}\n    expect: {exit: 1}\n'),
      ':5:20: a server has no exit code: it is stopped when it has answered (remove `exit`, or give',
    ],
    [pod('    command: []\n    server: {port: 80}\n    expect: {exit: 1}\n'), ':6:20: a server has no exit code'],
    [pod('    expect: {http: [{port: 80}]}\n'), ':4:21: there is no server that could answer (write `server`'],
    [pod('    expect: {ports: [80]}\n'), ':4:22: there is no server that could answer'],
    [pod('    manifest: a.yaml\n    expect: {http: [{port: 80}]}\n'), ':5:21: http does not say which Service of the manifest is asked'],
    [pod('    manifest: a.yaml\n    expect: {ports: [80]}\n'), ':5:22: a manifest has no ports of its own'],
  ])('%#', (text, problem) => {
    const read = readSuite(text, FILE);
    expect(read.ok ? '' : read.error.map(formatProblem).join('\n')).toContain(problem);
  });
});

it.each([
  ['a.test.yaml', 'a'],
  ['deep/er/a-b2.test.yaml', 'a-b2'],
  ['a.yaml', undefined],
  ['.test.yaml', undefined],
  ['A.test.yaml', undefined],
])('the suite in %s is called %s', (file, name) => expect(suiteName(file)).toBe(name));
