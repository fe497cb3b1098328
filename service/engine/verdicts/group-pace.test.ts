import { expect, test } from 'vitest';
import { createGroupPace } from './group-pace.ts';

function pacedClock() {
  const clock = { now: 1_000, waited: [] as number[] };
  const pace = createGroupPace(
    () => clock.now,
    async (milliseconds) => {
      clock.waited.push(milliseconds);
      clock.now += milliseconds;
    },
  );
  return { clock, pace };
}

test('the first group waits for no timer, nor does one after a time without any', async () => {
  const { clock, pace } = pacedClock();
  await pace();
  clock.now += 10;
  await pace();
  expect(clock.waited).toEqual([]);
});

test('groups begin three milliseconds apart, however long each takes', async () => {
  const { clock, pace } = pacedClock();
  await pace();
  await pace();
  clock.now += 2;
  await pace();
  clock.now += 3;
  await pace();
  expect(clock.waited).toEqual([3, 1]);
});
