import { z } from 'zod';
import { LongText } from './bodies/json-body.ts';
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

/** Bytes of it. */
const MOST_METADATA = 16 * 1024;

/** The same as a caller sends it. */
export const OwnMetadata = Metadata.refine(
  isSmall,
  `It is too large: at most ${MOST_METADATA} bytes of JSON.`,
).describe('Your own data, at most 16 kB of JSON; the answer, and the event of this call, give it back');

/** Looks no further than needed: the body around it may have 48 MB. */
function isSmall(metadata: object): boolean {
  let left = MOST_METADATA;
  try {
    const text = JSON.stringify(metadata, function (this: unknown, name, value: unknown) {
      if (!Array.isArray(this)) left -= name.length;
      if (typeof value === 'string') left -= value.length;
      if (left < 0 || value instanceof LongText) throw new RangeError();
      return value;
    });
    return Buffer.byteLength(text) <= MOST_METADATA;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
