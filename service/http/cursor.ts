import { z } from 'zod';
import { invalidField } from './validation.ts';

/** Most that one page of a list holds. */
export const MOST_ON_PAGE = 200;

/** An opaque text that `readCursor` reads back; callers hand it on as it is. */
const writeCursor = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

const readCursor = <Key extends z.ZodType>(key: Key) =>
  z.string().transform((text, context): z.output<Key> => {
    const read = key.safeParse(parseOrUndefined(Buffer.from(text, 'base64url').toString()));
    if (read.success && !hasZero(read.data)) return read.data;
    context.addIssue({ code: 'custom', message: 'It must be the `next` of an earlier page of this list.' });
    return z.NEVER;
  });

/** PostgreSQL has no text with U+0000. */
const hasZero = (key: unknown): boolean =>
  typeof key === 'string'
    ? key.includes('\0')
    : typeof key === 'object' && key !== null && Object.values(key).some(hasZero);

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Query fields of every list. `key` holds the columns that its SQL is ordered by, for the next page. */
export const pageQuery = <Key extends z.ZodType>(key: Key) => ({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_ON_PAGE)
    .default(50)
    .describe('Maximum number of items per page'),
  cursor: readCursor(key).optional().describe('`next` of the page before; absent for the first page'),
});

/** As `pageQuery`, of a list that is short by nature: it has all items where no limit is given. The key is the one of `pageOfShort`. */
export const shortListQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_ON_PAGE)
    .default(MOST_ON_PAGE)
    .describe('Maximum number of items per page'),
  cursor: readCursor(z.string()).optional().describe('`next` of the page before; absent for the first page'),
};

const pageShape = <Item extends z.ZodType>(item: Item, what: string) => ({
  items: z.array(item).describe(what),
  next: z.string().optional().describe('Send this as `cursor` for the next page; absent on the last page'),
});

/** What a list of a door with a contract of its own answers. */
export const doorPageReply = <Item extends z.ZodType>(item: Item, what: string, id: string) =>
  z.strictObject(pageShape(item, what)).meta({ id, description: 'One page of a list.' });

/** What every other list answers; `more`: what one list says of the whole page. */
export const pageReply = <Item extends z.ZodType, More extends z.ZodRawShape = Record<never, never>>(
  item: Item,
  what: string,
  id: string,
  more: More = {} as More,
) =>
  z
    .strictObject({
      ...more,
      ...pageShape(item, what),
      damaged: z
        .int()
        .min(1)
        .optional()
        .describe(
          'Number of items that are missing on this page, because their rows in the database are damaged: `gatehouse doctor` names them. Absent otherwise',
        ),
    })
    .meta({ id, description: 'One page of a list.' });

/** `oneMore` has one item more than the page if another page follows. `keyOf` returns the key of the next page. */
export function toPage<Item>(
  oneMore: readonly Item[],
  limit: number,
  keyOf: (item: Item) => unknown,
): { items: Item[]; next?: string } {
  const items = oneMore.slice(0, limit);
  const last = items.at(-1);
  return pageOf(items, last !== undefined && oneMore.length > limit ? keyOf(last) : undefined);
}

/** One page of a short list that is complete in memory. Refuses a cursor of a removed item. */
export function pageOfShort<Item>(
  all: readonly Item[],
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  keyOf: (item: Item) => string,
): { items: Item[]; next?: string } {
  const before = cursor === undefined ? -1 : all.findIndex((item) => keyOf(item) === cursor);
  if (cursor !== undefined && before < 0)
    throw invalidField('cursor', 'Its item was removed: start again with the first page.');
  return toPage(all.slice(before + 1, before + 2 + limit), limit, keyOf);
}

/** A page from the engine. `next` is the key of the next page; undefined on the last. */
export const pageOf = <Item>(items: Item[], next: unknown): { items: Item[]; next?: string } => ({
  items,
  ...(next !== undefined && { next: writeCursor(next) }),
});
