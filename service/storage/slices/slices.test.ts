import { expect, test } from 'vitest';
import { slices } from './slices.ts';

/** The last id of the slice of `size` that begins after this one, where more follow. */
const among = (ids: readonly string[], size: number) => async (after: string) =>
  ids.filter((id) => id > after)[size];

test.each([0, 1, 2, 3, 4, 5, 6, 7, 10])('every one of %i ids is in one slice', async (count) => {
  const ids = Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));
  const found: string[] = [];
  for await (const { after, through } of slices(among(ids, 2)))
    found.push(...ids.filter((id) => id > after && (through === undefined || id <= through)));
  expect(found).toEqual(ids);
});

test('other work has a turn between two slices', async () => {
  let turns = 0;
  const count = () => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const before: number[] = [];
  for await (const _ of slices(among(['a', 'b', 'c', 'd', 'e', 'f'], 1))) before.push(turns);
  clearImmediate(next);
  expect(new Set(before).size).toBe(before.length);
});
