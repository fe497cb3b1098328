import { expect, test } from 'vitest';
import { createManualTimers } from '../../test/support/manual-timers.ts';
import { createDraining } from './draining.ts';

test('a node gives a balancer the time for two looks, once it has begun to stop', async () => {
  const timers = createManualTimers();
  const draining = createDraining({ hasOthers: true, timer: { after: timers.after } });
  await draining.seen();
  expect(draining.is()).toBe(false);
  draining.begin();
  draining.begin();
  expect(draining.is()).toBe('stops');
  expect(timers.running()).toEqual([5_000]);
  let seen = false;
  const over = draining.seen().then(() => {
    seen = true;
  });
  await Promise.resolve();
  expect(seen).toBe(false);
  timers.expire();
  await over;
});

test('a service without others waits for none', async () => {
  const timers = createManualTimers();
  const draining = createDraining({ hasOthers: false, timer: { after: timers.after } });
  draining.begin();
  await draining.seen();
  expect([draining.is(), timers.running()]).toEqual(['stops', []]);
});
