import { beforeEach, expect, test } from 'vitest';
import type { Share } from '../../../lib/fair/fair-queue.ts';
import { createSessionCapacity, type SessionCapacity, type Trying } from './session-capacity.ts';

let now: number;
let work: number;
let capacity: SessionCapacity;
beforeEach(() => {
  now = 1_000_000;
  work = 0;
  capacity = open(2);
});

const museum: Share = { world: 'live', organization: 'museum', key: 'k1', address: '192.0.2.1' };
const ask = (session: string, share = museum, trying: Trying = 'attempt') =>
  capacity.ask(session, share, trying).position;
const judge = (session: string) => capacity.judge(session, async () => undefined);

const open = (workers: number) =>
  createSessionCapacity({ workers, clock: { now: () => now }, workTime: () => work });

/** A second in which every admitted session of these sends ten frames, and other doors keep `others` workers busy. */
async function second(sessions: string[], { took = 25, waited = 2, others = 0 } = {}): Promise<void> {
  for (let i = 0; i < 10; i++) {
    now += 100;
    work += 100 * others;
    for (const session of sessions) {
      if (ask(session) > 0) continue;
      work += took;
      await judge(session);
      capacity.measured({ took, waited });
    }
  }
}
const places = (sessions: string[]) => sessions.map((session) => ask(session));
const names = (count: number) => Array.from({ length: count }, (_, i) => `s${i + 1}`);

test('as many as there are workers at once, then one a second, up to what the measured frames leave room for', async () => {
  const sessions = names(9);
  expect(places(sessions)).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7]);
  for (let i = 0; i < 4; i++) await second(sessions);
  expect(places(sessions)).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3]);
  for (let i = 0; i < 10; i++) await second(sessions);
  expect(capacity.capacity()).toBe(6);
  expect(places(sessions)).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3]);
});

test('what other doors take of the workers leaves fewer places, and none is taken away', async () => {
  const sessions = names(3);
  places(sessions);
  for (let i = 0; i < 6; i++) await second(sessions, { others: 0.5 });
  expect(capacity.capacity()).toBe(3);
  for (let i = 0; i < 6; i++) await second([...sessions, 'more'], { others: 0.5 });
  expect(places([...sessions, 'more'])).toEqual([0, 0, 0, 1]);
  for (let i = 0; i < 6; i++) await second([...sessions, 'more'], { took: 60, others: 1 });
  expect(capacity.capacity()).toBe(1);
  expect(places([...sessions, 'more'])).toEqual([0, 0, 0, 1]);
  for (let i = 0; i < 6; i++) await second([...sessions, 'more']);
  expect(places([...sessions, 'more'])).toEqual([0, 0, 0, 0]);
});

test('frames that wait too long close the door, whatever the cause, until they do not', async () => {
  const sessions = names(2);
  places(sessions);
  for (let i = 0; i < 6; i++) await second(sessions, { waited: 80 });
  expect(capacity.capacity()).toBe(2);
  for (let i = 0; i < 2; i++) await second([...sessions, 'more'], { waited: 80 });
  expect(places(['more'])).toEqual([1]);
  for (let i = 0; i < 6; i++) await second([...sessions, 'more']);
  expect(places(['more'])).toEqual([0]);
});

test('a session without a judged frame for three seconds loses its place to the next, and joins the queue again', async () => {
  capacity = open(1);
  for (let i = 0; i < 12; i++) await second(['s1', 's2'], { took: 90 });
  expect(places(['s1', 's2', 's3'])).toEqual([0, 1, 2]);
  for (let i = 0; i < 2; i++) await second([], { took: 90 });
  now += 999;
  expect(places(['s1', 's2', 's3'])).toEqual([0, 1, 2]);
  now += 1;
  expect(places(['s2', 's3', 's1'])).toEqual([0, 1, 2]);
  await judge('s2');
  capacity.leave('s2');
  expect(places(['s3', 's1'])).toEqual([0, 1]);
});

test('a place is not lost while its frame is judged, and a frame that cannot be read keeps none', async () => {
  capacity = open(1);
  for (let i = 0; i < 12; i++) await second(['s1', 's2'], { took: 90 });
  const analysis = Promise.withResolvers<void>();
  const judged = capacity.judge('s1', () => analysis.promise);
  now += 4_000;
  expect(places(['s1', 's2'])).toEqual([0, 1]);
  analysis.resolve();
  await judged;
  now += 2_900;
  await capacity.judge('s1', () => Promise.reject(new Error('no JPEG'))).catch(() => {});
  now += 100;
  expect(places(['s2', 's1'])).toEqual([0, 1]);
});

test('with 110 idle sessions of one address another organization’s live person is admitted within three seconds', async () => {
  for (const world of ['live', 'test'] as const) {
    capacity = open(2);
    const attacker: Share = { world, organization: 'other', key: 'flow', address: '203.0.113.9' };
    let admittedAt: number | undefined;
    for (let time = 0; time < 40_000 && admittedAt === undefined; time += 100) {
      now += 100;
      // Each begins again every two seconds and never sends a frame.
      for (let one = 0; one < 110; one++) if (time % 2_000 === (one % 20) * 100) ask(`idle ${one}`, attacker);
      const since = time - 20_000;
      if (since >= 0 && since % 1_000 === 0 && ask('person') === 0) admittedAt = since;
    }
    expect(admittedAt).toBeLessThanOrEqual(3_000);
  }
});

