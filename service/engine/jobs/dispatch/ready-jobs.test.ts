import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JobId, OrganizationId } from '../../../lib/id.ts';
import type { Held } from './held.ts';
import { createReadyJobs, type ReadyJobs } from './ready-jobs.ts';

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
      organization: lane?.includes('/') ? (lane.split('/')[0] as OrganizationId) : undefined,
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
  return { clock, ready, held, note, lease };
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

test('a job that is not due is found when it is, with or without a lane', () => {
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

/** Lanes named `<organization>/<endpoint>`. */
const endpointsOf = (organization: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${organization}/${i}`);
const heldBy = (running: readonly Held[], organization: string) =>
  running.filter(({ ticket }) => ticket.organization === organization).length;

test('organizations share the window: one that holds as much as is still free waits, and a newcomer finds room', () => {
  const { ready, note, lease } = setUp(16);
  const running: Held[] = [];
  const fill = (organization: string) => {
    for (const lane of endpointsOf(organization, 30)) note(lane);
    while (lease().length > 0);
    running.push(...takeAll(ready));
    return heldBy(running, organization);
  };
  expect([fill('a'), fill('b'), fill('c'), fill('d')]).toEqual([8, 4, 2, 1]);
  note('newcomer/0');
  lease();
  expect(lanesOf(takeAll(ready))).toEqual(['newcomer/0']);
});

test('a place that an organization gives back is taken by it again, and by others up to their share', () => {
  const { ready, note, lease } = setUp(8);
  for (const lane of [...endpointsOf('a', 9), ...endpointsOf('b', 9)]) note(lane);
  while (lease().length > 0);
  const running = takeAll(ready);
  expect([heldBy(running, 'a'), heldBy(running, 'b')]).toEqual([4, 2]);
  for (const held of running.splice(0, 3)) ready.ended(held);
  running.push(...takeAll(ready));
  expect([heldBy(running, 'a'), heldBy(running, 'b'), running.length]).toEqual([3, 3, 6]);
});

test('for any order of ends, each job is taken once, lanes in order, and no organization holds more than its share', () => {
  const lane = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 }));
  const jobs = fc.array(fc.record({ lane, retry: fc.boolean(), dropped: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 9 }), fc.infiniteStream(fc.nat()), (all, window, chance) => {
      const { ready, held } = setUp(window, 60);
      const next = () => chance.next().value as number;
      const expected = new Set<Held>();
      for (const {
        lane: [organization, endpoint],
        retry,
        dropped,
      } of all) {
        const name = `${organization}/${endpoint}`;
        const one = held(name, { attempts: retry ? 1 : 0 });
        ready.accept({ from: { lane: name, retry }, limit: 1 }, [one], undefined);
        if (dropped) ready.drop(one);
        else expected.add(one);
      }
      const running: Held[] = [];
      const firsts: Held[] = [];
      while (expected.size > 0) {
        for (let one = ready.take(); one; one = ready.take()) {
          const before = heldBy(running, one.ticket.organization!);
          expect(before).toBeLessThan(Math.max(1, window - running.length));
          expect(expected.delete(one)).toBe(true);
          if (one.ticket.attempts === 0) firsts.push(one);
          running.push(one);
        }
        if (expected.size === 0) break;
        expect(running.length).toBeGreaterThan(0);
        const [ended] = running.splice(next() % running.length, 1);
        ready.ended(ended!);
      }
      const numbers = new Map<string, number>();
      for (const { ticket } of firsts) {
        const number = Number(ticket.id.slice('job_'.length));
        expect(number).toBeGreaterThan(numbers.get(ticket.lane!) ?? 0);
        numbers.set(ticket.lane!, number);
      }
    }),
  );
});
