import fc from 'fast-check';
import { changeBranch, isBranchName } from '../../../src/domain/change/branch';
import {
  belongsTo,
  changedPackages,
  isPackageName,
  isSafePath,
  packageFolder,
  packagesAmong,
  specPath,
} from '../../../src/domain/change/files';
import { mergeMessage, updateMessage, type UpdateMessage } from '../../../src/domain/change/message';

const names = fc.stringMatching(/^[a-z0-9][a-z0-9+._-]{0,20}$/).filter(isPackageName);

describe('files of a package', () => {
  test.each([
    ['packages', 'zlib', 'packages/zlib.yaml', 'packages/zlib'],
    ['packages/', 'zlib', 'packages/zlib.yaml', 'packages/zlib'],
    ['', 'zlib', 'zlib.yaml', 'zlib'],
    ['.', 'zlib', 'zlib.yaml', 'zlib'],
  ])('in %j', (directory, name, spec, folder) => {
    expect([specPath(directory, name), packageFolder(directory, name)]).toEqual([spec, folder]);
  });

  test.each([
    ['packages/zlib.yaml', true],
    ['packages/zlib/a/b.patch', true],
    ['packages/zlib', false],
    ['packages/zlib-ng.yaml', false],
    ['packages/zlib.yaml/x', false],
    ['zlib.yaml', false],
    ['other/packages/zlib.yaml', false],
  ])('%s of zlib: %s', (path, expected) => expect(belongsTo(path, 'packages', 'zlib')).toBe(expected));

  test('specs are the yaml files of the directory itself', () => {
    const paths = [
      'packages/zlib.yaml',
      'packages/zlib/x.yaml',
      'packages/.hidden.yaml',
      'packages/a b.yaml',
      'images/z.yaml',
      'packages/README.md',
      'packages/lz4.yaml',
    ];
    expect(packagesAmong(paths, 'packages')).toEqual(['lz4', 'zlib']);
    expect(packagesAmong(['a.yaml', '.yam.yaml', 'x/b.yaml'], '.')).toEqual(['a']);
  });

  test('changed packages are those whose spec or folder has a changed file', () => {
    const files = ['packages/zlib/x.patch', 'packages/zlib.yaml', 'packages/lz4.yaml', 'packages/README.md', 'images/z.yaml', 'README.md'];
    expect(changedPackages(files, 'packages')).toEqual(['lz4', 'zlib']);
  });

  test('every file that belongs to a package is a hint for it, and no other', () => {
    fc.assert(
      fc.property(names, fc.option(names), fc.constantFrom('', 'packages', 'a/b'), (name, inside, directory) => {
        const path = inside === null ? specPath(directory, name) : `${packageFolder(directory, name)}/${inside}`;
        return belongsTo(path, directory, name) && changedPackages([path], directory).join() === name;
      }),
    );
  });

  test.each(['', '/a', 'a/', 'a//b', '.', '..', 'a/../b', './a', '-a', 'a/-b', '.git/config', 'a/.GIT/x', 'a\nb', 'a\\b', 'a\0b'])(
    '%j is no safe path',
    (path) => expect(isSafePath(path)).toBe(false),
  );
  test.each(['a', 'a/b.patch', '.yam.yaml', 'a..b', 'ä/é', 'a b'])('%j is a safe path', (path) => expect(isSafePath(path)).toBe(true));
});

describe('branches', () => {
  test.each([
    ['zlib', '1.3.1', 0, 'millrace/zlib-1.3.1-r0'],
    ['libstdc++', '6.0_git20240101', 12, 'millrace/libstdc++-6.0_git20240101-r12'],
    ['a', '1.0~abc', 0, 'millrace/a-1.0-abc-r0'],
  ])('%s %s-r%i', (name, version, epoch, branch) => expect(changeBranch(name, version, epoch)).toBe(branch));

  test('are ones that git takes, whatever a version is', () => {
    fc.assert(
      fc.property(names, fc.string({ maxLength: 40 }), fc.nat(99), (name, version, epoch) =>
        isBranchName(changeBranch(name, version, epoch)),
      ),
    );
  });

  test.each([
    '',
    '/a',
    'a/',
    'a//b',
    '-a',
    'a/-b',
    '.a',
    'a/.b',
    'a..b',
    'a.lock',
    'a.lock/b',
    'a.',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a@{1}',
    'HEAD^{tree}',
  ])('%j is none', (name) => expect(isBranchName(name)).toBe(false));
});

describe('messages', () => {
  const message: UpdateMessage = {
    package: 'zlib',
    version: '1.3.1',
    from: '1.2.13-r1',
    to: '1.3.1-r0',
    homepage: 'https://zlib.net/',
    link: 'https://zlib.net/zlib-1.3.1.tar.gz',
    sources: [{ uri: 'https://zlib.net/zlib-1.3.1.tar.gz', digest: 'sha256:abc' }],
    causes: [{ id: 'c', kind: 'person', text: 'asked for', by: 'ada', at: '2026-01-01T00:00:00Z', link: 'https://example.org/1' }],
    droppedPatches: ['CVE-2023-45853.patch'],
    attention: ['other.patch neither applies nor is contained'],
  };

  test('an update tells versions, links, digests, causes and patches', () => {
    expect(updateMessage(message)).toBe(
      `zlib/1.3.1 package update

Version: 1.2.13-r1 -> 1.3.1-r0
Project: https://zlib.net/
Release: https://zlib.net/zlib-1.3.1.tar.gz
Source: https://zlib.net/zlib-1.3.1.tar.gz
  sha256:abc
Cause: asked for, by ada (https://example.org/1)
Dropped: CVE-2023-45853.patch (the new source already contains it)
Attention: other.patch neither applies nor is contained
`,
    );
  });

  test('a text of others cannot add a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const made = updateMessage({
          ...message,
          homepage: `x${text}`,
          link: `x${text}`,
          causes: [{ ...message.causes[0]!, text, by: text }],
        });
        return made.split(/[\n\r\u2028\u2029\v\f\0]/).length === updateMessage(message).split('\n').length;
      }),
    );
    expect(updateMessage({ ...message, link: 'x'.repeat(10_000) }).length).toBeLessThan(2000);
  });

  test('a merge names what it merges', () => {
    expect(mergeMessage('zlib/1.3.1 package update', 'millrace/zlib-1.3.1-r0')).toBe(
      'Merge zlib/1.3.1 package update\n\nBranch: millrace/zlib-1.3.1-r0\n',
    );
  });
});
