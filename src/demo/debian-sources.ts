import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runOrThrow } from '../activities/process';
import { makeSharedFolder } from '../config/shared-folder';
import { cacheFolder } from '../config/tools';
import { privateApt, sourceLine, thisDebian } from '../stage0/apt';

/** A real release of an upstream, as a file named as upstream names it. */
export interface DemoRelease {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  /** Hex, of the file: Debian repacks some tarballs, so the digest of a spec must be this one and not upstream's. */
  readonly sha256: string;
}

export interface DemoReleases {
  readonly releases: readonly DemoRelease[];
  /** Debian's own patch for CVE-2023-45853 in zlib 1.2.13, level 1. */
  readonly zlibPatch: string;
  /** Throws where the suites that were reached do not have it. */
  find(name: string, version: string): DemoRelease;
}

interface Wanted {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly upstream?: { readonly url: string; readonly sha256: string };
  readonly debian: { readonly suite: string; readonly source: string; readonly version: string };
  /** In Debian's unstable suite the version goes on: what the demo's story does not need may be missing. */
  readonly optional?: true;
}

/** Raise it with every change that makes other files: they are cached by it. */
const EDITION = 1;

const WANTED: readonly Wanted[] = [
  {
    name: 'zlib',
    version: '1.2.13',
    file: 'zlib-1.2.13.tar.gz',
    upstream: {
      url: 'https://github.com/madler/zlib/releases/download/v1.2.13/zlib-1.2.13.tar.gz',
      sha256: 'b3a24de97a8fdbc835b9833169501030b8977031bcb54b3b3ac13740f846ab30',
    },
    debian: { suite: 'bookworm', source: 'zlib', version: '1.2.13.dfsg' },
  },
  {
    name: 'zlib',
    version: '1.3.1',
    file: 'zlib-1.3.1.tar.gz',
    upstream: {
      url: 'https://github.com/madler/zlib/releases/download/v1.3.1/zlib-1.3.1.tar.gz',
      sha256: '9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23',
    },
    debian: { suite: 'trixie', source: 'zlib', version: '1.3.dfsg+really1.3.1' },
  },
  {
    name: 'zlib',
    version: '1.3.2',
    file: 'zlib-1.3.2.tar.gz',
    debian: { suite: 'sid', source: 'zlib', version: '1.3.dfsg+really1.3.2' },
    optional: true,
  },
  { name: 'lz4', version: '1.9.4', file: 'lz4-1.9.4.tar.gz', debian: { suite: 'bookworm', source: 'lz4', version: '1.9.4' } },
  { name: 'lz4', version: '1.10.0', file: 'lz4-1.10.0.tar.gz', debian: { suite: 'trixie', source: 'lz4', version: '1.10.0' } },
  {
    name: 'pigz',
    version: '2.8',
    file: 'pigz-2.8.tar.gz',
    upstream: {
      url: 'https://zlib.net/pigz/pigz-2.8.tar.gz',
      sha256: 'eb872b4f0e1f0ebe59c9f7bd8c506c4204893ba6a8492de31df416f0d5170fd0',
    },
    debian: { suite: 'trixie', source: 'pigz', version: '2.8' },
  },
  {
    name: 'libpng',
    version: '1.6.39',
    file: 'libpng-1.6.39.tar.gz',
    debian: { suite: 'bookworm', source: 'libpng1.6', version: '1.6.39' },
    optional: true,
  },
  {
    name: 'libpng',
    version: '1.6.58',
    file: 'libpng-1.6.58.tar.gz',
    debian: { suite: 'sid', source: 'libpng1.6', version: '1.6.58' },
    optional: true,
  },
  {
    name: 'libxml2',
    version: '2.9.14',
    file: 'libxml2-2.9.14.tar.gz',
    debian: { suite: 'bookworm', source: 'libxml2', version: '2.9.14+dfsg' },
    optional: true,
  },
  {
    name: 'libxml2',
    version: '2.15.4',
    file: 'libxml2-2.15.4.tar.gz',
    debian: { suite: 'sid', source: 'libxml2', version: '2.15.4+dfsg' },
    optional: true,
  },
];
