/** A package, and two images of it: `hello` is one static program and nothing else, `hello-web` a server. */

export const SOURCE = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc == 4 && strcmp(argv[1], "count") == 0) {
    int lines = atoi(argv[2]);
    long pause = atol(argv[3]);
    struct timespec wait = { pause / 1000, pause % 1000 * 1000000 };
    for (int line = 1; line <= lines; line++) {
      printf("line %d of %d\\n", line, lines);
      nanosleep(&wait, NULL);
    }
    return 0;
  }
  printf("hello %s\\n", VERSION);
  return argc > 1;
}
`;

export const helloSpec = (upstream: string, sha256: string) => `package:
  name: hello
  version: "1.0"
  epoch: 0
  description: Greets, and counts
  url: https://example.org/hello
  copyright:
    - license: MIT-0

environment:
  contents:
    packages: [build-base, busybox, coreutils]

pipeline:
  - uses: fetch
    with:
      uri: ${upstream}/hello/hello-\${{package.version}}.tar.gz
      expected-sha256: ${sha256}

  - runs: |
      cc -static -O2 -Wall -DVERSION='"\${{package.version}}"' -o hello hello.c
      install -Dm755 hello "\${{targets.destdir}}/usr/bin/hello"
      mkdir -p "\${{targets.destdir}}/usr/share/hello"
      echo "hello \${{package.version}}" > "\${{targets.destdir}}/usr/share/hello/index.html"

  - uses: strip

test:
  pipeline:
    - runs: test "$(hello)" = "hello \${{package.version}}"

update:
  enabled: true
`;

const ACCOUNTS = `accounts:
  groups: [{ groupname: nonroot, gid: 65532 }]
  users: [{ username: nonroot, uid: 65532, gid: 65532 }]
  run-as: "65532"
`;

const image = (name: string, entrypoint: string, suites: string, more = '') => `name: ${name}
package: hello
variants:
  - config: apko.yaml
streams:
  - name: all
    versions: "*"
structure:
  user: "65532"
  entrypoint: [${entrypoint}]
${more}suites: [${suites}]
`;

const SMALL = '    memory: 32Mi\n    cpu: 50m\n';

/** The suite of `hello` on the cluster, as it is written for a version. */
export const saysVersion = (version: string) => `tests:
  - name: says its version
    kind: kubernetes
    timeout: 1m
${SMALL}    expect: { stdout: { contains: ["hello ${version}"] } }
`;

/** Counts so many lines, ten a second. */
export const counts = (lines: number, timeout: string) => `tests:
  - name: counts to ${lines}
    kind: kubernetes
    command: [count, "${lines}", "100"]
    timeout: ${timeout}
${SMALL}    expect: { stdout: { contains: ["line ${lines} of ${lines}"] } }
`;

const WEB_APKO = `contents:
  packages: [baselayout, busybox, hello]
entrypoint:
  command: /usr/bin/busybox httpd -f -p 8080 -h /usr/share/hello
${ACCOUNTS}`;

/** The files of both images in a spec repository. */
export const IMAGE_FILES: Readonly<Record<string, string>> = {
  'images/hello/image.yaml': image('hello', '/usr/bin/hello', 'basic.test.yaml, cluster.test.yaml', '  shell: false\n'),
  'images/hello/apko.yaml': `contents:\n  packages: [baselayout, hello]\nentrypoint:\n  command: /usr/bin/hello\n${ACCOUNTS}`,
  'images/hello/basic.test.yaml': `tests:
  - name: greets
    kind: container
    expect: { stdout: { matches: "^hello [0-9.]+\\n$" } }
`,
  'images/hello/cluster.test.yaml': saysVersion('1.0'),
  'images/hello-web/image.yaml': image(
    'hello-web',
    '/usr/bin/busybox, httpd, -f, -p, "8080", -h, /usr/share/hello',
    'page.test.yaml, cluster.test.yaml',
  ),
  'images/hello-web/apko.yaml': WEB_APKO,
  'images/hello-web/page.test.yaml': `tests:
  - name: serves its page
    kind: container
    timeout: 30s
    expect:
      ports: [8080]
      http: [{ port: 8080, path: /, body: { contains: [hello] } }]
`,
  'images/hello-web/cluster.test.yaml': `order: side-by-side
tests:
  - name: a client reads the page
    kind: kubernetes
    server: { port: 8080 }
    entrypoint: [/usr/bin/busybox, sh, -c]
    command: ['busybox wget -q -O - "http://$SERVER/" | busybox grep "^hello [0-9.]*$"']
${SMALL}
  - name: answers over HTTP
    kind: kubernetes
    server: { port: 8080 }
${SMALL}    expect:
      http: [{ port: 8080, path: /, body: { matches: '^hello [0-9.]+\\n$' } }]

  - name: behind a service of its manifest
    kind: kubernetes
    manifest: served.yaml
${SMALL}    expect:
      http: [{ service: web, port: 80, path: /index.html }, { service: web, port: 80, path: /nothing, status: 404 }]
`,
  'images/hello-web/served.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: { app: web }
spec:
  containers:
    - name: web
      image: IMAGE
      ports: [{ containerPort: 8080 }]
      resources: { limits: { memory: 32Mi, cpu: 50m } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
`,
};
