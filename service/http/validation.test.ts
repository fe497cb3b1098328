import { expect, test } from 'vitest';
import { z } from 'zod';
import { dropNulls } from './validation.ts';

const schema = z
  .object({
    needed: z.string(),
    name: z.string().optional(),
    count: z.number().default(3),
    pin: z.string().nullable().optional(),
    place: z.object({ country: z.string().optional(), latitude: z.number() }).optional(),
    list: z.array(z.object({ note: z.string().optional() })).optional(),
    times: z.array(z.number()).optional(),
  })
  .refine(() => true);
const parse = (value: unknown) => schema.safeParse(dropNulls(schema)!(value));

test('null is absent in an optional field, at any depth, and keeps its meaning where the field takes it', () => {
  expect(
    parse({
      needed: 'x',
      name: null,
      count: null,
      pin: null,
      place: { country: null, latitude: 1 },
      list: [{ note: null }],
      times: null,
      foreign: null,
    }).data,
  ).toEqual({ needed: 'x', count: 3, pin: null, place: { latitude: 1 }, list: [{}] });
});

test.each([
  ['a needed field', { needed: null }, ['needed']],
  ['a needed field of an object', { needed: 'x', place: { latitude: null } }, ['place', 'latitude']],
  ['an item of a list', { needed: 'x', times: [1, null] }, ['times', 1]],
])('null in %s is refused', (_, value, path) => {
  expect(parse(value).error?.issues[0]?.path).toEqual(path);
});

test('a value that is no object passes unchanged', () => {
  for (const value of [null, undefined, 'text', [null]]) expect(dropNulls(schema)!(value)).toBe(value);
  expect(dropNulls(z.object({ a: z.string() }))).toBeUndefined();
});
