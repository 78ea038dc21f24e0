import fc from 'fast-check';
import { apkName, apkVersion, closure, parseControl, type DebianPackage } from '../../src/stage0/debian-package';

describe('a control file', () => {
  it('is read with alternatives, qualifiers, versions and lines of continuation', () => {
    const text = `Package: gcc
Source: gcc-defaults (1.203)
Version: 4:12.2.0-3
Provides: c-compiler, gcc-x86-64-linux-gnu (= 4:12.2.0-3)
Pre-Depends: dpkg (>= 1.15)
Depends: cpp (= 4:12.2.0-3), libc6-dev | libc-dev [linux-any],
 perl:any
Homepage: https://gcc.gnu.org/
Description: compiler
 Depends: not a field
`;
    expect(parseControl(text)).toEqual({
      name: 'gcc',
      version: '4:12.2.0-3',
      source: 'gcc-defaults',
      homepage: 'https://gcc.gnu.org/',
      depends: [['dpkg'], ['cpp'], ['libc6-dev', 'libc-dev'], ['perl']],
      provides: ['c-compiler', 'gcc-x86-64-linux-gnu'],
    });
  });
});

describe('versions', () => {
  it.each([
    ['1:1.2.13.dfsg-1', '1.2.13-r0'],
    ['12.2.0-14+deb12u1', '12.2.0-r0'],
    ['2.36-9+deb12u13', '2.36-r0'],
    ['20220109.1', '20220109.1-r0'],
    ['9.1b-1', '9.1b-r0'],
    ['1.8.1-1', '1.8.1-r0'],
    ['1.3.dfsg+really1.3.1-1', '1.3-r0'],
    ['r131-2', '0-r0'],
  ])('%s is %s', (debian, apk) => {
    expect(apkVersion(debian)).toBe(apk);
  });

  it('are always versions of apk', () => {
    fc.assert(fc.property(fc.string(), (text) => /^\d+(\.\d+)*[a-z]?-r0$/.test(apkVersion(text))));
  });
});

describe('names', () => {
  it.each([
    ['libc6', 'glibc'],
    ['zlib1g', 'stage0-zlib1g'],
    ['libzstd1', 'stage0-libzstd1'],
    ['libtool', 'libtool'],
    ['libtool-bin', 'stage0-libtool-bin'],
    ['gcc-12', 'gcc-12'],
  ])('%s is %s', (debian, apk) => {
    expect(apkName(debian)).toBe(apk);
  });
});

describe('the closure', () => {
  const found = (name: string, depends: readonly string[][] = [], provides: readonly string[] = []): DebianPackage => ({
    name,
    version: '1',
    source: name,
    homepage: '',
    depends,
    provides,
  });
  const names = (packages: readonly DebianPackage[], roots: readonly string[]) =>
    Object.fromEntries([...closure(packages, roots)].map(([{ name }, depends]) => [name, depends]));

  it('follows the first alternative that is there, virtual packages and circles', () => {
    const packages = [
      found('gcc', [['absent', 'libc-dev'], ['cpp']]),
      found('cpp', [['gcc'], ['cpp']]),
      found('libc6-dev', [], ['libc-dev']),
      found('unreached'),
    ];
    expect(names(packages, ['gcc'])).toEqual({ gcc: ['libc6-dev', 'cpp'], cpp: ['gcc'], 'libc6-dev': [] });
  });

  it('leaves out the plumbing of the package manager and what only it reaches', () => {
    expect(
      names(
        [found('libc6', [['debconf'], ['libgcc-s1']]), found('debconf', [['perl-base']]), found('perl-base'), found('libgcc-s1')],
        ['libc6'],
      ),
    ).toEqual({
      libc6: ['libgcc-s1'],
      'libgcc-s1': [],
    });
  });
});