test('organizations, keys and addresses take turns; the live world goes first', async () => {
  capacity = open(1);
  for (let i = 0; i < 12; i++) await second(['s1', 's2'], { took: 90 });
  places(['s1', 's2', 's3']);
  const of = (share: Partial<Share>) => ({ ...museum, ...share });
  expect(ask('test', of({ world: 'test', organization: 'theatre' }))).toBe(3);
  expect(ask('theatre', of({ organization: 'theatre' }))).toBe(1);
  expect(ask('s2')).toBe(2);
  expect(ask('s4', of({ address: '192.0.2.2' }))).toBe(2);
  expect([ask('s2'), ask('s3'), ask('test', of({ world: 'test', organization: 'theatre' }))]).toEqual([
    3, 4, 5,
  ]);
});

test('one address waits with 250 sessions at most: a further one learns how many are before it and keeps no place', () => {
  capacity = open(1);
  for (const name of names(260)) ask(name);
  expect(capacity.waiting).toBe(250);
  expect(ask('s260')).toBe(251);
  expect(capacity.ask('s2', museum, 'attempt').waitSeconds).toBeGreaterThan(0);
  expect(ask('elsewhere', { ...museum, address: '192.0.2.7' })).toBe(1);
});

/** So many seconds of `sessions` that send a frame each 100 ms and do `trying`. */
async function pass(
  seconds: number,
  sessions: string[],
  { trying = 'attempt', took = 90, share = museum }: { trying?: Trying; took?: number; share?: Share } = {},
) {
  for (let i = 0; i < 10 * seconds; i++) {
    now += 100;
    for (const session of sessions) {
      if (ask(session, share, trying) > 0) continue;
      work += took;
      capacity.measured({ took, waited: 2 });
      await judge(session);
    }
  }
}
const other = { ...museum, address: '192.0.2.2' };

test('a place is given up after 150 seconds where another session waits, and never in a step that is shown', async () => {
  capacity = open(1);
  await pass(151, ['s1']);
  expect([ask('s1', museum, 'step'), ask('s2'), ask('s1', museum, 'step')]).toEqual([0, 1, 0]);
  expect([ask('s1'), ask('s2'), ask('s1')]).toEqual([1, 0, 1]);
});

test('without an attempt a place is given up after 45 seconds where another session waits', async () => {
  capacity = open(1);
  ask('s1', museum, 'nothing');
  await pass(46, ['s1'], { trying: 'nothing' });
  // The test world waits.
  expect([ask('t1', { ...museum, world: 'test' }), ask('s1', museum, 'nothing')]).toEqual([1, 0]);
  // An attempt that begins with the next frame.
  expect([ask('s1'), ask('s2'), ask('s1')]).toEqual([0, 1, 0]);
  expect([ask('s1', museum, 'nothing'), ask('s2'), ask('s1')]).toEqual([1, 0, 1]);
});

test('who has two places more than another that waits gives one up after 45 seconds', async () => {
  capacity = open(1);
  await pass(45, names(2), { took: 40 });
  expect([...places(names(2)), ask('other', other)]).toEqual([0, 0, 1]);
  await pass(1, names(2), { took: 40 });
  expect(ask('other', other)).toBe(0);
  expect(places(names(2)).toSorted()).toEqual([0, 1]);
});

test('an attempt has its 45 seconds after a long guidance too, and after an attempt before it', async () => {
  capacity = open(1);
  await pass(149, ['s1'], { trying: 'nothing' });
  await pass(44, ['s1']);
  expect([ask('s1'), ask('s2'), ask('s1')]).toEqual([0, 1, 0]);
  await pass(2, ['s1']);
  expect([ask('s2'), ask('s1')]).toEqual([0, 1]);
});

test('a session of the test world gives way to the live world after 45 seconds, in a step that is shown too', async () => {
  capacity = open(1);
  const trial: Share = { ...museum, world: 'test' };
  ask('t1', trial, 'step');
  await pass(46, ['t1'], { share: trial, trying: 'step' });
  expect([ask('t2', trial), ask('t1', trial, 'step')]).toEqual([1, 0]);
  expect(ask('s1')).toBe(0);
});

test('an attempt has its 45 seconds from its admission on, however long its start waited in the queue', async () => {
  capacity = open(1);
  for (let i = 0; i < 50; i++) {
    await pass(1, ['first', 'second'], { took: 40 });
    places(names(2));
  }
  expect(places(names(2))).toEqual([1, 2]);
  for (const one of ['first', 'second']) capacity.leave(one);
  await pass(2, names(2), { took: 40 });
  expect([...places(names(2)), ask('other', other), ...places(names(2))]).toEqual([0, 0, 1, 0, 0]);
});

test('as many places are taken as another needs: none while one is free, and one for one, where frames are late too', async () => {
  capacity = open(8);
  await pass(50, names(8), { trying: 'nothing', took: 10 });
  // Places are free: it waits for the second between two.
  const free = { ...museum, organization: 'theatre' };
  expect([ask('s9', free), ask('s10', free)]).toEqual([0, 1]);
  expect(names(8).map((name) => ask(name, museum, 'nothing'))).toEqual(Array(8).fill(0));

  capacity = open(8);
  await pass(50, names(8), { trying: 'nothing', took: 95 });
  expect([ask('s9', free), capacity.admitted]).toEqual([0, 8]);
});

test('one session is always judged, and a clock that is set back does not stop the others', async () => {
  for (let i = 0; i < 6; i++) await second(['s1'], { took: 2000, others: 2 });
  expect(places(['s1'])).toEqual([0]);
  now -= 3_600_000;
  capacity.leave('s1');
  expect(places(['s2', 's3'])).toEqual([0, 0]);
  for (let i = 0; i < 6; i++) await second(['s2', 's3', 's4']);
  expect(places(['s2', 's3', 's4'])).toEqual([0, 0, 0]);
});
