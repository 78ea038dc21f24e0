import { readFileSync, realpathSync } from 'node:fs';
import { soname } from '../../src/stage0/elf';

const libraries = process.arch === 'arm64' ? '/lib/aarch64-linux-gnu' : '/lib/x86_64-linux-gnu';

it('reads the name of real shared libraries', () => {
  expect(soname(readFileSync(`${libraries}/libc.so.6`))).toBe('libc.so.6');
  expect(soname(readFileSync(realpathSync(`${libraries}/libm.so.6`)))).toBe('libm.so.6');
});

it.each([
  ['a program', readFileSync('/bin/true')],
  ['a script', Buffer.from('#!/bin/sh\n')],
  ['an empty file', Buffer.alloc(0)],
  ['the start of a library', readFileSync(`${libraries}/libc.so.6`).subarray(0, 60)],
])('finds none in %s', (_case, file) => {
  expect(soname(file)).toBeUndefined();
});
