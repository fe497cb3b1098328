import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobOutcome } from '../../service/engine/jobs/index.ts';
import { Problem } from '../../service/lib/problem.ts';
import { until } from '../support/fake-time.ts';
import { jobsByHand } from './contract-by-hand.ts';
import { jobsInOrder } from './contract-order.ts';
import { begun, done, failed, name, named } from './contract-words.ts';
import { createJobsWorld, type JobsPlace, type JobsWorld, NOON } from './jobs-world.ts';

/** What holds of jobs whatever carries them. */
export function jobsContract(place: JobsPlace): void {
  let world: JobsWorld;
  beforeEach(async () => {
    world = await createJobsWorld(place);
  });
  afterEach(() => world.close());
  const state = async (id: Awaited<ReturnType<JobsWorld['add']>>[number]) => (await world.row(id)).state;

  test('a job runs with its input, and its outcome is recorded', async () => {
    const life = await world.live({ answer: () => done });
    const [id] = await world.add(life, {
      payload: { name: 'one', n: 1 },
      lane: 'wh_1',
      priority: 'high',
    });
    await until(async () => (await state(id!)) === 'done');
    expect(life.begun.map(({ job: { signal: _, ...job } }) => job)).toEqual([
      {
        id,
        kind: 'webhook',
        payload: { name: 'one', n: 1 },
        organization: undefined,
        lane: 'wh_1',
        attempts: 0,
      },
    ]);
    expect(await world.row(id!)).toEqual({
      id,
      seq: expect.any(Number),
      kind: 'webhook',
      state: 'done',
      priority: 'high',
      lane: 'wh_1',
      organization: undefined,
      payload: { name: 'one', n: 1 },
      attempts: 1,
      mostAttempts: 3,
      runAt: NOON,
      createdAt: NOON,
      finishedAt: NOON,
      lastError: undefined,
    });
  });

  test('a job whose transaction is rolled back was never there, and its key is free', async () => {
    const life = await world.live({ answer: () => done });
    const lost = world.database.inTransaction(async (tx) => {
      await life.jobs.add(tx, [{ kind: 'webhook', payload: { name: 'lost' }, key: 'k' }]);
      throw new Error('the change failed');
    });
    await expect(lost).rejects.toThrow('the change failed');
    const [id] = await world.add(life, { payload: { name: 'kept' }, key: 'k' });
    await until(async () => (await state(id!)) === 'done');
    expect(begun(life)).toEqual(['kept']);
    expect((await life.jobs.list({ limit: 10 })).map((job) => job.id)).toEqual([id]);
  });

  test('one key is one job: within a call, in a later one, and after it is done', async () => {
    const life = await world.live({ answer: () => done });
    const [first, again, other] = await world.add(
      life,
      { key: 'k', ...named('a')[0] },
      { key: 'k', ...named('b')[0] },
      { key: 'l', ...named('c')[0] },
    );
    await until(async () => (await state(first!)) === 'done' && (await state(other!)) === 'done');
    const [later] = await world.add(life, { key: 'k', ...named('d')[0] });
    expect([again, later]).toEqual([first, first]);
    expect(begun(life).sort()).toEqual(['a', 'c']);
  });

  test('the schedule is explicit: a pause with its jitter, then the next, then the dead letter', async () => {
    const life = await world.live({ handler: { jitter: 0.1 }, chance: () => 0.5, answer: () => failed });
    const [id] = await world.add(life, {});
    await until(async () => (await world.row(id!)).attempts === 1);
    expect(await world.row(id!)).toMatchObject({
      state: 'waiting',
      runAt: NOON + 5_250,
      lastError: 'refused',
      finishedAt: undefined,
    });
    await world.time.advance(5_249);
    expect(life.begun).toHaveLength(1);
    await world.time.advance(1);
    await until(async () => (await world.row(id!)).attempts === 2);
    expect((await world.row(id!)).runAt).toBe(NOON + 5_250 + 315_000);
    await world.time.advance(315_000);
    await until(async () => (await state(id!)) === 'dead');
    expect(life.begun.map(({ job }) => job.attempts)).toEqual([0, 1, 2]);
    expect(await world.row(id!)).toMatchObject({ attempts: 3, finishedAt: NOON + 320_250 });
    await world.time.advance(600_000);
    expect(life.begun).toHaveLength(3);
  });

  test('a moment that the outcome names counts when it is later than the pause', async () => {
    const at: Record<string, number> = { later: NOON + 60_000, sooner: NOON + 1_000 };
    const life = await world.live({ answer: (job) => ({ ...failed, at: at[name(job)]! }) });
    const [later, sooner] = await world.add(life, ...named('later', 'sooner'));
    await until(async () => (await world.row(later!)).attempts + (await world.row(sooner!)).attempts === 2);
    expect((await world.row(later!)).runAt).toBe(NOON + 60_000);
    expect((await world.row(sooner!)).runAt).toBe(NOON + 5_000);
  });

  test('what is thrown is a failed attempt; what is dead is never tried again; a bug is not shown to readers', async () => {
    const life = await world.live({
      handler: {
        async run(job) {
          if (name(job) === 'bug') throw new Error('secret detail');
          if (name(job) === 'refusal') throw new Problem('CONFLICT', 'The endpoint is disabled.');
          return { outcome: { is: 'dead', error: 'gone' } };
        },
      },
    });
    const [bug, refusal, gone] = await world.add(life, ...named('bug', 'refusal', 'gone'));
    await until(async () => {
      const rows = await Promise.all([bug, refusal, gone].map((id) => world.row(id!)));
      return rows.every(({ attempts }) => attempts === 1);
    });
    const outcome = async (id = bug) => {
      const { state: is, lastError } = await world.row(id!);
      return { is, lastError };
    };
    expect(await outcome(bug)).toEqual({
      is: 'waiting',
      lastError: 'An internal error; the log has the details.',
    });
    expect(await outcome(refusal)).toEqual({
      is: 'waiting',
      lastError: 'It was refused (CONFLICT); the log says more.',
    });
    expect(await outcome(gone)).toEqual({ is: 'dead', lastError: 'gone' });
  });

  test('an attempt that takes too long is aborted and counts as failed; its late answer changes nothing', async () => {
    const life = await world.live({ handler: { timeout: 15_000 } });
    const [id] = await world.add(life, {});
    await until(() => life.begun.length === 1);
    await world.time.advance(14_999);
    expect(life.begun[0]!.job.signal.aborted).toBe(false);
    await world.time.advance(1);
    await until(async () => (await world.row(id!)).attempts === 1);
    expect(life.begun[0]!.job.signal.aborted).toBe(true);
    life.begun[0]!.end(done);
    await world.time.advance(5_000);
    await until(() => life.begun.length === 2);
    expect(await world.row(id!)).toMatchObject({ attempts: 1, lastError: 'It took longer than 15000 ms.' });
  });

  describe('one lease, one voice', () => {
    test('leases of a process that has ended are taken over at the next start; what it still says counts for nothing', async () => {
      const recorded: string[] = [];
      const handler = (who: string) => ({
        record: async (_: unknown, finished: readonly { outcome: JobOutcome }[]) => {
          recorded.push(...finished.map(({ outcome }) => `${who}: ${outcome.is}`));
        },
      });
      const former = await world.live({ handler: handler('former'), time: world.newTime() });
      const [id] = await world.add(former, {});
      await until(() => former.begun.length === 1);
      await former.time.advance(0);
      const life = await world.live({ handler: handler('next') });
      await until(() => life.begun.length === 1);
      former.begun[0]!.end({ is: 'dead', error: 'late' });
      await until(() =>
        world.warnings.includes('a job ended after its lease was lost: that counts for nothing'),
      );
      expect(['leased', 'relayed']).toContain(await state(id!));
      life.begun[0]!.end(done);
      await until(async () => (await state(id!)) === 'done');
      expect(await world.row(id!)).toMatchObject({ attempts: 1, lastError: undefined });
      expect(recorded).toEqual(['next: done']);
      expect([former.begun.length, life.begun.length]).toEqual([1, 1]);
    });

    test('a lease that the process does not hold is over after half a minute', async () => {
      const life = await world.live();
      const frozen = await world.live({ time: world.newTime() });
      // Both have polled; from here on only the frozen one is notified of new jobs.
      await world.time.advance(0);
      const [id] = await world.add(frozen, {});
      await until(() => frozen.begun.length === 1);
      await world.time.advance(29_000);
      expect(life.begun).toEqual([]);
      await until(async () => {
        await world.time.advance(1_000);
        return life.begun.length === 1;
      });
      expect(world.time.clock.now()).toBeLessThan(NOON + 60_000);
      frozen.begun[0]!.end({ is: 'dead', error: 'late' });
      life.begun[0]!.end(done);
      await until(async () => (await state(id!)) === 'done');
      expect((await world.row(id!)).attempts).toBe(1);
    });

    test('an attempt is not taken over for as long as it runs, over a clock that is set too', async () => {
      const life = await world.live();
      const [id] = await world.add(life, {});
      await until(() => life.begun.length === 1);
      await world.time.advance(120_000);
      world.time.jump(3_600_000);
      await world.time.advance(60_000);
      world.time.jump(-7_200_000);
      await world.time.advance(60_000);
      expect(life.begun).toHaveLength(1);
      life.begun[0]!.end(done);
      await until(async () => (await state(id!)) === 'done');
    });
  });

  describe('stop', () => {
    test('ends also while nothing can be written; the next start takes over', async () => {
      let full = false;
      const life = await world.live({
        handler: { concurrency: 1 },
        inTransaction: (work) =>
          full ? Promise.reject(new Problem('STORAGE_FULL', 'full')) : world.database.inTransaction(work),
      });
      const [, second] = await world.add(life, ...named('first', 'second'));
      await until(() => life.begun.length === 1);
      await until(async () => (await state(second!)) !== 'waiting');
      full = true;
      const stopped = life.jobs.stop();
      await world.time.advance(1_000);
      life.begun[0]!.end(done);
      await stopped;
      const next = await world.live({ answer: () => done });
      await until(async () => (await next.jobs.counts()).webhook.done === 2);
      expect(begun(next).sort()).toEqual(['first', 'second']);
    });

    test('waits for what runs and gives back what did not begin', async () => {
      const life = await world.live({ handler: { concurrency: 1 } });
      const [first, second] = await world.add(life, ...named('first', 'second'));
      await until(() => life.begun.length === 1);
      const stopped = life.jobs.stop();
      await world.time.advance(1_000);
      life.begun[0]!.end(done);
      await stopped;
      expect([await state(first!), await state(second!)]).toEqual(['done', 'waiting']);
      expect(begun(life)).toEqual(['first']);
      const next = await world.live({ answer: () => done });
      await until(async () => (await state(second!)) === 'done');
      expect(begun(next)).toEqual(['second']);
    });

    test('lets go of what does not end: the next start runs it again', async () => {
      const life = await world.live();
      const [id] = await world.add(life, {});
      await until(() => life.begun.length === 1);
      const stopped = life.jobs.stop();
      await world.time.advance(10_000);
      expect(life.begun[0]!.job.signal.aborted).toBe(true);
      await world.time.advance(1_000);
      await stopped;
      life.begun[0]!.end({ is: 'dead', error: 'late' });
      await world.live({ answer: () => done });
      await until(async () => (await state(id!)) === 'done');
      expect((await world.row(id!)).attempts).toBe(1);
    });
  });

  describe('what a handler writes beside', () => {
    test('is in the same transaction as the outcome, for several at once; nothing of one without the other', async () => {
      const seen: string[][] = [];
      let broken = 1;
      const life = await world.live({
        answer: () => done,
        handler: {
          async record(tx, finished) {
            const ids = finished.map(({ job }) => job.id);
            const rows = await tx.selectFrom('job').select('state').where('id', 'in', ids).execute();
            seen.push(rows.map((row) => row.state));
            if (broken-- > 0) throw new Error('not this time');
          },
        },
      });
      await world.add(life, ...named('a', 'b', 'c'));
      await until(async () => (await life.jobs.counts()).webhook.done === 3);
      expect(seen.flat().every((one) => one === 'done')).toBe(true);
      expect(life.begun).toHaveLength(3);
    });

    test('one that can never be written counts as a failed attempt and delays no other job', async () => {
      const life = await world.live({
        answer: () => done,
        handler: {
          async record(_, finished) {
            if (finished.some(({ job }) => name(job) === 'cursed')) throw new Error('never');
          },
        },
      });
      const [good, cursed, other] = await world.add(life, ...named('good', 'cursed', 'other'));
      await until(() => life.begun.length === 3);
      await world.time.advance(3_000);
      await until(async () => (await world.row(cursed!)).attempts === 1);
      expect(await world.row(cursed!)).toMatchObject({
        state: 'waiting',
        lastError: 'What became of it could not be recorded; the log says why.',
      });
      await until(async () => (await state(good!)) === 'done' && (await state(other!)) === 'done');
    });

    test('a disk that is full for a while loses nothing and runs nothing twice', async () => {
      let full = false;
      const { inTransaction } = world.database;
      const life = await world.live({
        answer: () => done,
        handler: { concurrency: 1 },
        inTransaction: (work) =>
          full ? Promise.reject(new Problem('STORAGE_FULL', 'full')) : inTransaction(work),
      });
      const ids = await world.add(life, ...named('a', 'b', 'c', 'd'));
      await until(() => life.begun.length >= 1);
      full = true;
      await world.time.advance(45_000);
      full = false;
      await world.time.advance(2_000);
      await until(async () => (await life.jobs.counts()).webhook.done === 4);
      expect(begun(life).sort()).toEqual(['a', 'b', 'c', 'd']);
      expect(ids).toHaveLength(4);
    });
  });

  jobsInOrder(() => world);
  jobsByHand(() => world);
}
