import fc from 'fast-check';
import { formatProblem, type Problem, type Result } from '../../../src/domain/result';
import { bumpSpec, type BumpRequest } from '../../../src/domain/spec/bump';
import { bumpDependency } from '../../../src/domain/spec/edit';
import { parseTree } from '../../../src/domain/spec/tree';
import { specText } from './reading';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const SHA = 'c'.repeat(64);

const NOTHING = { commits: [], sha256: [], sha512: [] };

function outcome(result: Result<string, readonly Problem[]>): string {
  return result.ok ? result.value : result.error.map(formatProblem).join('\n');
}

const bump = (text: string, request: Partial<BumpRequest> & { readonly to: string }) =>
  outcome(bumpSpec(text, 'a.yaml', { ...NOTHING, ...request }));

const checkout = (commit: string, repository = 'a', tag = 'v${{package.version}}') =>
  `  - uses: git-checkout\n    with:\n      expected-commit: ${commit}\n      repository: https://example.org/${repository}\n      tag: ${tag}\n`;

describe('digests are taken in the order of the file', () => {
  const text = (one: string, two: string) =>
    `subpackages:\n  - name: sub\n    pipeline:\n${checkout(one, 'sub').replace(/^/gm, '    ').trimEnd()}\n${specText(`pipeline:\n${checkout(two)}`)}`;

  test('where the subpackages stand first too', () => {
    expect(bump(text(A, A), { to: '2', commits: ['1'.repeat(40), '2'.repeat(40)] })).toBe(
      text('1'.repeat(40), '2'.repeat(40)).replace('1.2.3', '2').replace('epoch: 4', 'epoch: 0'),
    );
  });

  test('checkouts of one repository at one tag take one', () => {
    const twice = (commit: string) => specText(`pipeline:\n${checkout(commit)}${checkout(commit)}`);
    expect(bump(twice(A), { to: '2', commits: [B] })).toBe(twice(B).replace('1.2.3', '2').replace('epoch: 4', 'epoch: 0'));
  });

  test.each([
    ['too few', { commits: [] }, 'a.yaml:8:24: no commit is known for the git-checkout of https://example.org/a at v2'],
    ['too many', { commits: [B, B] }, '2 values are given for commit, and 1 can be taken'],
    ['of another kind', { commits: [B], sha256: [SHA] }, '1 values are given for sha256, and 0 can be taken'],
  ])('%s are refused', (_name, given, problem) => {
    expect(bump(specText(`pipeline:\n${checkout(A)}`), { to: '2', ...given })).toContain(problem);
  });
});

describe('the epoch', () => {
  test.each([
    [{ to: '1.2.3', epoch: 5, reason: 'CVE-1' }, 'epoch: 5 # CVE-1'],
    [{ to: '1.2.3', reason: 'CVE-1' }, 'epoch: 5 # CVE-1'],
    [{ to: '1.2.3', epoch: 9, reason: 'go 1.26' }, 'epoch: 9 # go 1.26'],
    [{ to: '2', epoch: 1, reason: 'transition' }, 'epoch: 1 # transition'],
    [{ to: '2', reason: 'because' }, 'epoch: 0 # because'],
    [{ to: '2' }, 'epoch: 0'],
  ])('%j gives %s', (request, line) => {
    expect(bump(specText(), request)).toBe(specText().replace('"1.2.3"', `"${request.to}"`).replace('epoch: 4', line));
  });

  test.each([
    [{ to: '1.2.3' }, 'would change nothing but the epoch'],
    [{ to: '1.2.3', epoch: 5 }, 'an epoch bump needs a reason'],
    [{ to: '1.2.3', epoch: 5, reason: ' ' }, 'an epoch bump needs a reason'],
    [{ to: '1.2.3', epoch: 4, reason: 'x' }, 'epoch 4 is not higher than 4 (5 is the next)'],
    [{ to: '2', epoch: 1 }, 'needs a reason'],
    [{ to: '2', reason: 'a\nb: 1' }, 'needs a reason: one line'],
  ])('%j is refused', (request, problem) => expect(bump(specText(), request)).toContain(problem));
});

