import { expect, test } from 'vitest';
import { allPages } from './all-pages.ts';

/** A list of `length` numbers whose cursor is the next one. */
const listOf = (length: number) => {
  const asked: { limit: number; cursor?: string }[] = [];
  return {
    asked,
    async ask(page: { limit: number; cursor?: string }) {
      asked.push(page);
      const first = Number(page.cursor ?? 0);
      const end = Math.min(length, first + page.limit);
      const items = Array.from({ length: end - first }, (_, i) => first + i);
      return { items, ...(end < length && { next: String(end) }) };
    },
  };
};

test('asks until a page names no next one', async () => {
  const { ask, asked } = listOf(450);
  expect(await allPages(ask)).toEqual(Array.from({ length: 450 }, (_, i) => i));
  expect(asked).toEqual([{ limit: 200 }, { limit: 200, cursor: '200' }, { limit: 200, cursor: '400' }]);
});

test('asks for no more than is wanted', async () => {
  const { ask, asked } = listOf(450);
  expect(await allPages(ask, 210)).toHaveLength(210);
  expect(asked).toEqual([{ limit: 200 }, { limit: 10, cursor: '200' }]);
});
