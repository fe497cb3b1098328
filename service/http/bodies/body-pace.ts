import type { FastifyInstance } from 'fastify';
import { createRecent } from '../../lib/collections/recent.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { meteredAs } from '../authentication.ts';

export type BodyPace = ReturnType<typeof createBodyPace>;

interface BodyPaceDeps {
  /** Bytes of one key a second, once it has used up `burst` bytes. */
  perSecond: number;
  burst: number;
  /** Milliseconds that only ever grow. */
  elapsed: () => number;
  wait: (milliseconds: number) => Promise<void>;
}

/** Rate in the product: bytes of one key. */
export const bodyRate = { perSecond: 16 * 1024 * 1024, burst: 64 * 1024 * 1024 } as const;

/**
 * Bytes that a picture refused before its faces are searched counts for, beside its own. Such a refusal is small and quick, so hundreds
 * a second fit into the rate of bytes, and each costs a decoder a look at it: 32 at once, then 8 a second.
 */
export const REFUSED_PICTURE_BYTES = 2 * 1024 * 1024;

/** Keys whose bytes are remembered; those that have sent nothing for long are forgotten first. */
const MOST_KEYS = 20_000;

/** Bodies are read on the one thread that answers every caller, so a key's bodies are read no faster than this. */
export function createBodyPace({ perSecond, burst, elapsed, wait }: BodyPaceDeps) {
  /** Milliseconds of the moment at which a key's bytes are paid for. */
  const paid = createRecent<string, { until: number }>(MOST_KEYS);
  /** Milliseconds to wait once `bytes` more are counted; negative within the burst. */
  function count(who: string, bytes: number): number {
    const now = elapsed();
    const before = paid.get(who)?.until ?? now;
    const until = Math.max(before, now) + (bytes / perSecond) * 1000;
    paid.set(who, { until });
    return until - now - (burst / perSecond) * 1000;
  }
  return {
    /**
     * Counts `bytes` that `who` (a key's id) has sent in a body. Undefined, or a promise to wait for before reading on: what is not read
     * fills the connection, and the sender has to wait too.
     */
    took(who: string, bytes: number): Promise<void> | undefined {
      const ahead = count(who, bytes);
      return ahead > 0 ? wait(ahead) : undefined;
    },
    /** Counts `bytes` against `who` without a wait: what it sends next waits. */
    charge: (who: string, bytes: number): void => void count(who, bytes),
  };
}

declare module 'fastify' {
  interface FastifyInstance {
    /** How fast the bodies of one caller are read. */
    bodyPace: BodyPace;
  }
}

/** Refusals of a picture before faces are searched in it. */
const refusedPictures: ReadonlySet<ProblemCode> = new Set([
  'IMAGE_FORMAT_UNSUPPORTED',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNREADABLE',
]);

/**
 * A caller with a credential that is ahead of its pace waits before its body is read, whatever the media type; a picture refused before its faces
 * are searched counts as REFUSED_PICTURE_BYTES.
 */
export function paceRequests(app: FastifyInstance, pace: BodyPace): void {
  app.decorate('bodyPace', pace);
  app.addHook('onRequest', ({ caller }, _, done) => {
    const pause = caller ? pace.took(meteredAs(caller), 0) : undefined;
    if (pause) pause.then(() => done(), done);
    else done();
  });
  app.addHook('onResponse', ({ caller, problem }, _, done) => {
    if (caller && problem && refusedPictures.has(problem))
      pace.charge(meteredAs(caller), REFUSED_PICTURE_BYTES);
    done();
  });
}

interface Caller {
  bytes: number;
}

/** Callers who hold nothing are forgotten together, where there are more than this and than twice those who hold something. */
const IDLE_CALLERS = 1_000;

/**
 * A bound on request bodies in memory, over all connections: each alone is limited, many slow ones together are not. One
 * caller may hold half of it, so that a key cannot shut the others out.
 */
export function createBodyBudget(total: number) {
  let callers = new Map<string, Caller>();
  let most = IDLE_CALLERS;
  let all = 0;

  function callerOf(who: string): Caller {
    const known = callers.get(who);
    if (known) return known;
    if (callers.size >= most) {
      callers = new Map([...callers].filter(([, { bytes }]) => bytes > 0));
      most = Math.max(IDLE_CALLERS, 2 * callers.size);
    }
    const caller = { bytes: 0 };
    callers.set(who, caller);
    return caller;
  }

  return {
    /**
     * Sets `bytes` aside for one request of `who` (a key's id, an address) until the returned function is called; twice does no harm.
     * Throws OVERLOADED when the box, or this caller, holds too much already.
     */
    take(who: string, bytes: number): () => void {
      const caller = callerOf(who);
      const own = caller.bytes;
      // A single request always fits an idle box, whatever the budget.
      if (all > 0 && (all + bytes > total || (own > 0 && own + bytes > total / 2))) {
        throw new Problem(
          'OVERLOADED',
          own + bytes > total / 2
            ? 'Too many bytes of your requests are on their way at once: send fewer at a time.'
            : 'Too many large requests are on their way at once: try again shortly.',
          { retryAfterSeconds: 1 },
        );
      }
      all += bytes;
      caller.bytes += bytes;
      let returned = false;
      return () => {
        if (returned) return;
        returned = true;
        all -= bytes;
        caller.bytes -= bytes;
      };
    },
  };
}
