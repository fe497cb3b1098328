import { expect, test } from 'vitest';
import type { JobId } from '../../lib/id.ts';
import { createReadyJobs, type Held, type ReadyJobs } from './ready-jobs.ts';

const NOON = Date.UTC(2026, 10, 20, 12);

function setUp(window = 4, retriesPerLane = 2) {
  const clock = { time: NOON, now: () => clock.time };
  const ready = createReadyJobs({ kind: 'webhook', window, retriesPerLane, clock });
  let count = 0;
  const held = (lane: string | undefined, { attempts = 0, priority = 2 } = {}): Held => ({
    ticket: {
      id: `job_${++count}` as JobId,
      fence: 1,
      kind: 'webhook',
      priority: 'normal',
      lane,
      organization: undefined,
      payload: {},
      attempts,
    },
    priority,
    state: 'ready',
    carriedAt: 0,
    abort: new AbortController(),
  });
  const note = (lane: string | null, more: { retry?: boolean; runAt?: number; priority?: number } = {}) =>
    ready.note({ lane, priority: 2, runAt: 0, retry: false, ...more });
  /** As if the database had an endless supply: every want is met in full. */
  const lease = () => {
    const wants = ready.wants();
    for (const want of wants) {
      const { from } = want;
      const one = () =>
        'priority' in from
          ? held(undefined, { priority: from.priority })
          : held(from.lane, { attempts: from.retry ? 1 : 0 });
      ready.accept(want, Array.from({ length: want.limit }, one), 0);
    }
    return wants;
  };
  return { clock, ready, note, lease };
}

const takeAll = (ready: ReadyJobs) => {
  const taken: Held[] = [];
  for (let held = ready.take(); held; held = ready.take()) taken.push(held);
  return taken;
};
const lanesOf = (taken: readonly Held[]) => taken.map(({ ticket }) => ticket.lane);

test('lanes take turns, one first attempt each, and no more run than the window has room for', () => {
  const { ready, note, lease } = setUp();
  for (const lane of ['a', 'b', 'c', 'd', 'e', 'f']) note(lane);
  lease();
  const taken = takeAll(ready);
  expect(lanesOf(taken)).toEqual(['a', 'b', 'c', 'd']);
  ready.ended(taken[0]!);
  ready.ended(taken[1]!);
  expect(lanesOf(takeAll(ready))).toEqual(['e', 'f']);
});

test('retries take no more than half of the window, so that first attempts always find room', () => {
  const { ready, note, lease } = setUp(6);
  for (const lane of ['a', 'b', 'c', 'd']) note(lane, { retry: true });
  lease();
  lease();
  expect(lanesOf(takeAll(ready))).toEqual(['a', 'a', 'b']);
  note('fresh');
  lease();
  expect(lanesOf(takeAll(ready))).toEqual(['fresh']);
});

test('a lane that is used up at once is leased more of at a time, one that is not less', () => {
  const { clock, ready, note } = setUp(1);
  const limits: number[] = [];
  const round = (milliseconds: number) => {
    clock.time += milliseconds;
    note('a');
    for (const want of ready.wants()) {
      limits.push(want.limit);
      // A lane with nothing left to do is forgotten, and with it how fast it was.
      note('a', { runAt: Number.MAX_SAFE_INTEGER, retry: true });
      ready.accept(want, [], undefined);
    }
  };
  for (const pause of [1_000, 10, 10, 10, 10, 10, 10]) round(pause);
  expect(limits).toEqual([4, 8, 16, 32, 64, 128, 128]);
  for (const pause of [15_000, 15_000, 15_000]) round(pause);
  expect(limits.slice(-3)).toEqual([64, 32, 16]);
});

test('what is not due is looked for when it is, whether it has a lane or not', () => {
  const { clock, ready, note } = setUp();
  note('a', { runAt: NOON + 5_000 });
  note('b', { runAt: NOON + 9_000, retry: true });
  note(null, { runAt: NOON + 7_000 });
  expect(ready.hungry()).toBe(false);
  expect(ready.nextAt()).toBe(NOON + 5_000);
  clock.time = NOON + 5_000;
  expect(ready.wants().map(({ from }) => from)).toEqual([{ lane: 'a', retry: false }]);
  clock.time = NOON + 9_000;
  expect(ready.wants().map(({ from }) => from)).toEqual([{ priority: 2 }, { lane: 'b', retry: true }]);
  expect(ready.wants()).toEqual([]);
});

test('a job taken back never comes up, and its place is free', () => {
  const { ready, note, lease } = setUp(8, 1);
  note('a', { retry: true });
  const [want] = ready.wants();
  const { ready: other, ...same } = setUp();
  same.note('a', { retry: true });
  same.lease();
  const [retry] = takeAll(other);
  ready.accept(want!, [retry!], 0);
  ready.drop(retry!);
  expect(takeAll(ready)).toEqual([]);
  lease();
  expect(lanesOf(takeAll(ready))).toEqual(['a']);
});
