import { describe, expect, test } from 'vitest';
import type { JobId } from '../../service/lib/id.ts';
import { until } from '../support/fake-time.ts';
import { ada, begun, done, failed, name, named } from './contract-words.ts';
import { type JobsWorld, NOON } from './jobs-world.ts';

/** What an operator does to jobs, in whatever carries them. */
export function jobsByHand(world: () => JobsWorld): void {
  const state = async (id: JobId) => (await world().row(id)).state;

  describe('by hand', () => {
    test('a dead job is tried again with all its attempts before it, and removed; both leave a line', async () => {
      const life = await world().live({ answer: (job) => (job.payload.name === 'ok' ? done : failed) });
      const [id] = await world().add(life, {});
      await until(async () => (await world().row(id!)).attempts === 1);
      await world().time.advance(5_000);
      await until(async () => (await world().row(id!)).attempts === 2);
      await world().time.advance(300_000);
      await until(async () => (await state(id!)) === 'dead');
      expect(await life.jobs.retry(id!, ada)).toMatchObject({ state: 'waiting', attempts: 0 });
      await until(async () => (await world().row(id!)).attempts === 1);
      await life.jobs.remove(id!, ada);
      expect(await life.jobs.get(id!)).toBeUndefined();
      const lines = await world()
        .database.db.selectFrom('audit')
        .select(['actor', 'action', 'target', 'details'])
        .orderBy('seq')
        .execute();
      expect(lines).toEqual([
        {
          actor: 'operator:ada',
          action: 'job.retry',
          target: id,
          details: '{"kind":"webhook","state":"dead","attempts":3}',
        },
        {
          actor: 'operator:ada',
          action: 'job.remove',
          target: id,
          details: '{"kind":"webhook","state":"waiting","attempts":1}',
        },
      ]);
      await world().time.advance(600_000);
      expect(life.begun).toHaveLength(4);
    });

    test('a job that waits behind another is removed and never runs; one that waits for its time runs at once', async () => {
      const life = await world().live({ handler: { concurrency: 1 } });
      const [, second, third] = await world().add(
        life,
        { lane: 'a', ...named('first')[0] },
        { lane: 'a', ...named('second')[0] },
        { lane: 'a', ...named('third')[0] },
        { runAt: NOON + 3_600_000, ...named('delayed')[0] },
      );
      await until(() => life.begun.length === 1);
      await life.jobs.remove(second!, ada);
      const [delayed] = await life.jobs.list({ state: 'delayed', limit: 1 });
      await life.jobs.retry(delayed!.id, ada);
      life.begun[0]!.end(done);
      await until(() => life.begun.length === 2);
      life.begun[1]!.end(done);
      await until(() => life.begun.length === 3);
      life.begun[2]!.end(done);
      await until(async () => (await state(third!)) === 'done' && (await state(delayed!.id)) === 'done');
      expect(begun(life).sort()).toEqual(['delayed', 'first', 'third']);
    });

    test('what runs, is done or is not there is refused with a sentence', async () => {
      const life = await world().live({ answer: (job) => (name(job) === 'done' ? done : undefined) });
      const [over, runs] = await world().add(life, ...named('done', 'runs'));
      await until(async () => (await state(over!)) === 'done' && life.begun.length === 2);
      await expect(life.jobs.retry(over!, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(life.jobs.retry(runs!, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(life.jobs.remove(runs!, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
      const noJob = 'job_none' as typeof over;
      await expect(life.jobs.retry(noJob!, ada)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(life.jobs.remove(noJob!, ada)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await world().database.db.selectFrom('audit').select('id').execute()).toEqual([]);
    });

    test('jobs are listed newest first, page by page', async () => {
      const life = await world().live({ answer: () => done });
      const ids = await world().add(life, ...named('1', '2', '3', '4', '5'));
      await until(async () => (await life.jobs.counts()).webhook.done === 5);
      const first = await life.jobs.list({ kind: 'webhook', state: 'done', limit: 2 });
      const second = await life.jobs.list({ limit: 2, before: first[1]!.seq });
      expect([...first, ...second].map(({ id }) => id)).toEqual(ids.slice(1).reverse());
    });
  });
}
