import { expect, test } from 'vitest';
import { bodyRate, createBodyPace } from './body-pace.ts';

/** With `now` in the hands of the test; each wait is asked for in milliseconds, and takes no time. */
function start(rate: { perSecond: number; burst: number; mostAhead?: number }) {
  const at = { now: 0, waits: [] as number[] };
  const pace = createBodyPace({
    ...rate,
    elapsed: () => at.now,
    wait: async (milliseconds) => void at.waits.push(milliseconds),
  });
  return { at: Object.assign(at, { charge: pace.charge }), took: pace.took };
}

test('of one key 64 MiB are read at once, and then 16 MiB a second', () => {
  const { at, took } = start(bodyRate);
  const MIB = 1024 * 1024;
  expect(took('a', 64 * MIB)).toBeUndefined();
  void took('a', 16 * MIB);
  expect(at.waits).toEqual([1_000]);
});

test('a silent key does not accumulate more than its burst', () => {
  const { at, took } = start({ perSecond: 1_000, burst: 5_000 });
  void took('a', 1);
  at.now = 3_600_000;
  void took('a', 5_000);
  void took('a', 500);
  expect(at.waits).toEqual([500]);
});

test('what is charged waits with the next bytes', () => {
  const { at, took } = start({ perSecond: 1_000, burst: 0 });
  expect(took('a', 0)).toBeUndefined();
  at.charge('a', 3_000);
  expect(at.waits).toEqual([]);
  void took('a', 0);
  expect(at.waits).toEqual([3_000]);
});

test('whatever is charged, the wait is bounded where a bound is given', () => {
  const { at, took } = start({ perSecond: 100, burst: 400, mostAhead: 10_000 });
  at.charge('a', 1_000_000);
  at.charge('a', 1_000_000);
  void took('a', 1);
  at.now = 14_000;
  expect([at.waits, took('a', 1)]).toEqual([[10_000], undefined]);
});

test('what a key has sent is remembered while 10,000 others send, and forgotten after many more', () => {
  const { at, took } = start({ perSecond: 1_000, burst: 0 });
  const others = (from: number, to: number) => {
    for (let i = from; i < to; i++) void took(`key ${i}`, 1_000);
  };
  void took('first', 1_000);
  others(0, 9_999);
  at.waits = [];
  void took('first', 1_000);
  expect(at.waits).toEqual([2_000]);
  others(10_000, 30_000);
  at.waits = [];
  void took('first', 1_000);
  expect(at.waits).toEqual([1_000]);
});

test('beyond its burst a key’s bytes are read at its rate; another key’s at once', async () => {
  let now = 0;
  const waits: number[] = [];
  const pace = createBodyPace({
    perSecond: 1_000,
    burst: 5_000,
    elapsed: () => now,
    wait: async (milliseconds) => void waits.push(milliseconds),
  });
  for (let i = 0; i < 5; i++) expect(pace.took('a', 1_000)).toBeUndefined();
  await pace.took('a', 500);
  await pace.took('a', 500);
  expect(pace.took('b', 1_000)).toBeUndefined();
  now = 1_000;
  expect(pace.took('a', 0)).toBeUndefined();
  await pace.took('a', 2_000);
  now = 60_000;
  expect(pace.took('a', 5_000)).toBeUndefined();
  expect(waits).toEqual([500, 1_000, 2_000]);
});
