import { beforeEach, expect, test } from 'vitest';
import { createManualTimers } from '../../test/support/manual-timers.ts';
import type { Found, ServiceState } from './service-state.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

let found: Found;
let states: ServiceState[];
let calls: string[];
let ends: ((why: string) => void)[];
let timers: ReturnType<typeof createManualTimers>;
let now: number;

const none: Found = { is: 'none', why: 'No service runs.' };
const ready: Found = { is: 'ready', url: 'http://localhost:7300' };

beforeEach(() => {
  [found, states, calls, ends, now] = [none, [], [], [], 0];
  timers = createManualTimers();
});

const open = (canStart = true): Supervisor =>
  createSupervisor({
    find: async () => found,
    ...(canStart && {
      start() {
        calls.push('start');
        const { promise, resolve } = Promise.withResolvers<string>();
        ends.push(resolve);
        return { ended: promise, stop: () => void calls.push('stop'), kill: () => void calls.push('kill') };
      },
    }),
    changed: (state) => states.push(state),
    now: () => now,
    after: timers.after,
  });
const settle = () => new Promise((resolve) => setImmediate(resolve));
async function pass(): Promise<void> {
  timers.expire();
  await settle();
}
async function begin(canStart?: boolean): Promise<Supervisor> {
  const supervisor = open(canStart);
  supervisor.begin();
  await settle();
  return supervisor;
}
const last = () => states.at(-1);

test('one that runs is used, and neither started beside when it goes away nor stopped', async () => {
  found = ready;
  const supervisor = await begin();
  expect(states).toEqual([{ is: 'looking' }, { ...ready, own: false }]);
  found = none;
  await pass();
  expect(last()).toEqual({ is: 'away', why: 'No service runs.' });
  found = ready;
  await pass();
  expect(last()).toEqual({ ...ready, own: false });
  await supervisor.stop();
  expect(calls).toEqual([]);
});

test('without a running service its own is started; its state is shown until it takes requests', async () => {
  await begin();
  expect([calls, last()]).toEqual([['start'], { is: 'starting' }]);
  await pass();
  found = { is: 'sealed' };
  await pass();
  expect(last()).toEqual({ is: 'sealed' });
  found = { is: 'waiting', why: 'The database cannot be used.' };
  await pass();
  expect(last()).toEqual(found);
  found = ready;
  await pass();
  expect([calls, last()]).toEqual([['start'], { ...ready, own: true }]);
});

test('one of another machine is never started', async () => {
  await begin(false);
  expect([calls, last()]).toEqual([[], { is: 'away', why: 'No service runs.' }]);
});

test('one of another account is not started beside, and asked again', async () => {
  found = { is: 'unreached', why: 'It belongs to another account.' };
  await begin();
  expect([calls, last()]).toEqual([[], { is: 'away', why: 'It belongs to another account.' }]);
  found = ready;
  await pass();
  expect(last()).toEqual({ ...ready, own: false });
});

test('after a crash it is started again, each time after twice as long, until a person has to look', async () => {
  await begin();
  const pauses = [];
  for (;;) {
    found = ready;
    await pass();
    found = none;
    ends.at(-1)!('It ended by the signal SIGSEGV.');
    await settle();
    const state = last()!;
    if (state.is !== 'restarting') break;
    expect(timers.running()).toEqual([state.seconds * 1_000]);
    pauses.push(state.seconds);
    await pass();
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32]);
  expect([last(), calls.length, timers.running()]).toEqual([
    { is: 'failed', why: 'It ended by the signal SIGSEGV.' },
    7,
    [],
  ]);
});

test('a crash after minutes of work is the first again', async () => {
  await begin();
  for (const _ of [1, 2]) {
    found = ready;
    await pass();
    now += 5 * 60_000;
    found = none;
    ends.at(-1)!('It ended.');
    await settle();
    expect(last()).toEqual({ is: 'restarting', seconds: 1, why: 'It ended.' });
    await pass();
  }
});

test('one that never ran is not tried again until a person asks', async () => {
  const supervisor = await begin();
  ends[0]!('Port 7300 is in use.');
  await settle();
  expect([last(), timers.running()]).toEqual([{ is: 'failed', why: 'Port 7300 is in use.' }, []]);
  supervisor.begin();
  await settle();
  expect([calls, last()]).toEqual([['start', 'start'], { is: 'starting' }]);
});

test('one that ends because another holds the directory by now gives way to it', async () => {
  const supervisor = await begin();
  found = ready;
  ends[0]!('Another process holds the directory.');
  await settle();
  await settle();
  expect(last()).toEqual({ ...ready, own: false });
  await supervisor.stop();
  expect(calls).toEqual(['start']);
});

test('its own is stopped, waited for, and killed only after half a minute', async () => {
  const supervisor = await begin();
  found = ready;
  await pass();
  let isGone = false;
  const stopped = supervisor.stop().then(() => {
    isGone = true;
  });
  await settle();
  expect([calls, isGone, last(), timers.running()]).toEqual([
    ['start', 'stop'],
    false,
    { is: 'stopping' },
    [30_000],
  ]);
  await pass();
  expect(calls).toEqual(['start', 'stop', 'kill']);
  ends[0]!('asked to');
  await stopped;
  await supervisor.stop();
  expect([isGone, last(), timers.running(), calls]).toEqual([
    true,
    { is: 'stopping' },
    [],
    ['start', 'stop', 'kill'],
  ]);
});

test('an answer that comes after the end changes nothing', async () => {
  const late = Promise.withResolvers<Found>();
  const supervisor = createSupervisor({
    find: () => late.promise,
    start: () => expect.unreachable('it is being left'),
    changed: (state) => states.push(state),
    now: () => now,
    after: timers.after,
  });
  supervisor.begin();
  await supervisor.stop();
  late.resolve(none);
  await settle();
  expect([states, timers.running()]).toEqual([[{ is: 'looking' }], []]);
});
