import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatProblem, type Result, type Problem } from '../../../src/domain/result';
import { addPatch, bumpEpoch, bumpVersion, dropPatch, type SourceDigests } from '../../../src/domain/spec/edit';
import { patchesOf } from '../../../src/domain/spec/patches';
import { sourcesOf } from '../../../src/domain/spec/sources';
import { specFrom, specText } from './reading';

const fixture = (when: 'before' | 'after', name: string) => readFileSync(join(__dirname, 'fixtures', when, `${name}.yaml`), 'utf8');

function value(result: Result<string, readonly Problem[]>): string {
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'));
  return result.value;
}

function refusal(result: Result<string, readonly Problem[]>): string {
  if (result.ok) throw new Error(`not refused:\n${result.value}`);
  return result.error.map(formatProblem).join('\n');
}

const checkout = (commit: string, tag = 'v${{package.version}}') =>
  `  - uses: git-checkout\n    with:\n      repository: https://example.org/a.git\n      tag: ${tag}\n      expected-commit: ${commit}\n`;
const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

describe('a bump of the version', () => {
  test.each(['php-8.1-decimal', 'py3-tz', 'py3.13-widgetsnbextension', 'rancher-charts-2.13'])(
    '%s: what the bot of Wolfi wrote',
    (name) => {
      const after = specFrom(fixture('after', name));
      const known = sourcesOf(after);
      const digests = (): SourceDigests => (known.ok ? (known.value[0] as SourceDigests) : {});
      expect(value(bumpVersion(fixture('before', name), name, { version: after.version.value, digests }))).toBe(fixture('after', name));
    },
  );

  test('py3-flit-core: the patch that the new source contains goes with it', () => {
    const dropped = value(dropPatch(fixture('before', 'py3-flit-core'), 'a.yaml', 'fix-metadata-import-name-newline.patch'));
    const digests = () => ({ commit: '60c0b3d97bf095fbdb7671a02e51f8d8aba2fb85' });
    expect(value(bumpVersion(dropped, 'a.yaml', { version: '4.0.2', digests }))).toBe(fixture('after', 'py3-flit-core'));
  });

  test.each([
    ['plain', '1.0', '"1.1"'],
    ['double-quoted', '"1.0"', '"1.1"'],
    ['single-quoted', "'1.0'", "'1.1'"],
  ])('a %s version', (_name, before, after) => {
    const text = (version: string, epoch: number) => `package:\n  name: a\n  version: ${version} # keep\n  epoch: ${epoch}\t# CVE-1\n`;
    expect(value(bumpVersion(text(before, 7), 'a.yaml', { version: '1.1', digests: () => undefined }))).toBe(text(after, 0));
  });

  test('only sources that depend on the version change, each with its own value, line ends and quotes kept', () => {
    const text = (versionLine: string, epoch: number, commit: string, sha: string) =>
      `package:\n  name: a\n  version: ${versionLine}\n  epoch: ${epoch}\npipeline:\n${checkout(`"${commit}"`)}${checkout(A, 'fixed')}  - uses: fetch\n    with:\n      expected-sha256: '${sha}'\n      uri: https://example.org/\${{package.version}}.tgz\n`.replaceAll(
        '\n',
        '\r\n',
      );
    const asked: string[] = [];
    const edited = bumpVersion(text('"1.0"', 3, A, 'c'.repeat(64)), 'a.yaml', {
      version: '2.0',
      digests: (source) => {
        asked.push(source.kind === 'fetch' ? source.uri : (source.tag ?? ''));
        return source.kind === 'fetch' ? { sha256: 'd'.repeat(64) } : { commit: B };
      },
    });
    expect(value(edited)).toBe(text('"2.0"', 0, B, 'd'.repeat(64)));
    expect(asked).toEqual(['v2.0', 'https://example.org/2.0.tgz']);
  });

  test('a commit that stands in a variable is edited there', () => {
    const text = specText(`vars:\n  commit: ${A}\npipeline:\n${checkout('${{vars.commit}}')}`);
    expect(value(bumpVersion(text, 'a.yaml', { version: '2', digests: () => ({ commit: B }) }))).toBe(
      text.replace('1.2.3', '2').replace('epoch: 4', 'epoch: 0').replace(A, B),
    );
  });

  test.each([
    ['to the same version', '', '1.2.3', {}, 'example is at version 1.2.3 already: this bump would change nothing but the epoch'],
    ['to an invalid version', '', 'v2', {}, 'example.yaml:3:12: invalid version "v2"'],
    [
      'without a digest',
      `pipeline:\n${checkout(A)}`,
      '2',
      {},
      'example.yaml:10:24: no commit is known for the git-checkout of https://example.org/a.git at v2',
    ],
    [
      'with a digest of another kind',
      `pipeline:\n${checkout(A)}`,
      '2',
      { commit: 'main' },
      '"main" is no commit in lower-case hexadecimal',
    ],
    [
      'with a composed digest',
      `pipeline:\n${checkout('a${{vars.x}}')}vars:\n  x: b\n`,
      '2',
      { commit: B },
      'example.yaml:10:24: expected-commit is composed (a${{vars.x}})',
    ],
    ['of an unreadable spec', 'what: 1\n', '2', {}, 'example.yaml:5:1: unknown key `what`'],
  ])('%s is refused', (_name, more, version, digests, problem) => {
    expect(refusal(bumpVersion(specText(more), 'example.yaml', { version, digests: () => digests }))).toContain(problem);
  });

  test('two values for one variable are refused', () => {
    const text = specText(
      `vars:\n  commit: ${A}\npipeline:\n${checkout('${{vars.commit}}')}${checkout('${{vars.commit}}', '${{package.version}}')}`,
    );
    const digests = (source: { tag?: string }) => ({ commit: source.tag === 'v2' ? A : B });
    expect(refusal(bumpVersion(text, 'a.yaml', { version: '2', digests: digests as never }))).toContain(
      'two sources need different values here',
    );
  });

  test('says the same as before but for what was asked', () => {
    const version = fc.tuple(fc.nat(50), fc.nat(50), fc.constantFrom('', 'a', '_p1', '_git20240101')).map(([a, b, c]) => `${a}.${b}${c}`);
    const hex = fc.array(fc.constantFrom('0', '5', '9', 'a', 'f'), { minLength: 64, maxLength: 64 }).map((digits) => digits.join(''));
    const before = fixture('before', 'py3.13-widgetsnbextension');
    fc.assert(
      fc.property(version, hex, (to, sha256) => {
        const edited = value(bumpVersion(before, 'a.yaml', { version: to, digests: () => ({ sha256 }) }));
        const lines = edited.split('\n');
        const changed = before.split('\n').filter((line, index) => line !== lines[index]);
        expect(changed.map((line) => line.trim().split(':')[0])).toEqual(['version', 'epoch', 'expected-sha256']);
        expect(specFrom(edited)).toMatchObject({ version: { value: to }, epoch: { value: 0 } });
        expect(specFrom(edited).pipeline[0]!.with['expected-sha256']!.value).toBe(sha256);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a bump of the epoch', () => {
  const line = (rest: string) => `package:\n  name: a\n  version: "1"\n  epoch: ${rest}\n  description: x\n`;
  test.each([
    ['9 # CVE-2024-1', 'CVE-2024-1', '10 # CVE-2024-1'],
    ['3', 'GHSA-x', '4 # GHSA-x'],
    ['3 # old', 'toolchain rebuild for go', '4 # toolchain rebuild for go'],
  ])('%s with reason %s gives %s', (before, reason, after) => {
    expect(value(bumpEpoch(line(before), 'a.yaml', { reason }))).toBe(line(after));
  });

  test('a reason of two lines is refused', () => {
    expect(refusal(bumpEpoch(line('0'), 'a.yaml', { reason: 'a\nevil: 1' }))).toContain('an epoch bump needs a reason');
  });

  test('a reason is refused where the rest of the line says something', () => {
    for (const end of ['description: x}\n', 'description: x\n}\n']) {
      const text = `package: {name: a, version: "1", epoch: 0, ${end}`;
      expect(refusal(bumpEpoch(text, 'a.yaml', { reason: 'why' }))).toContain('the edited spec would not say what was asked for');
    }
  });
});

const patching = (patches: string) =>
  specText(`pipeline:\n${checkout(A)}\n  - uses: patch\n    with:\n      patches: ${patches}\n\n  - runs: make\n`);

describe('dropping a patch', () => {
  test.each([
    ['of several lines', '|\n        one.patch\n        two.patch', 'one.patch', '|\n        two.patch'],
    ['that is the last line', '|\n        one.patch\n        two.patch', 'two.patch', '|\n        one.patch'],
    ['whose name ends another', '|\n        a-one.patch\n        one.patch', 'one.patch', '|\n        a-one.patch'],
    ['on one line', 'one.patch two.patch', 'one.patch', 'two.patch'],
    ['at the end of one line', '"one.patch two.patch"', 'two.patch', '"one.patch"'],
    ['in the source folder', '|\n        ${{package.srcdir}}/one.patch\n        two.patch', 'one.patch', '|\n        two.patch'],
  ])('%s', (_name, before, drop, after) => {
    expect(value(dropPatch(patching(before), 'a.yaml', drop))).toBe(patching(after));
  });

  const pipeline = (...steps: readonly string[]) => specText(`pipeline:\n${steps.join('\n')}\nupdate:\n  enabled: true\n`);
  const patch = '  # Why it is carried\n  - uses: patch\n    with:\n      patches: |\n        one.patch\n';
  const make = '  - runs: make\n';
  test.each([
    ['between', [checkout(A), patch, make], [checkout(A), make]],
    ['first', [patch, make], [make]],
    ['last', [make, patch], [make]],
  ])('the step goes with its only one: %s', (_name, before, after) => {
    expect(value(dropPatch(pipeline(...before), 'a.yaml', 'one.patch'))).toBe(pipeline(...after));
  });

  test.each([
    ['that is not there', patching('one.patch'), 'no patch step names two.patch'],
    ['in a series', specText('pipeline:\n  - uses: patch\n    with:\n      series: series\n'), 'edit the series file series'],
    ['in the only step', pipeline(patch.replace('one', 'two')), 'the patch step is the only step of its pipeline'],
    ['that is applied twice', patching('two.patch x.patch two.patch'), 'one step applies two.patch twice'],
  ])('%s is refused', (_name, text, problem) => {
    expect(refusal(dropPatch(text, 'a.yaml', 'two.patch'))).toContain(problem);
  });
});

describe('adding a patch', () => {
  test.each([
    ['to a list', patching('|\n        one.patch'), patching('|\n        one.patch\n        new.patch')],
    ['to a line', patching('one.patch'), patching('one.patch new.patch')],
    ['to a quoted line', patching("'one.patch'"), patching("'one.patch new.patch'")],
    [
      'as a step after the source',
      specText(`pipeline:\n${checkout(A)}\n  - runs: make\n`),
      specText(`pipeline:\n${checkout(A)}\n  - uses: patch\n    with:\n      patches: |\n        new.patch\n\n  - runs: make\n`),
    ],
    [
      'as the first step where there is no source',
      specText('pipeline:\n  - runs: make\n'),
      specText('pipeline:\n  - uses: patch\n    with:\n      patches: |\n        new.patch\n\n  - runs: make\n'),
    ],
    [
      'to a file without an end of line',
      specText(`pipeline:\n${checkout(A).trimEnd()}`),
      specText(`pipeline:\n${checkout(A)}\n  - uses: patch\n    with:\n      patches: |\n        new.patch\n`),
    ],
  ])('%s', (_name, before, after) => {
    expect(value(addPatch(before, 'a.yaml', 'new.patch'))).toBe(after);
  });

  test('and dropping it again gives the same bytes', () => {
    for (const name of ['php-8.1-decimal', 'py3-tz', 'py3-flit-core', 'rancher-charts-2.13']) {
      const text = fixture('before', name);
      const added = value(addPatch(text, 'a.yaml', 'new.patch'));
      expect(patchesOf(specFrom(added)).map((patch) => patch.file)).toContain('new.patch');
      expect(value(dropPatch(added, 'a.yaml', 'new.patch'))).toBe(text);
    }
  });

  test('one that is there is refused, and so is one with a space', () => {
    expect(refusal(addPatch(patching('new.patch'), 'a.yaml', 'new.patch'))).toContain('new.patch is applied already');
    expect(refusal(addPatch(patching('one.patch'), 'a.yaml', 'new one.patch'))).toContain('would not say what was asked for');
  });
});
