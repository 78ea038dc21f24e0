import { repositoryOf } from '../../src/gateway/spec-index';

it.each([
  ['https://github.com/Madler/zlib.git', 'madler/zlib'],
  ['https://github.com/madler/zlib/releases/download/v1.3.1/zlib-1.3.1.tar.gz', 'madler/zlib'],
  ['https://user:token@github.com/a/b', 'a/b'],
  ['git@github.com:a/b.git', 'a/b'],
  ['ssh://git@github.com/a/b.c', 'a/b.c'],
  ['https://github.com/a', undefined],
  ['https://example.org/github.com/a/b', undefined],
  ['https://github.com.example.org/a/b', undefined],
])('repositoryOf(%s)', (url, expected) => expect(repositoryOf(url)).toBe(expected));
