import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBodyBudget } from './body-pace.ts';

/** A budget whose callers are their own groups unless they are named `group/caller`; bodies are whole unless `came` says how much came. */
function start(total: number) {
  const time = { now: 0 };
  const closed: string[] = [];
  const budget = createBodyBudget({ total, deadline: 60_000, elapsed: () => time.now });
  const take = (who: string, bytes: number, came?: () => number) =>
    budget.take({ caller: who, group: who.split('/')[0]! }, bytes, {
      isWhole: () => came === undefined,
      came: () => came?.() ?? bytes,
      close: () => void closed.push(who),
    });
  return { take, time, closed };
}

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
  const budget = start(100);
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
  const budget = start(10);
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
        const budget = start(100);
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

test('a body that cannot be whole in time gives way, the oldest first, and none that comes fast enough', () => {
  const { take, time, closed } = start(1_000);
  take('quick', 400, () => (400 * time.now) / 50_000);
  take('silent', 300, () => 1);
  take('slow', 300, () => (300 * time.now) / 70_000);
  time.now = 3_000;
  expect(refusal(() => take('new', 200))).toMatchObject(overloaded);
  time.now = 3_001;
  take('new', 200);
  expect(closed).toEqual(['silent']);
  take('newer', 200);
  expect(closed).toEqual(['silent', 'slow']);
  take('newest', 200);
  expect(refusal(() => take('last', 200))).toMatchObject(overloaded);
});

test('what is on its way gives way to who holds less than half as much, by organization and then by caller', () => {
  const { take, time, closed } = start(1_000);
  const coming = (bytes: number) => () => (bytes * time.now) / 50_000 + 1;
  for (let i = 0; i < 4; i++) take(`museum/${i % 2}`, 200, coming(200));
  take('bank/1', 200, coming(200));
  time.now = 10_000;
  expect(refusal(() => take('school/1', 401))).toMatchObject(overloaded);
  take('school/1', 100);
  expect(closed).toEqual(['museum/0']);
  take('school/2', 150);
  expect(closed).toEqual(['museum/0', 'museum/1']);
  // A caller beyond its share refuses itself.
  expect(refusal(() => take('museum/0', 400))).toMatchObject(overloaded);
});
