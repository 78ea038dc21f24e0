import { formatProblem } from '../../../src/domain/result';
import { upstreamOf } from '../../../src/domain/update/upstream';
import { specFrom, specText } from '../spec/reading';

const CHECKOUT =
  'pipeline:\n  - uses: git-checkout\n    with:\n      repository: https://example.org/${{package.name}}.git\n      tag: ${{package.version}}\n';
const fetching = (uri: string) => `pipeline:\n  - uses: fetch\n    with:\n      uri: ${uri}\n`;
const TRANSFORM = 'var-transforms:\n  - {from: "${{package.version}}", match: \'\\.\', replace: _, to: mangled}\n';

test.each([
  [
    'github',
    'update:\n  enabled: true\n  github:\n    identifier: owner/example\n',
    { kind: 'git', repository: 'https://github.com/owner/example.git' },
  ],
  [
    'github with a variable',
    'vars:\n  major: "25"\nupdate:\n  github:\n    identifier: openjdk/jdk${{vars.major}}u\n',
    { kind: 'git', repository: 'https://github.com/openjdk/jdk25u.git' },
  ],
  ['git', `${CHECKOUT}update:\n  enabled: true\n  git: {}\n`, { kind: 'git', repository: 'https://example.org/example.git' }],
  ['git left empty', `${CHECKOUT}update:\n  enabled: true\n  git:\n`, { kind: 'git', repository: 'https://example.org/example.git' }],
  [
    'a folder',
    `${fetching('https://example.org/src/${{package.name}}-${{ package.version }}.tar.xz')}update:\n  enabled: true\n`,
    { kind: 'directory', url: 'https://example.org/src/', before: 'example-', after: '.tar.xz' },
  ],
  [
    'a folder, without an update block',
    fetching('https://example.org/${{package.version}}.zip'),
    { kind: 'directory', url: 'https://example.org/', before: '', after: '.zip' },
  ],
  [
    'a folder, by a variable made of the version',
    `${TRANSFORM}${fetching('https://example.org/e-${{vars.mangled}}.tgz')}`,
    { kind: 'directory', url: 'https://example.org/', before: 'e-', after: '.tgz' },
  ],
])('%s', (_name, more, upstream) => {
  expect(upstreamOf(specFrom(specText(more)))).toEqual({ ok: true, value: upstream });
});

test.each([
  [
    'release-monitor',
    'update:\n  enabled: true\n  release-monitor:\n    identifier: 1\n',
    'example.yaml:6:3: update.release-monitor is a backend that is not read',
  ],
  ['oci', 'update:\n  enabled: true\n  oci:\n    identifier: a/b\n', 'update.oci is a backend that is not read'],
  [
    'git without a checkout',
    'update:\n  enabled: true\n  git: {}\n',
    'update.git needs a git-checkout step, and there is none (use `github:`)',
  ],
  [
    'a checkout without a backend',
    `${CHECKOUT}update:\n  enabled: true\n`,
    'nothing says where new versions are to be looked up (write `git: {}` under `update:`)',
  ],
  [
    'no versioned source',
    fetching('https://example.org/a.tgz'),
    'example.yaml:2:9: nothing says where new versions are to be looked up (write `github:` or `git:` under `update:`)',
  ],
  [
    'a version in the folder',
    fetching('https://example.org/${{package.version}}/a-${{package.version}}.tgz'),
    'example.yaml:8:12: the folder of https://example.org/',
  ],
  [
    'two versions in the name',
    fetching('https://example.org/${{package.version}}-${{package.version}}.tgz'),
    'the version must stand once, in the file name',
  ],
  ['an undefined variable', fetching('https://example.org/${{vars.x}}-${{package.version}}.tgz'), 'undefined variable ${{vars.x}}'],
])('%s: an error with its place', (_name, more, problem) => {
  const upstream = upstreamOf(specFrom(specText(more)));
  expect(upstream.ok ? '' : formatProblem(upstream.error)).toContain(problem);
});
