import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outcome } from '../../service/engine/events/index.ts';
import { type Attempt, createQueueWorld, type Life } from './queue-world.ts';

/** What may happen, in any order. */
type Step =
  | { do: 'add'; lane: string | undefined }
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

const outcomes: Record<string, Outcome> = {
  done: { is: 'delivered' },
  failed: { is: 'failed', reason: 'refused' },
  dead: { is: 'given-up', reason: 'gone' },
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
      const world = await createQueueWorld({ kind: 'sqlite-memory' });
      const known = new Map<string, Known>();
      let order = 0;
      let checked = 0;
      let newest = new Map<string, number>();
      let life!: Life;

      async function begin(): Promise<void> {
        life = await world.live({
          handler: { pauses: [700, 5_000] },
          most: CONCURRENCY,
        });
        checked = 0;
        newest = new Map();
      }

      const isFirst = ({ delivery }: Attempt) => delivery.tries === 0;

      /** What must hold at every moment. */
      function check(): void {
        const running = life.running();
        expect(new Set(running.map(({ delivery }) => delivery.id)).size, 'twice at a time').toBe(
          running.length,
        );
        expect(running.length).toBeLessThanOrEqual(CONCURRENCY);
        for (const lane of ['a', 'b', 'c']) {
          const own = running.filter(({ delivery }) => known.get(delivery.id)?.lane === lane);
          expect(own.filter(isFirst).length, 'first attempts').toBeLessThan(2);
          expect(own.filter((one) => !isFirst(one)).length, 'retries').toBeLessThanOrEqual(RETRIES);
        }
        for (const attempt of life.begun.slice(checked)) {
          const of = known.get(attempt.delivery.id);
          expect(of, 'of a transaction that was rolled back').toBeDefined();
          if (!isFirst(attempt) || of!.lane === undefined) continue;
          expect(of!.order, `the order of ${of!.lane}`).toBeGreaterThan(newest.get(of!.lane) ?? -1);
          newest.set(of!.lane, of!.order);
        }
        checked = life.begun.length;
      }

      function end({ delivery, end }: Attempt, outcome: string): void {
        known.get(delivery.id)!.ended.push(outcome);
        end(outcomes[outcome]!);
      }

      async function take(one: Step): Promise<void> {
        switch (one.do) {
          case 'add': {
            const { lane } = one;
            const [id] = await world.add(life, { ...(lane !== undefined && { lane }) });
            known.set(id!, { lane, order: order++, ended: [] });
            return;
          }
          case 'roll back':
            return world
              .rollBack(life, { lane: one.lane })
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
            const stopped = life.stop();
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
          const rows = await life.jobs.list({ kind: 'webhook', limit: 1_000 });
          if (rows.every(({ state }) => state === 'done' || state === 'dead')) break;
          for (const attempt of life.running()) end(attempt, 'done');
          await world.time.advance(20_000);
          check();
        }
        const rows = await life.jobs.list({ kind: 'webhook', limit: 1_000 });
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
