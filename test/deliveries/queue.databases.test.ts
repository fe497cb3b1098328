import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RecurringWorks } from '../../service/engine/events/index.ts';
import { Problem } from '../../service/lib/problem.ts';
import { onBothDatabases } from '../storage/databases.ts';
import { until } from '../support/fake-time.ts';
import { createQueueWorld, delivered, failed, type Life, type QueueWorld } from './queue-world.ts';

const YEAR = 365 * 86_400_000;

onBothDatabases('the queue of deliveries', (newLocation) => {
  let world: QueueWorld;
  beforeEach(async () => {
    world = await createQueueWorld(await newLocation());
  });
  afterEach(() => world.close());
  const state = async (id: string) => (await world.row(id)).state;
  const names = ({ begun }: Life) => begun.map(({ delivery }) => delivery.name);
  const named = (...all: string[]) => all.map((name) => ({ name }));
  const inLane = (lane: string, ...all: string[]) => all.map((name) => ({ name, lane }));
  const done = async (life: Life, count: number) =>
    until(async () => (await life.jobs.counts()).webhook.done === count);

  test('a delivery is sent, and its outcome is recorded; one that was rolled back was never there', async () => {
    const life = await world.live({ answer: () => delivered });
    await expect(world.rollBack(life, { lane: 'wh_1' })).rejects.toThrow('rolled back');
    const [id] = await world.add(life, { name: 'identity.one', lane: 'wh_1' });
    await done(life, 1);
    expect(await world.row(id!)).toEqual({
      id,
      kind: 'webhook',
      state: 'done',
      lane: 'wh_1',
      organization: world.engine.organization,
      payload: { event: 'evt_1', endpoint: expect.stringMatching(/^wh_/) },
      attempts: 1,
      mostAttempts: 3,
      runAt: world.noon,
      createdAt: world.noon,
      finishedAt: world.noon,
      lastError: undefined,
    });
    expect((await life.jobs.list({ kind: 'webhook', limit: 9 })).map((job) => job.id)).toEqual([id]);
  });

  test('the schedule is explicit: a pause with its share of chance, then the next, then it has failed', async () => {
    const life = await world.live({ handler: { jitter: 0.1 }, chance: () => 0.5, answer: () => failed });
    const [id] = await world.add(life, {});
    await until(async () => (await world.row(id!)).attempts === 1);
    expect(await world.row(id!)).toMatchObject({ state: 'waiting', runAt: world.noon + 5_250 });
    await world.time.advance(5_249);
    expect(life.begun).toHaveLength(1);
    await world.time.advance(1);
    await until(async () => (await world.row(id!)).attempts === 2);
    expect((await world.row(id!)).runAt).toBe(world.noon + 5_250 + 315_000);
    await world.time.advance(315_000);
    await until(async () => (await state(id!)) === 'dead');
    await world.time.advance(600_000);
    expect(life.begun).toHaveLength(3);
  });

  test('a moment that the outcome names counts when it is later than the pause', async () => {
    const at: Record<string, number> = { later: world.noon + 60_000, sooner: world.noon + 1_000 };
    const life = await world.live({
      answer: ({ name }) => ({ is: 'failed', reason: 'busy', at: at[name]! }),
    });
    const [later, sooner] = await world.add(life, ...named('later', 'sooner'));
    await until(async () => (await world.row(later!)).attempts + (await world.row(sooner!)).attempts === 2);
    expect((await world.row(later!)).runAt).toBe(world.noon + 60_000);
    expect((await world.row(sooner!)).runAt).toBe(world.noon + 5_000);
  });

  test('what is thrown is a failed attempt; what is given up is never tried again; a bug is not shown to readers', async () => {
    const life = await world.live({
      handler: {
        async send({ name }) {
          if (name === 'bug') throw new Error('secret detail');
          if (name === 'refusal') throw new Problem('CONFLICT', 'The endpoint is disabled.');
          return { outcome: { is: 'given-up', reason: 'gone' } };
        },
      },
    });
    const [bug, refusal, gone] = await world.add(life, ...named('bug', 'refusal', 'gone'));
    await until(async () => (await state(gone!)) === 'dead' && (await world.row(bug!)).attempts === 1);
    await until(async () => (await world.row(refusal!)).attempts === 1);
    const rows = await world.engine.db.selectFrom('delivery').select(['id', 'state_reason']).execute();
    const reasonOf = (id = bug) => rows.find((row) => row.id === id)?.state_reason;
    expect(reasonOf(bug)).toBe('An internal error; the log has the details.');
    expect(reasonOf(refusal)).toBe('It was refused (CONFLICT); the log says more.');
    expect(reasonOf(gone)).toBe('gone');
  });

  test('an attempt that takes too long is aborted and counts as failed; its late answer changes nothing', async () => {
    const life = await world.live({ handler: { timeout: 15_000 } });
    const [id] = await world.add(life, {});
    await until(() => life.begun.length === 1);
    await world.time.advance(14_999);
    expect(life.begun[0]!.delivery.signal.aborted).toBe(false);
    await world.time.advance(1);
    await until(async () => (await world.row(id!)).attempts === 1);
    expect(life.begun[0]!.delivery.signal.aborted).toBe(true);
    life.begun[0]!.end(delivered);
    await world.time.advance(5_000);
    await until(() => life.begun.length === 2);
    expect(await world.row(id!)).toMatchObject({ attempts: 1, state: 'leased' });
  });

  describe('claims', () => {
    test('of a process that has ended are free at the next start; what it still says counts for nothing', async () => {
      const former = await world.live({ time: world.newTime() });
      const [id] = await world.add(former, {});
      await until(() => former.begun.length === 1);
      world.giveUp(former);
      const life = await world.live();
      await until(() => life.begun.length === 1);
      former.begun[0]!.end({ is: 'given-up', reason: 'late' });
      await until(() =>
        world.warnings.includes('an attempt ended after its claim was lost: that counts for nothing'),
      );
      expect(await state(id!)).toBe('leased');
      life.begun[0]!.end(delivered);
      await done(life, 1);
      expect(await world.row(id!)).toMatchObject({ attempts: 1, lastError: undefined });
    });

    test('of a process that does not renew them end after half a minute, and no process sends past them', async () => {
      const life = await world.live();
      const frozen = await world.live({ time: world.newTime() });
      await world.time.advance(0);
      const [first] = await world.add(frozen, { name: 'first', lane: 'a' });
      await until(() => frozen.begun.length === 1);
      await world.add(life, { name: 'second', lane: 'a' });
      await world.time.advance(20_000);
      expect(life.begun).toEqual([]);
      await until(async () => {
        await world.time.advance(1_000);
        return life.begun.length === 1;
      });
      expect(names(life)).toEqual(['first']);
      expect(world.time.clock.now()).toBeLessThan(world.noon + 60_000);
      frozen.begun[0]!.end({ is: 'given-up', reason: 'late' });
      life.begun[0]!.end(delivered);
      await until(async () => (await state(first!)) === 'done');
      await until(() => life.begun.length === 2);
      expect(names(life)).toEqual(['first', 'second']);
    });

    test('end by the time of the database, and not by a clock that is ahead', async () => {
      let now = world.noon;
      const leaseTime = async () => now;
      let runs = 0;
      const more = (recurring: RecurringWorks) =>
        recurring.add('retention', { run: () => new Promise(() => void runs++) });
      const former = await world.live({ time: world.newTime(), leaseTime, more });
      const ahead = await world.live({ leaseTime, more });
      former.recurring.soon('retention');
      await former.time.advance(1_000);
      await until(() => runs === 1);
      await world.add(former, {});
      await until(() => former.begun.length === 1);
      ahead.time.jump(3_600_000);
      await ahead.time.advance(60_000);
      expect([ahead.begun, runs]).toEqual([[], 1]);
      now += 61_000;
      await until(async () => {
        await ahead.time.advance(1_000);
        return ahead.begun.length === 1 && runs === 2;
      });
      world.kill(former);
      world.kill(ahead);
    });

    test('are renewed for as long as an attempt runs, over a clock that is set too', async () => {
      const life = await world.live();
      const [id] = await world.add(life, {});
      await until(() => life.begun.length === 1);
      await world.time.advance(120_000);
      world.time.jump(3_600_000);
      await world.time.advance(60_000);
      world.time.jump(-7_200_000);
      await world.time.advance(60_000);
      expect(life.begun).toHaveLength(1);
      life.begun[0]!.end(delivered);
      await until(async () => (await state(id!)) === 'done');
    });

    test('two processes share what is due: each delivery is sent once, and each lane in order', async () => {
      const lives = [await world.live({ answer: () => delivered })];
      lives.push(await world.live({ answer: () => delivered }));
      const all = Array.from({ length: 60 }, (_, n) => ({ name: `n${100 + n}`, lane: `lane_${n % 6}` }));
      await world.add(lives[0]!, ...all);
      lives[1]!.queue.wake();
      await until(async () => {
        await world.time.advance(1_000);
        return (await lives[0]!.jobs.counts()).webhook.done === 60;
      });
      const sent = lives.flatMap(names);
      expect(sent.toSorted()).toEqual(all.map(({ name }) => name));
      for (const life of lives)
        for (let lane = 0; lane < 6; lane++) {
          const own = life.begun.filter(({ delivery }) => world.laneOf(delivery.id) === `lane_${lane}`);
          const order = own.map(({ delivery }) => delivery.name);
          expect(order).toEqual(order.toSorted());
        }
    });
  });

  describe('a stop', () => {
    test('waits for what is sent, and gives back what did not begin', async () => {
      const life = await world.live({ most: 1 });
      const [first, second] = await world.add(life, ...named('first', 'second'));
      await until(() => life.begun.length === 1);
      const stopped = life.stop();
      await world.time.advance(1_000);
      life.begun[0]!.end(delivered);
      await stopped;
      expect([await state(first!), await state(second!)]).toEqual(['done', 'waiting']);
      const next = await world.live({ answer: () => delivered });
      await until(async () => (await state(second!)) === 'done');
      expect(names(next)).toEqual(['second']);
    });

    test('ends also while nothing can be written, or while an attempt does not end: the next start sends it again', async () => {
      let full = false;
      const life = await world.live({
        inTransaction: (work) =>
          full ? Promise.reject(new Problem('STORAGE_FULL', 'full')) : world.inTransaction(work),
      });
      await world.add(life, ...named('first', 'second'));
      await until(() => life.begun.length === 2);
      full = true;
      const stopped = life.stop();
      await world.time.advance(1_000);
      life.begun[0]!.end(delivered);
      await world.time.advance(10_000);
      expect(life.begun[1]!.delivery.signal.aborted).toBe(true);
      await world.time.advance(1_000);
      await stopped;
      const next = await world.live({ answer: () => delivered });
      await done(next, 2);
      expect(names(next).sort()).toEqual(['first', 'second']);
    });
  });

  describe('what is written beside', () => {
    test('is in the transaction of the outcome, for several at once; nothing of one without the other', async () => {
      let broken = 1;
      const seen: string[] = [];
      const life = await world.live({
        answer: () => delivered,
        handler: {
          async record(tx, ended) {
            const ids = ended.map(({ id }) => id);
            const rows = await tx.selectFrom('delivery').select('state').where('id', 'in', ids).execute();
            seen.push(...rows.map((row) => row.state));
            if (broken-- > 0) throw new Error('not this time');
          },
        },
      });
      await world.add(life, ...named('a', 'b', 'c'));
      await done(life, 3);
      expect(new Set(seen)).toEqual(new Set(['delivered']));
      expect(life.begun).toHaveLength(3);
    });

    test('one that can never be written counts as a failed attempt and delays no other', async () => {
      const cursed = new Set<string>();
      const life = await world.live({
        answer: ({ name, id }) => {
          if (name === 'cursed') cursed.add(id);
          return delivered;
        },
        handler: {
          async record(_, ended) {
            if (ended.some(({ id }) => cursed.has(id))) throw new Error('never');
          },
        },
      });
      const [, bad] = await world.add(life, ...named('good', 'cursed', 'other'));
      await until(() => life.begun.length === 3);
      await world.time.advance(3_000);
      await until(async () => (await world.row(bad!)).attempts === 1);
      expect((await world.row(bad!)).state).toBe('waiting');
      await done(life, 2);
    });

    test('a disk that is full for a while loses nothing and sends nothing twice', async () => {
      let full = false;
      const life = await world.live({
        answer: () => delivered,
        most: 1,
        inTransaction: (work) =>
          full ? Promise.reject(new Problem('STORAGE_FULL', 'full')) : world.inTransaction(work),
      });
      await world.add(life, ...named('a', 'b', 'c', 'd'));
      await until(() => life.begun.length >= 1);
      full = true;
      await world.time.advance(45_000);
      full = false;
      await world.time.advance(2_000);
      await done(life, 4);
      expect(names(life).sort()).toEqual(['a', 'b', 'c', 'd']);
    });
  });

  describe('order', () => {
    test('so many at a time, and no fewer', async () => {
      let most = 0;
      const life = await world.live({ most: 3 });
      const given = await world.add(life, ...named(...Array.from({ length: 20 }, (_, i) => String(i))));
      while (life.begun.length < given.length || life.running().length > 0) {
        const left = given.length - life.begun.length + life.running().length;
        // An organization has no more than are still free.
        await until(() => life.running().length >= Math.min(2, left));
        most = Math.max(most, life.running().length);
        life.running()[0]!.end(delivered);
      }
      expect(most).toBe(2);
      await done(life, 20);
    });

    test('first attempts of one lane begin one at a time, in the order in which they were added', async () => {
      const life = await world.live();
      await world.add(life, ...inLane('a', 'a1', 'a2', 'a3'), ...inLane('b', 'b1', 'b2'));
      for (let ended = 0; ended < 5; ended++) {
        await until(() => life.running().length > 0);
        const lanes = life.running().map(({ delivery }) => world.laneOf(delivery.id));
        expect(new Set(lanes).size).toBe(lanes.length);
        life.running()[0]!.end(delivered);
      }
      for (const lane of ['a', 'b']) {
        const order = names(life).filter((one) => one.startsWith(lane));
        expect(order).toEqual(order.toSorted());
      }
      await done(life, 5);
    });

    test('a clock that is put back holds no lane up, and turns none around', async () => {
      const life = await world.live({ answer: ({ name }) => (name === 'a1' ? undefined : delivered) });
      await world.add(life, ...inLane('a', 'a1', 'a2'));
      await until(() => life.begun.length === 1);
      world.time.jump(-3_600_000);
      await world.add(life, ...inLane('a', 'a3'));
      life.begun[0]!.end(delivered);
      await done(life, 3);
      expect(names(life)).toEqual(['a1', 'a2', 'a3']);
    });

    test('a clock that was wrong for a while, and is put right, holds no retry up', async () => {
      let broken = true;
      const life = await world.live({ answer: () => (broken ? failed : delivered) });
      world.time.jump(YEAR);
      const [id] = await world.add(life, ...inLane('a', 'a1'));
      await until(async () => (await world.row(id!)).attempts === 1);
      await world.time.advance(1_000);
      broken = false;
      world.time.jump(-YEAR);
      await world.time.advance(1_000);
      await done(life, 1);
    });

    test('a lane that hangs delays no other, and a retry is overtaken', async () => {
      let first = true;
      const life = await world.live({
        answer({ id, name }) {
          if (world.laneOf(id) === 'slow') return undefined;
          if (name !== 'bad' || !first) return delivered;
          first = false;
          return failed;
        },
      });
      await world.add(life, ...inLane('slow', 's1', 's2'), ...inLane('fast', 'bad', 'f2', 'f3'));
      await done(life, 2);
      expect(names(life).filter((one) => one !== 's1')).toEqual(['bad', 'f2', 'f3']);
      await world.time.advance(5_000);
      await done(life, 3);
      expect(names(life).filter((one) => one !== 's1')).toEqual(['bad', 'f2', 'f3', 'bad']);
      expect(life.running().map(({ delivery }) => delivery.name)).toEqual(['s1']);
    });

    test('retries of a lane run beside its first attempt, two at a time', async () => {
      const tried = new Set<string>();
      const life = await world.live({
        answer({ name }) {
          if (tried.has(name) || name === 'first') return undefined;
          tried.add(name);
          return failed;
        },
      });
      await world.add(life, ...inLane('a', 'r1', 'r2', 'r3', 'r4', 'first'));
      await until(() => life.running().length === 1);
      await world.time.advance(5_000);
      await until(() => life.running().length === 3);
      await world.time.advance(60_000);
      const now = () => life.running().map(({ delivery }) => delivery.name);
      expect(now()).toEqual(['first', 'r1', 'r2']);
      life.running()[1]!.end(delivered);
      await until(() => life.begun.length === 8);
      expect(now().sort()).toEqual(['first', 'r2', 'r3']);
    });

    test('100,000 deliveries that wait in one lane delay no other, and few of them are claimed', async () => {
      const { rows } = await sql<{ endpoint: string }>`select id as endpoint from webhook_endpoint`.execute(
        world.engine.db,
      );
      await sql`with recursive n (n) as (select 1 union all select n + 1 from n where n < 100000)
        insert into delivery (id, seq, kind, organization, world, endpoint, event_name, origin, lane, state, attempts, tries, next_at, created_at)
        select 'dlv_' || (1000000 + n), n - 100000, 'webhook', ${world.engine.organization}, 'live', ${rows[0]!.endpoint}, 'slow', 'event',
          'slow', 'waiting', 0, 0, cast(${world.noon} as bigint), cast(${world.noon} as bigint) from n`.execute(
        world.engine.db,
      );
      const life = await world.live({ answer: ({ name }) => (name === 'slow' ? undefined : delivered) });
      await until(() => life.begun.length === 1);
      await world.add(life, ...Array.from({ length: 50 }, (_, i) => ({ lane: `lane_${i % 10}` })));
      await done(life, 50);
      expect(life.running().map(({ delivery }) => delivery.id)).toEqual(['dlv_1000001']);
      const { webhook } = await life.jobs.counts();
      expect(webhook).toMatchObject({ done: 50, dead: 0, delayed: 0 });
      expect(webhook.leased + webhook.waiting).toBe(100_000);
      expect(webhook.leased).toBeLessThanOrEqual(16);
    });
  });
});
