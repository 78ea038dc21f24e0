import { repositoryDetails } from '../../../src/domain/publication/details';

test.each([
  [{ generation: 3, waiting: [], working: [] }, '### Generation 3: idle'],
  [{ generation: 3, waiting: ['zlib 1.3-r0'], working: [] }, 'about to write the next generation'],
  [{ generation: 3, waiting: ['zlib 1.3-r0'], working: ['zlib 1.3-r0'] }, 'Generation 3: writes the next generation'],
  [{ generation: 3, waiting: [], working: [], problem: 'the disk is full' }, '**The last try failed:** the disk is full'],
])('%j says where the repository stands', (story, expected) => expect(repositoryDetails(story)).toContain(expected));

test('what is being written is not said to wait', () => {
  const details = repositoryDetails({ generation: 3, waiting: ['zlib 1.3-r0', 'lz4 1.10.0-r0'], working: ['zlib 1.3-r0'] });
  expect(details).toContain('Being written:\n\n- zlib 1.3-r0\n\nWaiting for the generation after:\n\n- lz4 1.10.0-r0');
});
