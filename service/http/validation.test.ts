import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { fieldRules, Problem, type ProblemDetail } from '../lib/problem.ts';
import { emailAddress } from '../lib/text-fields.ts';
import { dropNulls, parseFields } from './validation.ts';

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

/** Fields, and what each refuses. */
const refused: Record<string, [field: z.ZodType, value: unknown]> = {
  missing: [z.string(), undefined],
  empty: [z.string().min(1), ''],
  email: [emailAddress, 'x'],
  address: [z.email(), 'x'],
  text: [z.string(), 1],
  number: [z.number(), 'x'],
  whole: [z.int(), 1.5],
  flag: [z.boolean(), 'x'],
  list: [z.array(z.string()), 'x'],
  object: [z.object({}), 'x'],
  record: [z.record(z.string(), z.string()), 'x'],
  kind: [z.enum(['bag', 'case']), 'box'],
  long: [z.string().max(2), 'xxx'],
  short: [z.string().min(3), 'x'],
  many: [z.array(z.int()).max(1), [1, 2]],
  few: [z.array(z.int()).min(2), [1]],
  large: [z.number().max(5), 6],
  small: [z.number().min(5), 4],
  nothing: [z.number().gt(0), 0],
  inside: [z.strictObject({}), { foreign: 1 }],
  own: [z.string().regex(/^a/, 'It must begin with a.'), 'b'],
  ownEnd: [z.string().max(1, 'It must be short.'), 'xx'],
};

test('a detail says which rule the field breaks, as the pages know it; a sentence of the schema’s own has none', () => {
  const details = Object.entries(refused).flatMap(([name, [field, value]]) =>
    detailsOf(z.object({ [name]: field }), { [name]: value }),
  );
  const english = JSON.parse(
    readFileSync(new URL('../../renderer/ui/forms/rule-strings.en.json', import.meta.url), 'utf8'),
  ) as Record<string, string>;
  const known = details.filter(({ rule }) => rule !== undefined);
  for (const { rule, values: of = [], limit, message } of known) {
    const sentence = english[rule === 'type' ? `type.${of[0]}` : rule!];
    expect(sentence?.replace('{limit}', String(limit)).replace('{values}', of.join(', '))).toBe(message);
  }
  expect(new Set(known.map(({ rule }) => rule))).toEqual(new Set(fieldRules));
  expect(details.filter(({ rule }) => rule === undefined)).toEqual([
    { path: 'own', message: 'It must begin with a.' },
    { path: 'ownEnd', message: 'It must be short.' },
  ]);
});

function detailsOf(schema: z.ZodType, value: unknown): ProblemDetail[] {
  try {
    parseFields(schema, value);
  } catch (error) {
    if (error instanceof Problem) return error.extra.details ?? [];
    throw error;
  }
  return [];
}
