import { z } from 'zod';

/** Most that one page of a list holds. */
const MOST = 200;

/** An opaque text that `readCursor` reads back; callers hand it on as it is. */
const writeCursor = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

const readCursor = <Key extends z.ZodType>(key: Key) =>
  z.string().transform((text, context): z.output<Key> => {
    const read = key.safeParse(parseOrUndefined(Buffer.from(text, 'base64url').toString()));
    if (read.success) return read.data;
    context.addIssue({ code: 'custom', message: 'It must be the `next` of an earlier page of this list.' });
    return z.NEVER;
  });

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Fields of the query of every list. `key` is what the list goes on after: the columns that its SQL is ordered by. */
export const pageQuery = <Key extends z.ZodType>(key: Key) => ({
  limit: z.coerce.number().int().min(1).max(MOST).default(50).describe('Most items of the page'),
  cursor: readCursor(key).optional().describe('`next` of the page before; absent for the first page'),
});

/** What every list answers. */
export const pageReply = <Item extends z.ZodType>(item: Item, what: string, id: string) =>
  z
    .strictObject({
      items: z.array(item).describe(what),
      next: z
        .string()
        .optional()
        .describe('Ask again with this as `cursor` for what follows; absent on the last page'),
    })
    .meta({ id, description: 'One page of a list.' });

/** `oneMore` holds one item more than the page where another page follows. `keyOf` gives what the next page goes on after. */
export function toPage<Item>(
  oneMore: readonly Item[],
  limit: number,
  keyOf: (item: Item) => unknown,
): { items: Item[]; next?: string } {
  const items = oneMore.slice(0, limit);
  const last = items.at(-1);
  return pageOf(items, last !== undefined && oneMore.length > limit ? keyOf(last) : undefined);
}

/** A page that the engine has cut. `next` is what the next page goes on after; undefined on the last. */
export const pageOf = <Item>(items: Item[], next: unknown): { items: Item[]; next?: string } => ({
  items,
  ...(next !== undefined && { next: writeCursor(next) }),
});
