import type { FastifyInstance } from 'fastify';
import { Problem } from '../../lib/problem.ts';
import { type BodyPace, createBodyPace } from '../bodies/body-pace.ts';
import { createFairTurns } from './turns.ts';

/** Requests without a credential of one address: those at once, then so many a second. */
export const publicRate = { perSecond: 200, burst: 1_000 } as const;
/** Requests of one address that wait for their turn; a further one is refused. */
const MOST_WAITING = 64;

/** Requests to public routes are taken from one address at a pace: what is ahead of it waits. Those of all addresses are taken in turns. */
export function pacePublic(
  app: FastifyInstance,
  pace: Pick<BodyPace, 'took'>,
  sourceOf: (address: string) => string,
): void {
  const waiting = new Map<string, number>();
  const turn = createFairTurns();
  app.addHook('onRequest', async (request) => {
    // A route that is not there costs as much as one that is open to all.
    if (!request.is404 && request.routeOptions.config.access !== 'public') return;
    const source = sourceOf(request.ip);
    const before = waiting.get(source) ?? 0;
    if (before >= MOST_WAITING) throw tooMany();
    const pause = pace.took(source, 1);
    if (!pause) return turn(source);
    waiting.set(source, before + 1);
    try {
      await pause;
    } finally {
      const left = (waiting.get(source) ?? 1) - 1;
      if (left > 0) waiting.set(source, left);
      else waiting.delete(source);
    }
    await turn(source);
  });
}

export const createPublicPace = (deps: Pick<Parameters<typeof createBodyPace>[0], 'elapsed' | 'wait'>) =>
  createBodyPace({ ...publicRate, ...deps });

const tooMany = () =>
  new Problem(
    'OVERLOADED',
    'Too many requests of this address at once: wait for their answers, then go on.',
    {
      retryAfterSeconds: 1,
    },
  );
