import { z } from 'zod';
import { pageQuery, toPage } from './cursor.ts';

/** Query of a list that API keys read: the newest first, by id. */
export const KeyListQuery = z.object(pageQuery(z.string().max(64)));
export type KeyListQuery = z.output<typeof KeyListQuery>;

/** One page of it; `read` gives one item more than the page where another page follows. */
export async function keyListPage<Item extends { id: string }, Wire>(
  { limit, cursor }: KeyListQuery,
  read: (part: { before?: string; limit: number }) => Promise<readonly Item[]>,
  toWire: (item: Item) => Wire,
): Promise<{ items: Wire[]; next?: string }> {
  const begin = cursor === undefined ? {} : { before: cursor };
  const { items, ...more } = toPage(await read({ ...begin, limit: limit + 1 }), limit, ({ id }) => id);
  return { items: items.map(toWire), ...more };
}

/** Data of the caller's own, which answers give back. */
export const Metadata = z
  .record(z.string(), z.unknown())
  .describe('Your own data, at most 16 kB of JSON; answers and lists give it back');
