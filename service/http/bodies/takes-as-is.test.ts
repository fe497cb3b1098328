import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { personWindow } from '../../../test/support/behavior-windows.ts';
import { SessionData } from '../../engine/behavior/index.ts';
import { takesAsIs } from './takes-as-is.ts';

/** Whether zod gives it back as it is. */
function unchanged(schema: z.ZodType, value: unknown): boolean {
  const { success, data } = schema.safeParse(value);
  return success && JSON.stringify(sorted(data)) === JSON.stringify(sorted(value));
}

const sorted = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, one]) => [name, sorted(one)]),
      );

const Everything = z.object({
  text: z
    .string()
    .min(2)
    .max(5)
    .max(4)
    .regex(/^[a-z]+$/)
    .regex(/a/),
  number: z.number().min(-1).max(1),
  above: z.number().gt(0).lt(10),
  whole: z.int().min(0).max(20),
  flag: z.boolean(),
  one: z.literal([1, 'x']),
  choice: z.enum(['red', 'green']),
  list: z.array(z.number()).min(1).max(2),
  maybe: z.string().optional(),
  either: z.union([z.literal(0), z.string().max(1)]).optional(),
  inner: z.strictObject({ deep: z.number().nullable() }).nullable().optional(),
});

const right = {
  ...{ text: 'ab', number: 0, above: 1, whole: 3, flag: true, one: 'x', choice: 'red', list: [1] },
  inner: { deep: null },
};

const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    'ab',
    'abcd',
    'ABCD',
    'bcde',
    'abcde',
    'a',
    '',
    'x',
    'red',
    0,
    -0,
    1,
    -1,
    10,
    20,
    21,
  ),
  fc.constantFrom<unknown>(
    0.5,
    2 ** 53,
    1e308,
    null,
    [],
    [1],
    [1, 2, 3],
    ['a'],
    {},
    { deep: 1 },
    { deep: '1' },
  ),
  fc.constantFrom<unknown>({ deep: 1, further: 1 }, Number.NaN, Number.POSITIVE_INFINITY, {
    0: 1,
    length: 1,
  }),
);

test('it agrees with zod about every value', () => {
  const takes = takesAsIs(Everything)!;
  expect(takes(right)).toBe(true);
  const changed = fc
    .tuple(
      fc.constantFrom(...Object.keys(Everything.shape), 'further', 'constructor'),
      anything,
      fc.boolean(),
    )
    .map(([name, value, gone]) =>
      gone
        ? Object.fromEntries(Object.entries(right).filter(([one]) => one !== name))
        : { ...right, [name]: value },
    );
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: anything }), (value) => {
      expect(takes(value)).toBe(unchanged(Everything, value));
    }),
    { numRuns: 3_000 },
  );
});

test('it agrees with zod about windows of behavior', () => {
  const takes = takesAsIs(SessionData)!;
  const person = personWindow();
  expect(takes(person)).toBe(true);
  const groups = Object.entries(person).flatMap(([name, part]) =>
    typeof part === 'object' && part !== null ? Object.keys(part).map((inner) => [name, inner]) : [[name]],
  );
  const number = fc.oneof(
    fc.double(),
    fc.integer({ min: -2, max: 70_000 }),
    fc.constantFrom(0, 1, 20_000, 20_001, 60_000, 86_400_000, 86_400_001),
  );
  fc.assert(
    fc.property(fc.constantFrom(...groups), fc.oneof(number, anything), ([name = '', inner], value) => {
      const changed =
        inner === undefined
          ? { ...person, [name]: value }
          : { ...person, [name]: { ...(person as unknown as Record<string, object>)[name], [inner]: value } };
      expect(takes(changed)).toBe(unchanged(SessionData, changed));
    }),
    { numRuns: 3_000 },
  );
});

test.each<[what: string, schema: z.ZodType]>([
  ['a text that is trimmed', z.object({ a: z.string().trim() })],
  ['a default', z.object({ a: z.string().default('x') })],
  ['a check of its own', z.object({ a: z.number() }).refine(() => false)],
  ['a check of a field', z.object({ a: z.string().refine(() => false) })],
  ['a change of the value', z.object({ a: z.string().transform(Number) })],
  ['an address', z.object({ a: z.email() })],
  ['a coerced number', z.object({ a: z.coerce.number() })],
  ['fields that it does not name', z.looseObject({ a: z.string() })],
  ['a choice with a part that it does not know', z.union([z.string().trim(), z.number()])],
  [
    'a choice of shapes',
    z.union([z.object({ a: z.number() }), z.strictObject({ a: z.number(), b: z.number() })]),
  ],
  ['a number of 32 bits', z.int32()],
  ['a multiple', z.number().multipleOf(3)],
  ['a list of a length', z.array(z.string()).length(2)],
  ['a pattern with a memory', z.string().regex(/a/g)],
])('it leaves to zod what it does not know: %s', (_, schema) => {
  expect(takesAsIs(schema)).toBeUndefined();
});
