import { expect, test } from 'vitest';
import { z } from 'zod';
import { pageOfShort, pageQuery, shortListQuery, toPage } from './cursor.ts';

const Query = z.strictObject(pageQuery(z.string().regex(/^wh_\d+$/)));

test('the next page goes on after the last item of the page before', () => {
  const page = toPage([{ id: 'wh_3' }, { id: 'wh_2' }, { id: 'wh_1' }], 2, ({ id }) => id);
  expect(page.items).toEqual([{ id: 'wh_3' }, { id: 'wh_2' }]);
  expect(Query.parse({ limit: '2', cursor: page.next })).toEqual({ limit: 2, cursor: 'wh_2' });
});

test('the last page names no next one', () => {
  expect(toPage([{ id: 'wh_2' }, { id: 'wh_1' }], 2, ({ id }) => id)).toEqual({
    items: [{ id: 'wh_2' }, { id: 'wh_1' }],
  });
  expect(toPage([], 2, () => '')).toEqual({ items: [] });
});

test.each([
  ['an id as it is', 'wh_2'],
  ['no JSON', Buffer.from('{').toString('base64url')],
  ['a key of another list', Buffer.from('"key_2"').toString('base64url')],
  ['an empty text', ''],
])('a cursor that no page gave is refused: %s', (_, cursor) => {
  expect(Query.safeParse({ cursor }).error?.issues).toEqual([
    { code: 'custom', path: ['cursor'], message: 'It must be the `next` of an earlier page of this list.' },
  ]);
});

test('a cursor with U+0000 is refused, which PostgreSQL has in no text', () => {
  const write = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
  const Free = z.strictObject(pageQuery(z.tuple([z.number(), z.string()])));
  expect(Free.safeParse({ cursor: write([1, 'a']) }).success).toBe(true);
  expect(Free.safeParse({ cursor: write([1, 'a\0']) }).success).toBe(false);
});

test.each([0, 201, 1.5, 'many'])('a limit of %s is refused', (limit) => {
  expect(Query.safeParse({ limit }).success).toBe(false);
});

test('a list that is short by nature is cut too, and whole where no limit is given', () => {
  const Short = z.strictObject(shortListQuery);
  const all = ['/a', '/b', '/c'];
  const page = (query: object) => pageOfShort(all, Short.parse(query), (one) => one);
  expect(page({})).toEqual({ items: all });
  const first = page({ limit: '2' });
  expect(first).toEqual({ items: ['/a', '/b'], next: expect.any(String) });
  expect(page({ limit: '2', cursor: first.next })).toEqual({ items: ['/c'] });
  all.splice(1, 1);
  expect(() => page({ cursor: first.next })).toThrow('start again with the first page');
});
