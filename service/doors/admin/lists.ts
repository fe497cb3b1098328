import { z } from 'zod';
import { pageOf, pageOfShort, pageQuery, pageReply, shortListQuery, toPage } from '../../http/cursor.ts';
import type { Nothing } from './operation-schema.ts';
import type { Within } from './realm.ts';
import { type AdminCall, type AdminRoute, type Definition, route } from './route.ts';

/** What of a declared route follows from its list. */
type Follows = 'query' | 'body' | 'reply' | 'handle';

interface Listed<Item extends z.ZodType> {
  /** Below `/api/admin`: `/sites`. */
  url: `/${string}`;
  item: Item;
  /** What the list holds, and its order: `Sites, the newest first`. */
  items: string;
  /** Id of the page in the OpenAPI document. */
  page: string;
}

/** The filter, where the page begins, and how many rows are read: one more than it has. */
type Part<Filter extends z.ZodRawShape, Key extends z.ZodType> = z.output<z.ZodObject<Filter>> & {
  limit: number;
  before?: z.output<Key>;
};

type Query<Filter extends z.ZodRawShape, Key extends z.ZodType> = z.ZodObject<
  Filter & ReturnType<typeof pageQuery<Key>>
>;

/** Declares a list that is read page by page. */
export function listRoute<
  W extends Within,
  Item extends z.ZodType,
  Key extends z.ZodType,
  Row extends z.output<Item>,
  Filter extends z.ZodRawShape = Record<never, never>,
  Params extends z.ZodType = Nothing,
>({
  item,
  items,
  page,
  filter,
  key,
  keyOf = (row) => (row as { id?: unknown }).id,
  rows,
  url,
  ...declared
}: Omit<Definition<W, Params, Query<Filter, Key>, Nothing, z.ZodType>, Follows> &
  Listed<Item> & {
    filter?: Filter;
    /** What the SQL of the list is ordered by. */
    key: Key;
    keyOf?(row: Row): unknown;
    /** As many rows as `part` says; or a page of the limit of the query, and the key of the next. */
    rows(
      call: AdminCall<W, Params, Query<Filter, Key>, Nothing>,
      part: Part<Filter, Key>,
    ): Promise<readonly Row[] | { items: readonly Row[]; next?: unknown }>;
  }): AdminRoute {
  const query = z.strictObject({ ...filter, ...pageQuery(key) }) as unknown as Query<Filter, Key>;
  return route(`GET ${url}`, {
    ...declared,
    query,
    reply: pageReply(item, items, page),
    async handle(call) {
      const { limit, cursor, ...filtered } = call.query as { limit: number; cursor?: z.output<Key> };
      const begin = cursor === undefined ? {} : { before: cursor };
      const found = await rows(call, { ...filtered, ...begin, limit: limit + 1 } as Part<Filter, Key>);
      return 'items' in found ? pageOf([...found.items], found.next) : toPage(found, limit, keyOf);
    },
  } as Definition<W, Params, Query<Filter, Key>, Nothing, z.ZodType>);
}

/** Declares a list that is short by nature, and whole in memory. */
export function shortListRoute<
  W extends Within,
  Item extends z.ZodType,
  Row extends z.output<Item>,
  Params extends z.ZodType = Nothing,
>({
  item,
  items,
  page,
  keyOf = (row) => (row as { id: string }).id,
  rows,
  url,
  ...declared
}: Omit<Definition<W, Params, z.ZodObject<typeof shortListQuery>, Nothing, z.ZodType>, Follows> &
  Listed<Item> & {
    keyOf?(row: Row): string;
    rows(
      call: AdminCall<W, Params, z.ZodObject<typeof shortListQuery>, Nothing>,
    ): Promise<readonly Row[]> | readonly Row[];
  }): AdminRoute {
  return route(`GET ${url}`, {
    ...declared,
    query: z.strictObject(shortListQuery),
    reply: pageReply(item, items, page),
    handle: async (call) => pageOfShort(await rows(call), call.query, keyOf),
  } as Definition<W, Params, z.ZodObject<typeof shortListQuery>, Nothing, z.ZodType>);
}
