import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { createDatabaseDriver } from '../../service/engine/jobs/index.ts';
import { onBothDatabases } from '../storage/databases.ts';
import { until } from '../support/fake-time.ts';
import { jobsContract } from './contract.ts';
import { createJobsWorld, NOON } from './jobs-world.ts';

onBothDatabases('jobs in the database', (newPlace) => {
  jobsContract({ newPlace, newDriver: createDatabaseDriver });

  describe('many', () => {
    test('100,000 jobs that wait in one lane delay no other, and few of them are leased', async () => {
      const world = await createJobsWorld({ newPlace, newDriver: createDatabaseDriver });
      try {
        await sql`with recursive n (n) as (select 1 union all select n + 1 from n where n < 100000)
          insert into job (id, seq, kind, state, priority, lane, payload, run_at, attempts, fence, created_at)
          select 'job_' || n, n, 'webhook', 'waiting', 2, 'slow', '{"name":"slow"}', ${NOON}, 0, 0, ${NOON} from n`.execute(
          world.database.db,
        );
        const life = await world.live({
          answer: ({ lane }) => (lane === 'slow' ? undefined : { is: 'done' }),
        });
        await until(() => life.begun.length === 1);
        const lanes = Array.from({ length: 50 }, (_, i) => ({ lane: `lane_${i % 10}` }));
        await world.add(life, ...lanes);
        await until(async () => (await life.jobs.list({ state: 'done', limit: 100 })).length === 50);
        expect(life.running().map(({ job }) => job.id)).toEqual(['job_1']);
        const { webhook } = await life.jobs.counts();
        expect(webhook).toMatchObject({ done: 50, dead: 0, delayed: 0 });
        expect(webhook.leased + webhook.waiting).toBe(100_000);
        expect(webhook.leased).toBeLessThanOrEqual(16);
      } finally {
        await world.close();
      }
    });

    test('what recurs is wanted soon: once, for any caller, and again after the run in progress', async () => {
      const world = await createJobsWorld({ newPlace, newDriver: createDatabaseDriver });
      const ends: (() => void)[] = [];
      try {
        const life = await world.live({
          more: (jobs) => {
            jobs.handle('retention', {
              pauses: [],
              concurrency: 1,
              timeout: 60_000,
              run: async () => {
                await new Promise<void>((resolve) => void ends.push(resolve));
                return { outcome: { is: 'done' } };
              },
            });
            jobs.every('retention', 24 * 60 * 60_000);
          },
        });
        await world.time.advance(3_000);
        expect(ends).toHaveLength(0);
        life.jobs.soon('retention');
        life.jobs.soon('retention');
        await world.time.advance(1_000);
        await until(() => ends.length === 1);
        life.jobs.soon('retention');
        life.jobs.soon('retention');
        await world.time.advance(5_000);
        expect(ends).toHaveLength(1);
        ends[0]!();
        await until(async () => (await life.jobs.counts()).retention.done === 1);
        await world.time.advance(1_000);
        await until(() => ends.length === 2);
        ends[1]!();
        await until(async () => (await life.jobs.counts()).retention.done === 2);
        await world.time.advance(10_000);
        expect(ends).toHaveLength(2);
      } finally {
        for (const end of ends) end();
        await world.close();
      }
    });

    test('what is done is kept for a while: the newest of a kind that recurs, a week of the others', async () => {
      const world = await createJobsWorld({ newPlace, newDriver: createDatabaseDriver });
      const DAY = 24 * 60 * 60_000;
      try {
        await sql`with recursive n (n) as (select 1 union all select n + 1 from n where n < 300)
          insert into job (id, seq, kind, state, priority, payload, run_at, attempts, fence, created_at, finished_at)
          select 'job_' || n, n, case when n <= 150 then 'retention' else 'webhook' end,
            case when n <= 290 then 'done' else 'dead' end, 2, '{}', ${NOON}, 1, 1, ${NOON},
            cast(${NOON - 8 * DAY} as bigint) + (case when n <= 150 then n else n - 150 end) * 3600000 from n`.execute(
          world.database.db,
        );
        const life = await world.live({
          more: (jobs) => {
            jobs.handle('retention', {
              pauses: [],
              concurrency: 1,
              timeout: 1_000,
              run: async () => ({ outcome: { is: 'done' } }),
            });
            jobs.every('retention', DAY);
          },
        });
        await world.time.advance(62_000);
        await until(async () => (await life.jobs.counts()).retention.done === 100);
        const left = await life.jobs.list({ kind: 'retention', limit: 200 });
        expect(left.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => `job_${150 - i}`));
        const { webhook } = await life.jobs.counts();
        // Of 140, those of the first day are older than a week.
        expect(webhook).toMatchObject({ done: 140 - 24, dead: 10 });
      } finally {
        await world.close();
      }
    });
  });
});
