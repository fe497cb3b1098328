import { expect, test } from 'vitest';
import { scorerR } from '../support/engine.ts';
import { direction, near } from '../support/faces.ts';
import type { Group } from './groups.ts';
import { measureOwnGalleries } from './own-gallery.ts';

test('organizations of people who are more alike than the table says are raised, others are not', () => {
  const face = direction('what they have in common');
  const group = (name: string, of: (person: string) => Float32Array): Group => ({
    name,
    embeddings: Array.from({ length: 50 }, (_, i) => ({
      'a-net': of(`${name} ${i}`),
      // Says that they are not one person.
      'b-net': direction(`b ${name} ${i}`),
    })),
  });
  const rows = measureOwnGalleries(
    scorerR,
    [group('alike', (person) => near(face, 0.8, person)), group('apart', direction)],
    ['b-net'],
  );
  // A group has to have people left who are strangers: 30 are drawn at most.
  expect(rows.map(({ composition, people }) => `${people}: ${composition}`)).toEqual([
    '30: 100 % alike',
    '30: 100 % apart',
    '30: 50 % alike, 50 % apart',
    '60: 50 % alike, 50 % apart',
    '30: 5 % alike, 95 % apart',
  ]);
  const [alike, apart, halves] = rows;
  expect(alike).toMatchObject({ holdsFor: 'average', raised: 1, worstTable: alike!.table });
  expect(alike!.table).toBeGreaterThan(2);
  expect(alike!.shifted).toBeLessThan(alike!.table / 2);
  expect(apart).toMatchObject({ table: 0, shifted: 0, raised: 0 });
  expect(halves!.worstTable).toBeGreaterThan(halves!.table);
});