describe('a dependency of the upstream', () => {
  const step = (deps: string, uses = 'go/bump') =>
    specText(`pipeline:\n  - uses: ${uses}\n    with:\n      deps: ${deps}\n      modroot: x\n`);
  test.each([
    [
      'in a block',
      '|-\n        a.b/c@v1.0.0\n        d.e/f/v2@v2.0.0',
      'a.b/c',
      'v1.0.1',
      '|-\n        a.b/c@v1.0.1\n        d.e/f/v2@v2.0.0',
    ],
    ['on a line', 'a.b/c@v1.0.0 d.e/f@v2.0.0', 'd.e/f', 'v2.1.0', 'a.b/c@v1.0.0 d.e/f@v2.1.0'],
    ['quoted', '"a.b/c@v1.0.0"', 'a.b/c', 'v2.0.0', '"a.b/c@v2.0.0"'],
    ['not one whose name goes on', 'a.b/c@v1.0.0 a.b/c/v2@v2.0.0', 'a.b/c/v2', 'v2.0.1', 'a.b/c@v1.0.0 a.b/c/v2@v2.0.1'],
    ['of Maven, with a scope', 'io.n@n-http@4.1.94.Final@test', 'io.n@n-http', '4.2.0.Final', 'io.n@n-http@4.2.0.Final@test'],
    ['that is new, in a block', '|\n        a.b/c@v1.0.0', 'd.e/f', 'v2.0.0', '|\n        a.b/c@v1.0.0\n        d.e/f@v2.0.0'],
    ['that is new, on a line', "'a.b/c@v1.0.0'", 'd.e/f', 'v2.0.0', "'a.b/c@v1.0.0 d.e/f@v2.0.0'"],
  ])('%s', (_name, before, name, version, after) => {
    expect(outcome(bumpDependency(step(before), 'a.yaml', name, version))).toBe(step(after));
  });

  test.each([
    ['there already', step('a.b/c@v1.0.0'), 'a.b/c', 'v1.0.0', 'a.yaml:8:13: a.b/c is bumped to v1.0.0 already'],
    ['in a file', step('deps.yaml', 'bump'), 'a.b/c', 'v1.0.0', 'edit the file deps.yaml'],
    ['without a step', specText(), 'a.b/c', 'v1.0.0', 'no step of this spec lists dependencies'],
    ['of another kind of step', step('a.b/c@v1.0.0', 'go/build'), 'a.b/c', 'v1.0.1', 'no step of this spec lists dependencies'],
    ['without a version', step('a.b/c@v1.0.0'), 'a.b/c', 'latest', 'is no dependency with a version'],
    ['with a space', step('a.b/c@v1.0.0'), 'a.b/c x', 'v1', 'is no dependency with a version'],
  ])('%s is refused', (_name, text, name, version, problem) => {
    expect(outcome(bumpDependency(text, 'a.yaml', name, version))).toContain(problem);
  });
});

test('an edit changes the named values, and nothing else that the spec says', () => {
  const hex = (length: number) =>
    fc.array(fc.constantFrom('0', '7', 'a', 'e'), { minLength: length, maxLength: length }).map((digits) => digits.join(''));
  const version = fc
    .tuple(fc.nat(99), fc.nat(99), fc.constantFrom('', 'a', '_rc1', '_git20260101'))
    .map(([a, b, rest]) => `${a}.${b}${rest}`);
  const quote = fc.constantFrom('', '"', "'");
  const spaces = fc.constantFrom('', ' ', '  # said why', '\t# tab');
  const more = fc.constantFrom(
    '',
    'vars:\n  version: 1.2.3\n  epoch: 4\n',
    'update:\n  enabled: true\n  github: {identifier: a/b}\n',
    'test:\n  pipeline:\n    - runs: |\n        epoch: 4\n        version: 1.2.3\n',
  );
  fc.assert(
    fc.property(
      version,
      version,
      quote,
      spaces,
      fc.nat(500),
      hex(40),
      hex(40),
      more,
      fc.boolean(),
      (from, to, q, end, epoch, old, commit, rest, crlf) => {
        fc.pre(from !== to);
        const written = `package:\n  name: a\n  version: ${q === '' ? `"${from}"` : `${q}${from}${q}`}${end}\n  epoch: ${epoch}${end}\n${rest}pipeline:\n${checkout(`${q}${old}${q}`)}${checkout(old, 'b', 'fixed')}`;
        const text = crlf ? written.replaceAll('\n', '\r\n') : written;
        const edited = bumpSpec(text, 'a.yaml', { ...NOTHING, to, commits: [commit] });
        if (!edited.ok) throw new Error(outcome(edited));
        const plain = (source: string) => {
          const tree = parseTree(source, 'a.yaml');
          if (!tree.ok) throw new Error(source);
          return tree.value.root.toJSON() as { package: object; pipeline: { with: object }[] };
        };
        const before = plain(text);
        const [first, ...others] = before.pipeline;
        expect(plain(edited.value)).toEqual({
          ...before,
          package: { ...before.package, version: to, epoch: '0' },
          pipeline: [{ ...first, with: { ...first!.with, 'expected-commit': commit } }, ...others],
        });
        const lines = edited.value.split('\n');
        const changed = text.split('\n').filter((line, index) => line !== lines[index]);
        expect(lines).toHaveLength(text.split('\n').length);
        expect(changed.length).toBeLessThanOrEqual(3);
      },
    ),
    { numRuns: 300 },
  );
});
