import type { FastifyInstance } from 'fastify';
import { createRecent } from '../../lib/collections/recent.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { meteredAs } from '../authentication.ts';

export type BodyPace = ReturnType<typeof createBodyPace>;

interface BodyPaceDeps {
  /** Bytes of one key a second, once it has used up `burst` bytes. */
  perSecond: number;
  burst: number;
  /** Milliseconds that one may be ahead of its pace at most, whatever it is charged. */
  mostAhead?: number;
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
export function createBodyPace({ perSecond, burst, mostAhead = Infinity, elapsed, wait }: BodyPaceDeps) {
  const free = (burst / perSecond) * 1000;
  /** Milliseconds of the moment at which a key's bytes are paid for. */
  const paid = createRecent<string, { until: number }>(MOST_KEYS);
  /** Milliseconds to wait once `bytes` more are counted; negative within the burst. */
  function count(who: string, bytes: number): number {
    const now = elapsed();
    const before = paid.get(who)?.until ?? now;
    const until = Math.min(Math.max(before, now) + (bytes / perSecond) * 1000, now + free + mostAhead);
    paid.set(who, { until });
    return until - now - free;
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

/** Whose request a body is. */
export interface BodySender {
  /** A key's id, a session, an address. */
  caller: string;
  /** Their organization, or the address again. */
  group: string;
}

/** A body on its way. */
export interface IncomingBody {
  isWhole(): boolean;
  /** Bytes that have come. */
  came(): number;
  /** Ends its request. */
  close(): void;
}

interface Holder {
  bytes: number;
}

interface Held {
  caller: Holder;
  group: Holder;
  bytes: number;
  /** Milliseconds that only ever grow. */
  since: number;
  body: IncomingBody;
}

interface BodyBudgetDeps {
  /** Bytes in all. */
  total: number;
  /** Milliseconds within which a body has to be whole. */
  deadline: number;
  /** Milliseconds that only ever grow. */
  elapsed?: () => number;
}

/** Milliseconds in which no body is late. */
const GRACE = 3_000;
/** Holders of nothing are forgotten together, where there are more than this and than twice those who hold something. */
const IDLE_HOLDERS = 1_000;

function createHolders() {
  let holders = new Map<string, Holder>();
  let most = IDLE_HOLDERS;
  return function holderOf(name: string): Holder {
    const known = holders.get(name);
    if (known) return known;
    if (holders.size >= most) {
      holders = new Map([...holders].filter(([, { bytes }]) => bytes > 0));
      most = Math.max(IDLE_HOLDERS, 2 * holders.size);
    }
    const holder = { bytes: 0 };
    holders.set(name, holder);
    return holder;
  };
}

/**
 * A bound on request bodies in memory, over all connections: each alone is limited, many slow ones together are not. One caller may hold half of
 * it. Room is taken by the announced size, before a byte has come. So where there is none, those give way that cannot be whole by their
 * deadline at the pace at which they come, the oldest first; then bodies on their way of who holds more than twice what the newcomer
 * would: of the organization with the most, in it of the caller with the most.
 */
export function createBodyBudget({ total, deadline, elapsed = () => performance.now() }: BodyBudgetDeps) {
  const callerOf = createHolders();
  const groupOf = createHolders();
  /** The oldest first. */
  const held = new Set<Held>();
  let all = 0;

  function release(one: Held): void {
    if (!held.delete(one)) return;
    all -= one.bytes;
    one.caller.bytes -= one.bytes;
    one.group.bytes -= one.bytes;
  }

  function close(one: Held): void {
    release(one);
    one.body.close();
  }

  function isLate({ bytes, since, body }: Held, now: number): boolean {
    const passed = now - since;
    return passed > GRACE && !body.isWhole() && body.came() < (bytes * passed) / deadline;
  }

  /** A body on its way of who holds the most. */
  function ofLargest(): Held | undefined {
    let found: Held | undefined;
    for (const one of held) {
      if (one.body.isWhole()) continue;
      const more = found && (one.group.bytes - found.group.bytes || one.caller.bytes - found.caller.bytes);
      if (more === undefined || more > 0) found = one;
    }
    return found;
  }

  return {
    /**
     * Sets `bytes` aside for one request until the returned function is called; twice does no harm. Throws OVERLOADED when the box, or this
     * caller, holds too much already, and no other body gives way.
     */
    take(sender: BodySender, bytes: number, body: IncomingBody): () => void {
      const [caller, group] = [callerOf(sender.caller), groupOf(sender.group)];
      const isOverShare = () => caller.bytes > 0 && caller.bytes + bytes > total / 2;
      // A single request always fits an idle box, whatever the budget.
      const fits = () => all === 0 || (all + bytes <= total && !isOverShare());
      if (!fits()) {
        const now = elapsed();
        for (const one of held) {
          if (fits()) break;
          if (isLate(one, now) && (!isOverShare() || one.caller === caller)) close(one);
        }
      }
      while (!fits() && !isOverShare()) {
        const one = ofLargest();
        const [theirs, own] = one?.group === group ? [one.caller, caller] : [one?.group, group];
        if (!one || theirs!.bytes <= 2 * (own.bytes + bytes)) break;
        close(one);
      }
      if (!fits()) {
        throw new Problem(
          'OVERLOADED',
          isOverShare()
            ? 'Too many bytes of your requests are on their way at once: send fewer at a time.'
            : 'Too many large requests are on their way at once: try again shortly.',
          { retryAfterSeconds: 1 },
        );
      }
      const mine = { caller, group, bytes, since: elapsed(), body };
      held.add(mine);
      all += bytes;
      caller.bytes += bytes;
      group.bytes += bytes;
      return () => release(mine);
    },
  };
}
