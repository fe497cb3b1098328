import { z } from 'zod';

/** Most that one page holds. */
const MOST = 200;

const prefixes = {
  webhook: 'wh',
  delivery: 'dlv',
  event: 'evt',
  alert: 'alr',
  rule: 'rule',
  grant: 'grt',
  key: 'key',
  subject: 'sub',
} as const;
type Thing = keyof typeof prefixes;

const sampleOf = (thing: Thing) => `${prefixes[thing]}_01m7w3hb8hbf355he5zqwjztdk`;
const article = (thing: Thing) => (/^[aeiou]/.test(thing) ? `an ${thing}` : `a ${thing}`);

/** Whether there is such a thing, and whose, is for the engine to say. */
export const idOf = (thing: Thing) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefixes[thing]}_[0-9a-z]{26}$`),
      `It must be the id of ${article(thing)}, such as ${sampleOf(thing)}.`,
    );

export const paramsOf = (thing: Thing) => z.strictObject({ id: idOf(thing).describe(`Id of the ${thing}`) });

/** What every list takes; the newest come first. */
export const pageOf = (thing: Thing) => ({
  limit: z.coerce.number().int().min(1).max(MOST).default(50).describe('Most that the page holds'),
  before: idOf(thing).optional().describe('`next` of the page before: what is older than this'),
});

export interface PageQuery {
  limit: number;
  before?: string | undefined;
}

export interface Page<Item> {
  items: Item[];
  /** Where the next page begins; null when this is the last. */
  next: string | null;
}

/** Of one more than the page holds, newest first: whether another page follows is known without counting. */
export function toPage<Item extends { id: string }>(oneMore: readonly Item[], limit: number): Page<Item> {
  const items = oneMore.slice(0, limit);
  return { items, next: oneMore.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** A page of a list that the engine gives whole. Ids sort by time. */
export function cutPage<Item extends { id: string }>(
  all: readonly Item[],
  { limit, before }: PageQuery,
): Page<Item> {
  const newestFirst = all.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  return toPage(
    newestFirst.filter(({ id }) => before === undefined || id < before),
    limit,
  );
}

export const pageReply = <Item extends z.ZodType>(item: Item, of: string, id: string) =>
  z
    .strictObject({
      items: z.array(item).describe(`${of}, the newest first`),
      next: z
        .string()
        .nullable()
        .describe('Ask again with this as `before` for what is older; null on the last page'),
    })
    .meta({ id, description: 'One page.' });
