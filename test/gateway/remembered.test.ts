import { remembered } from '../../src/gateway/remembered';

it('asks once for each key, forgets what was not asked for longest, and keeps no failure', async () => {
  const asked: string[] = [];
  const ask = remembered(
    async (name: string) => {
      asked.push(name);
      if (name === 'bad') throw new Error('no');
      return name.toUpperCase();
    },
    (name) => name,
    2,
  );
  expect(await Promise.all([ask('a'), ask('a'), ask('b'), ask('a')])).toEqual(['A', 'A', 'B', 'A']);
  await ask('c');
  await ask('a');
  expect(asked).toEqual(['a', 'b', 'c']);
  await ask('b');
  expect(asked).toEqual(['a', 'b', 'c', 'b']);
  await expect(ask('bad')).rejects.toThrow('no');
  await expect(ask('bad')).rejects.toThrow('no');
  expect(asked.filter((name) => name === 'bad')).toHaveLength(2);
});
