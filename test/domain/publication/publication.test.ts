import fc from 'fast-check';
import { answered, newPublication, nextGroup, requested } from '../../../src/domain/publication/publication';

const request = (id: string) => ({ id });

it('a repeated request is answered again and not done again', () => {
  let state = requested(newPublication(), 'publish', request('a')).state;
  state = answered(state, [{ id: 'a', generation: 3 }]);
  const repeated = requested(state, 'publish', request('a'));
  expect(repeated.again).toEqual({ id: 'a', generation: 3 });
  expect(nextGroup(repeated.state, false)).toBeUndefined();
});

it('a request that waits already is not taken twice', () => {
  const once = requested(newPublication(), 'publish', request('a')).state;
  expect(requested(once, 'publish', request('a')).state.publish).toHaveLength(1);
});

it('after a refused group the first goes alone', () => {
  let state = newPublication();
  for (const id of ['a', 'b']) state = requested(state, 'publish', request(id)).state;
  state = requested(state, 'withdraw', request('w')).state;
  expect(nextGroup(state, true)).toEqual({ publish: [request('a')], withdraw: [] });
});

it('every request gets exactly one first answer, whatever the order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('publish' as const, 'withdraw' as const), fc.nat(9), fc.boolean()), { maxLength: 60 }),
      (steps) => {
        let state = newPublication();
        const first: string[] = [];
        const commit = (alone: boolean) => {
          const group = nextGroup(state, alone);
          if (!group) return;
          const ids = [...group.publish, ...group.withdraw].map(({ id }) => id);
          first.push(...ids);
          state = answered(
            state,
            ids.map((id) => ({ id, generation: state.generation + 1 })),
          );
        };
        for (const [kind, n, alone] of steps) {
          state = requested(state, kind, request(`${kind}${n}`)).state;
          if (n % 3 === 0) commit(alone);
        }
        while (nextGroup(state, false)) commit(false);
        const asked = new Set(steps.map(([kind, n]) => `${kind}${n}`));
        expect(new Set(first)).toEqual(asked);
        expect(first).toHaveLength(asked.size);
      },
    ),
  );
});
