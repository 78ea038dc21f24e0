import { shared } from '../../src/gateway/shared';

it('who asks while one is under way gets its answer, and a failure is not kept', async () => {
  let calls = 0;
  let finish: (value: number) => void = () => {};
  const work = shared(() => {
    calls += 1;
    return calls === 3 ? Promise.reject(new Error('once')) : new Promise<number>((resolve) => (finish = resolve));
  }, 0);
  const both = [work(), work()];
  finish(1);
  expect([await both[0], await both[1], calls]).toEqual([1, 1, 1]);
  const next = work();
  finish(2);
  expect(await next).toBe(2);
  await expect(work()).rejects.toThrow('once');
  const after = work();
  finish(4);
  expect(await after).toBe(4);
});

it('an answer serves those who come soon after', async () => {
  let calls = 0;
  const work = shared(async () => (calls += 1), 3_600_000);
  expect([await work(), await work(), calls]).toEqual([1, 1, 1]);
});
