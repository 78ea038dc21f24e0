import { accepted, answers, refusal } from '../../../src/domain/release/decision';
import type { Waiting } from '../../../src/domain/release/decision';

const at: Waiting = {
  waiting: true,
  stage: 'waits for a decision',
  blocking: ['abi', 'secrets'],
  branch: 'millrace/x-1-r0',
  waivable: (check) => check !== 'secrets',
};
const commit = 'a'.repeat(40);

describe('a decision that fits', () => {
  it.each([
    [{ kind: 'retry', by: 'ann' }],
    [{ kind: 'patch', by: 'ann', commit }],
    [{ kind: 'waive', by: 'ann', check: 'abi', reason: 'r' }],
    [{ kind: 'reject', by: 'ann', reason: 'r' }],
  ])('%j', (decision) => expect(refusal(decision, at)).toBeUndefined());
});

describe('a decision that does not fit is refused with the reason', () => {
  it.each([
    [undefined, at, /is an object/],
    ['retry', at, /is an object/],
    [{ by: 'ann' }, at, /"kind" is one of/],
    [{ kind: 'retry' }, at, /"by" names/],
    [{ kind: 'retry', by: '  ' }, at, /"by" names/],
    [{ kind: 'retry', by: 'ann', reason: 7 }, at, /"reason" is text/],
    [{ kind: 'reject', by: 'ann', reason: ' ' }, at, /reject needs a "reason"/],
    [{ kind: 'reject', by: 'ann', reason: '…' }, at, /reject needs a "reason"/],
    [{ kind: 'waive', by: 'ann', check: 'sbom', reason: 'r' }, at, /"sbom" does not block this release; blocking: abi, secrets/],
    [{ kind: 'waive', by: 'ann', check: 'secrets', reason: 'r' }, at, /cannot be waived/],
    [{ kind: 'patch', by: 'ann', commit: 'main' }, at, /40 hexadecimal digits/],
    [{ kind: 'patch', by: 'ann', commit }, { ...at, branch: undefined } as unknown as Waiting, /no branch to patch/],
    [{ kind: 'retry', by: 'ann' }, { ...at, waiting: false, stage: 'builds' }, /the release is at "builds"/],
  ])('%j', (decision, where, why) => expect(refusal(decision, where)).toMatch(why));
});

it('keeps nothing but its own members', () => {
  expect(accepted({ kind: 'retry', by: 'ann', extra: 1 } as never)).toEqual({ kind: 'retry', by: 'ann' });
});

it('names the exact commands, and no waiver that would be refused', () => {
  const commands = answers('release:x-1-r0', at);
  expect(commands).toContain('millrace decide x-1-r0 waive --check abi --reason "…"');
  expect(commands.join('\n')).not.toContain('secrets');
  expect(commands[1]).toContain('millrace/x-1-r0');
});
