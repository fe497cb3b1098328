import { describe, expect, test } from 'vitest';
import type { JobId } from '../../service/lib/id.ts';
import { until } from '../support/fake-time.ts';
import { ada, begun, done, failed, name, named } from './contract-words.ts';
import { type JobsWorld, type Life, NOON } from './jobs-world.ts';

const YEAR = 365 * 86_400_000;

/** Which jobs run when, in whatever carries them. */
export function jobsInOrder(world: () => JobsWorld): void {
  const state = async (id: JobId) => (await world().row(id)).state;

  describe('what runs when', () => {
    test('a higher priority goes first', async () => {
      const life = await world().live({ handler: { concurrency: 1 } });
      await world().add(life, ...named('running'));
      await until(() => life.begun.length === 1);
      const ids = await world().add(life, { priority: 'low', ...named('low')[0] }, ...named('normal'), {
        priority: 'high',
        ...named('high')[0],
      });
      await until(async () => {
        const states = await Promise.all(ids.map(state));
        return states.every((one) => one === 'leased' || one === 'relayed');
      });
      await world().time.advance(0);
      for (let next = 0; next < 4; next++) {
        await until(() => life.begun.length === next + 1);
        life.begun[next]!.end(done);
      }
      expect(begun(life)).toEqual(['running', 'high', 'normal', 'low']);
    });

    test('not before its time', async () => {
      const life = await world().live({ answer: () => done });
      const [id, now] = await world().add(
        life,
        { runAt: NOON + 60_000, ...named('later')[0] },
        ...named('now'),
      );
      await until(async () => (await state(now!)) === 'done');
      await world().time.advance(59_999);
      expect(begun(life)).toEqual(['now']);
      const { webhook } = await life.jobs.counts();
      expect(webhook).toEqual({ waiting: 0, delayed: 1, leased: 0, relayed: 0, done: 1, dead: 0 });
      expect((await life.jobs.list({ state: 'delayed', limit: 5 })).map((job) => job.id)).toEqual([id]);
      expect(await life.jobs.list({ state: 'waiting', limit: 5 })).toEqual([]);
      await world().time.advance(1);
      await until(async () => (await state(id!)) === 'done');
    });

    test('so many at a time, and no fewer', async () => {
      let most = 0;
      const life = await world().live({ handler: { concurrency: 3 } });
      const given = await world().add(life, ...named(...Array.from({ length: 20 }, (_, i) => String(i))));
      while (life.begun.length < given.length || life.running().length > 0) {
        const left = given.length - life.begun.length + life.running().length;
        await until(() => life.running().length >= Math.min(3, left));
        most = Math.max(most, life.running().length);
        life.running()[0]!.end(done);
      }
      expect(most).toBe(3);
      await until(async () => (await life.jobs.counts()).webhook.done === 20);
    });
  });

  describe('lanes', () => {
    const inLane = (lane: string, ...names: string[]) => named(...names).map((job) => ({ ...job, lane }));

    test('first attempts of one lane begin one at a time, in the order in which they were added', async () => {
      const life = await world().live();
      await world().add(life, ...inLane('a', 'a1', 'a2', 'a3'), ...inLane('b', 'b1', 'b2'));
      for (let ended = 0; ended < 5; ended++) {
        await until(() => life.running().length >= (ended < 4 ? 1 : 0) && life.running().length > 0);
        const lanes = life.running().map(({ job }) => job.lane);
        expect(new Set(lanes).size).toBe(lanes.length);
        life.running()[0]!.end(done);
      }
      for (const lane of ['a', 'b']) {
        const order = begun(life).filter((one) => one.startsWith(lane));
        expect(order).toEqual([...order].sort());
      }
      await until(async () => (await life.jobs.counts()).webhook.done === 5);
    });

    test('a clock that is put back holds no lane up', async () => {
      const life = await world().live({
        answer: ({ payload }) => (payload.name === 'a1' ? undefined : done),
      });
      await world().add(life, ...inLane('a', 'a1', 'a2'));
      await until(() => life.begun.length === 1);
      world().time.jump(-3_600_000);
      await world().add(life, ...inLane('a', 'a3'));
      life.begun[0]!.end(done);
      await until(async () => (await life.jobs.counts()).webhook.done === 3);
      expect(begun(life)).toEqual(['a1', 'a2', 'a3']);
    });

    test('a clock that was wrong for a while, and is put right, holds no retry up', async () => {
      let broken = true;
      const life = await world().live({ answer: () => (broken ? failed : done) });
      world().time.jump(YEAR);
      const ids = await world().add(life, ...inLane('a', 'a1'), ...named('solo'));
      const once = async () =>
        (await Promise.all(ids.map((id) => world().row(id)))).every(({ attempts }) => attempts === 1);
      await until(once);
      await world().time.advance(1_000);
      broken = false;
      world().time.jump(-YEAR);
      await world().time.advance(1_000);
      await until(async () => (await life.jobs.counts()).webhook.done === 2);
    });

    test('what was to be done at once is, whatever became of the clock while no process ran', async () => {
      const life = await world().live({
        handler: { pauses: [], concurrency: 1 },
        answer: ({ payload }) => {
          return payload.name === 'dead' ? { is: 'dead', error: 'no' } : undefined;
        },
      });
      const [dead] = await world().add(life, ...inLane('a', 'dead'));
      await until(async () => (await state(dead!)) === 'dead');
      await world().add(life, ...named('running'));
      await until(() => life.running().length === 1);
      await world().add(life, ...named('waiting'));
      await life.jobs.retry(dead!, ada);
      world().kill(life);
      world().time.jump(-YEAR);
      const next = await world().live({ answer: () => done });
      await until(async () => (await next.jobs.counts()).webhook.done === 3);
    });

    test('a lane that hangs delays no other, and a retry is overtaken', async () => {
      const life = await world().live({
        answer: (job) =>
          job.lane === 'slow' ? undefined : name(job) === 'bad' && job.attempts === 0 ? failed : done,
      });
      await world().add(life, ...inLane('slow', 's1', 's2'), ...inLane('fast', 'bad', 'f2', 'f3'));
      await until(async () => (await life.jobs.counts()).webhook.done === 2);
      expect(begun(life).filter((one) => one !== 's1')).toEqual(['bad', 'f2', 'f3']);
      await world().time.advance(5_000);
      await until(async () => (await life.jobs.counts()).webhook.done === 3);
      expect(begun(life).filter((one) => one !== 's1')).toEqual(['bad', 'f2', 'f3', 'bad']);
      expect(life.running().map(({ job }) => name(job))).toEqual(['s1']);
    });

    test('retries of a lane run beside its first attempt, so many at a time', async () => {
      const life = await world().live({
        handler: { retriesPerLane: 2 },
        answer: (job) => (job.attempts === 0 && name(job) !== 'first' ? failed : undefined),
      });
      await world().add(life, ...inLane('a', 'r1', 'r2', 'r3', 'r4', 'first'));
      await until(() => life.running().length === 1);
      await world().time.advance(5_000);
      await until(() => life.running().length === 3);
      await world().time.advance(60_000);
      expect(life.running().map(({ job }) => name(job))).toEqual(['first', 'r1', 'r2']);
      life.running()[1]!.end(done);
      await until(() => life.begun.length === 8);
      expect(
        life
          .running()
          .map(({ job }) => name(job))
          .sort(),
      ).toEqual(['first', 'r2', 'r3']);
    });
  });

  describe('recurring', () => {
    const EVERY = 600_000;
    const regular = (ran: number[]) => ({
      more: (jobs: Life['jobs']) => {
        jobs.handle('retention', {
          pauses: [],
          concurrency: 1,
          timeout: 1_000,
          async run() {
            // To a tenth: the database takes its time.
            ran.push(Math.floor((10 * (world().time.clock.now() - NOON)) / EVERY) / 10);
            return { outcome: done };
          },
        });
        jobs.every('retention', EVERY);
      },
    });

    test('once every time, over restarts; what was missed runs once', async () => {
      const ran: number[] = [];
      const life = await world().live(regular(ran));
      await world().time.advance(2.5 * EVERY);
      await until(() => ran.length === 2);
      expect(ran).toEqual([1, 2]);
      await life.jobs.stop();
      world().time.jump(10 * EVERY);
      const next = await world().live(regular(ran));
      await until(() => ran.length === 3);
      await world().time.advance(EVERY - 1);
      expect(ran).toEqual([1, 2, 12.5]);
      await world().time.advance(1);
      await until(() => ran.length === 4);
      await until(async () => (await next.jobs.counts()).retention.done === 4);
    });

    test('a clock that is set neither stops nor floods it', async () => {
      const ran: number[] = [];
      await world().live(regular(ran));
      world().time.jump(-100 * EVERY);
      await world().time.advance(EVERY + 1_000);
      await until(() => ran.length === 1);
      world().time.jump(1_000 * EVERY);
      await world().time.advance(1_000);
      await until(() => ran.length === 2);
      await world().time.advance(0.9 * EVERY);
      expect(ran).toHaveLength(2);
      await world().time.advance(0.1 * EVERY);
      await until(() => ran.length === 3);
    });
  });
}
