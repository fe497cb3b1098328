import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIds } from '../../lib/id.ts';
import { cutPage, idOf, type Page, toPage } from './page.ts';

interface Thing {
  id: string;
}
const things = (count: number): Thing[] =>
  Array.from({ length: count }, (_, at) => ({ id: `wh_${String(at).padStart(26, '0')}` }));
const newestFirst = (all: Thing[]) => all.toSorted((a, b) => (a.id < b.id ? 1 : -1));

/** Follows `next` until there is none. */
function walk(pageOf: (before: string | undefined) => Page<Thing>): Thing[][] {
  const pages: Thing[][] = [];
  let before: string | undefined;
  do {
    const { items, next } = pageOf(before);
    pages.push(items);
    before = next ?? undefined;
  } while (before !== undefined);
  return pages;
}

const sizes = [fc.nat({ max: 40 }), fc.integer({ min: 1, max: 12 })] as const;

describe('pages', () => {
  test('of a whole list: one after the other they hold everything once, the newest first, each but the last full', () => {
    fc.assert(
      fc.property(...sizes, fc.infiniteStream(fc.nat()), (count, limit, chance) => {
        const all = things(count);
        const mixed = all.toSorted(() => (chance.next().value! % 2 === 0 ? 1 : -1));
        const pages = walk((before) => cutPage(mixed, { limit, before }));
        expect(pages.flat()).toEqual(newestFirst(all));
        expect(pages).toHaveLength(Math.max(1, Math.ceil(count / limit)));
      }),
    );
  });

  test('of what the engine reads page by page, one more than a page holds: the same', () => {
    fc.assert(
      fc.property(...sizes, (count, limit) => {
        const all = newestFirst(things(count));
        const pages = walk((before) => {
          const older = all.filter(({ id }) => before === undefined || id < before);
          return toPage(older.slice(0, limit + 1), limit);
        });
        expect(pages.flat()).toEqual(all);
        expect(pages).toHaveLength(Math.max(1, Math.ceil(count / limit)));
      }),
    );
  });

  test('one made or removed meanwhile neither repeats nor hides another', () => {
    const all = things(6);
    const first = cutPage(all.slice(0, 5), { limit: 2 });
    expect(first.next).toBe(all[3]!.id);
    const withNewer = cutPage(all, { limit: 9, before: first.next! });
    const withoutCursor = cutPage(all.toSpliced(3, 1), { limit: 9, before: first.next! });
    expect([withNewer.items, withoutCursor.items]).toEqual([
      newestFirst(all.slice(0, 3)),
      newestFirst(all.slice(0, 3)),
    ]);
  });
});

describe('ids', () => {
  test('as the box makes them are taken', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 47 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (now, random) => {
          const ids = createIds({ now: () => now }, (into) => into.set(random));
          expect(idOf('webhook').parse(ids.next('endpoint'))).toMatch(/^wh_/);
          expect(idOf('delivery').parse(ids.next('delivery'))).toMatch(/^dlv_/);
          expect(idOf('event').parse(ids.next('event'))).toMatch(/^evt_/);
          expect(idOf('alert').parse(ids.next('alert'))).toMatch(/^alr_/);
          expect(idOf('rule').parse(ids.next('alertRule'))).toMatch(/^rule_/);
          expect(idOf('grant').parse(ids.next('grant'))).toMatch(/^grt_/);
          expect(idOf('key').parse(ids.next('key'))).toMatch(/^key_/);
          expect(idOf('subject').parse(ids.next('subject'))).toMatch(/^sub_/);
        },
      ),
    );
  });

  test('nothing else is', () => {
    const id = 'wh_01m7w3hb8hbf355he5zqwjztdk';
    const others = [
      `${id}0`,
      `${id}\n`,
      ` ${id}`,
      id.toUpperCase(),
      id.slice(0, -1),
      'wh_',
      '',
      id.replace('wh', 'dlv'),
    ];
    expect(others.filter((text) => idOf('webhook').safeParse(text).success)).toEqual([]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(idOf('webhook').safeParse(text).success).toBe(/^wh_[0-9a-z]{26}$/.test(text));
      }),
    );
  });
});
