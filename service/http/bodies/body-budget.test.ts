import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBodyBudget } from './body-pace.ts';

const overloaded = { code: 'OVERLOADED', extra: { retryAfterSeconds: 1 } };
const refusal = (work: () => unknown) => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
};

test('one caller holds half at most, all together the whole', () => {
  const budget = createBodyBudget(100);
  const first = budget.take('a', 30);
  expect(refusal(() => budget.take('a', 30))).toMatchObject(overloaded);
  budget.take('b', 40);
  expect(refusal(() => budget.take('c', 31))).toMatchObject(overloaded);
  first();
  first();
  budget.take('c', 31);
  expect(refusal(() => budget.take('d', 30))).toMatchObject(overloaded);
});

test('a request larger than the budget is taken when nothing else is', () => {
  const budget = createBodyBudget(10);
  const done = budget.take('a', 48);
  expect(refusal(() => budget.take('b', 1))).toMatchObject(overloaded);
  done();
  budget.take('b', 48);
});

test('in any sequence it never holds more than the budget and one request', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 60 }), fc.boolean())),
      (steps) => {
        const budget = createBodyBudget(100);
        const open: { bytes: number; giveBack: () => void }[] = [];
        for (const [who, bytes, end] of steps) {
          if (end) open.shift()?.giveBack();
          else if (
            refusal(() => {
              open.push({ bytes, giveBack: budget.take(who, bytes) });
            }) === undefined
          ) {
            const held = open.reduce((sum, one) => sum + one.bytes, 0);
            expect(held <= 100 || open.filter((one) => one.bytes > 0).length === 1).toBe(true);
          }
        }
        for (const { giveBack } of open) giveBack();
        expect(refusal(() => budget.take('a', 100))).toBeUndefined();
      },
    ),
  );
});
