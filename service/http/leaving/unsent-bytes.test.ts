import { beforeEach, expect, test } from 'vitest';
import { createUnsentBound, type Sender } from './unsent-bytes.ts';

interface Reader extends Sender {
  name: string;
}

let now: number;
let closed: string[];
beforeEach(() => {
  now = 1_000_000;
  closed = [];
});

function reader(name: string, source: string, unsent: number, written = unsent): Reader {
  return { name, source, unsent, written, close: () => closed.push(name) };
}
const limits = { perConnection: 1_000_000, perAddress: 1_500_000, all: 2_000_000 };
/** Asks each second. */
function seconds(
  check: ReturnType<typeof createUnsentBound<Reader>>,
  readers: Reader[],
  count: number,
  each = () => {},
) {
  for (let i = 0; i < count; i++) {
    check(
      readers.filter(({ name }) => !closed.includes(name)).map((one) => [one, one]),
      now,
    );
    now += 1_000;
    each();
  }
}

test('a reader that takes less than 2 kB a second is closed after 15 seconds; a slow one is not', () => {
  const check = createUnsentBound<Reader>(limits);
  const still = reader('still', 'a', 65_536);
  const slow = reader('slow', 'b', 400_000);
  const done = reader('done', 'c', 0, 900_000);
  const readers = [still, slow, done];
  const take = () => {
    slow.unsent -= 2_100;
  };
  seconds(check, readers, 15, take);
  expect(closed).toEqual([]);
  seconds(check, readers, 1, take);
  expect(closed).toEqual(['still']);
  seconds(check, readers, 60, take);
  expect(closed).toEqual(['still']);
});

test('a reader that takes everything now and then begins anew', () => {
  const check = createUnsentBound<Reader>(limits);
  const now_and_then = reader('stream', 'a', 100);
  let turn = 0;
  seconds(check, [now_and_then], 60, () => {
    now_and_then.unsent = ++turn % 10 === 0 ? 0 : 100;
  });
  expect(closed).toEqual([]);
});

test('of one connection, one address and all the most that waits is closed', () => {
  const check = createUnsentBound<Reader>(limits);
  const readers = [
    reader('too much', 'a', 1_000_001),
    reader('large', 'a', 900_000),
    reader('small', 'a', 700_000),
    reader('other', 'b', 800_000),
    reader('last', 'c', 600_000),
  ];
  expect(
    check(
      readers.map((one) => [one, one]),
      now,
    ),
  ).toBe(3);
  expect(closed.toSorted()).toEqual(['large', 'other', 'too much']);
});
