import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDatabaseDriver, type JobOutcome } from '../../service/engine/jobs/index.ts';
import type { JobId } from '../../service/lib/id.ts';
import { type Attempt, createJobsWorld, type Life } from './jobs-world.ts';

/** What may happen, in any order. */
type Step =
  | { do: 'add'; lane: string | undefined; later: number; key: string | undefined }
  | { do: 'roll back'; lane: string }
  | { do: 'end'; which: number; outcome: 'done' | 'failed' | 'dead' }
  /** The process is gone: nothing it does counts any more, and another one starts. */
  | { do: 'crash'; ending: boolean }
  | { do: 'stop' }
  | { do: 'pass'; milliseconds: number }
  | { do: 'jump'; milliseconds: number };

const lanes = fc.constantFrom(undefined, 'a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      lane: lanes,
      later: fc.constantFrom(0, 0, 0, 700, 40_000),
      key: fc.constantFrom(undefined, undefined, 'k', 'l'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll back' as const), lane: fc.constant('a') }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(5),
      outcome: fc.constantFrom('done' as const, 'done' as const, 'failed' as const, 'dead' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('crash' as const), ending: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'stop' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), milliseconds: fc.nat(35_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      milliseconds: fc.integer({ min: -90_000, max: 90_000 }),
    }),
  },
);

const outcomes: Record<string, JobOutcome> = {
  done: { is: 'done' },
  failed: { is: 'failed', error: 'refused' },
  dead: { is: 'dead', error: 'gone' },
};
const RETRIES = 2;
const CONCURRENCY = 8;

interface Known {
  lane: string | undefined;
  order: number;
  /** Outcomes of its attempts, of those that may have been recorded. */
  ended: string[];
}

test('whatever happens in whatever order: none is lost, none runs twice at a time, lanes keep their order', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const world = await createJobsWorld({
        newPlace: async () => ({ kind: 'sqlite-memory' }),
        newDriver: createDatabaseDriver,
      });
      const known = new Map<JobId, Known>();
      const keys = new Map<string, JobId>();
      let order = 0;
      let checked = 0;
      let newest = new Map<string, number>();
      let life!: Life;

      async function begin(): Promise<void> {
        life = await world.live({
          handler: { pauses: [700, 5_000], concurrency: CONCURRENCY, retriesPerLane: RETRIES },
        });
        checked = 0;
        newest = new Map();
      }

      /** What must hold at every moment. */
      function check(): void {
        const running = life.running();
        expect(new Set(running.map(({ job }) => job.id)).size, 'twice at a time').toBe(running.length);
        expect(running.length).toBeLessThanOrEqual(CONCURRENCY);
        for (const lane of ['a', 'b', 'c']) {
          const own = running.filter(({ job }) => job.lane === lane);
          expect(own.filter(({ job }) => job.attempts === 0).length, 'first attempts').toBeLessThan(2);
          expect(own.filter(({ job }) => job.attempts > 0).length, 'retries').toBeLessThanOrEqual(RETRIES);
        }
        for (const { job } of life.begun.slice(checked)) {
          const of = known.get(job.id);
          expect(known.has(job.id), 'of a transaction that was rolled back').toBe(true);
          if (job.attempts > 0 || job.lane === undefined) continue;
          expect(of!.order, `the order of ${job.lane}`).toBeGreaterThan(newest.get(job.lane) ?? -1);
          newest.set(job.lane, of!.order);
        }
        checked = life.begun.length;
      }

      function end({ job, end }: Attempt, outcome: string): void {
        known.get(job.id)!.ended.push(outcome);
        end(outcomes[outcome]!);
      }

      async function take(one: Step): Promise<void> {
        switch (one.do) {
          case 'add': {
            const { lane, later, key } = one;
            const there = key === undefined ? undefined : keys.get(key);
            const [id] = await world.add(life, {
              ...(lane !== undefined && { lane }),
              ...(key !== undefined && { key }),
              runAt: world.time.clock.now() + later,
            });
            if (there !== undefined) return expect(id).toBe(there);
            known.set(id!, { lane, order: order++, ended: [] });
            if (key !== undefined) keys.set(key, id!);
            return;
          }
          case 'roll back':
            return world.database
              .inTransaction(async (tx) => {
                await life.jobs.add(tx, [{ kind: 'webhook', payload: {}, lane: one.lane }]);
                throw new Error('rolled back');
              })
              .catch((error: Error) => expect(error.message).toBe('rolled back'));
          case 'end': {
            const running = life.running();
            const attempt = running[one.which % Math.max(1, running.length)];
            if (attempt) end(attempt, one.outcome);
            return;
          }
          case 'crash': {
            // What ends in its last moment is not on disk yet.
            const [last] = life.running();
            if (last && one.ending) end(last, 'done');
            world.kill(life);
            return begin();
          }
          case 'stop': {
            const stopped = life.jobs.stop();
            await world.time.advance(15_000);
            await stopped;
            return begin();
          }
          case 'pass':
            return world.time.advance(one.milliseconds);
          case 'jump':
            return world.time.jump(one.milliseconds);
          default:
            return one satisfies never;
        }
      }

      try {
        await begin();
        for (const one of steps) {
          await take(one);
          await world.time.advance(0);
          check();
        }
        // Left alone, everything that was added comes to its end.
        for (let round = 0; round < 200; round++) {
          const rows = await life.jobs.list({ limit: 1_000 });
          if (rows.every(({ state }) => state === 'done' || state === 'dead')) break;
          for (const attempt of life.running()) end(attempt, 'done');
          await world.time.advance(20_000);
          check();
        }
        const rows = await life.jobs.list({ limit: 1_000 });
        expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(known.keys()));
        for (const { id, state, attempts } of rows) {
          const { ended } = known.get(id)!;
          expect(['done', 'dead']).toContain(state);
          // Each ended as an attempt of this model said, and none was counted that never was.
          expect(ended.length).toBeGreaterThanOrEqual(attempts);
          expect(ended).toContain(state === 'done' ? 'done' : ended.includes('dead') ? 'dead' : 'failed');
        }
      } finally {
        await world.close();
      }
    }),
    { numRuns: 60 },
  );
});
