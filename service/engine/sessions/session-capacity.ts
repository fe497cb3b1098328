import type { Clock } from '../../lib/clock.ts';
import { createFairQueue, type Share } from '../../lib/fair/fair-queue.ts';
import { createFrameLoadMeter, type FrameLoadMeter, isCrowded, placesFor } from './frame-load.ts';

/** Where a session is in the queue. */
export interface QueuePosition {
  /** In the queue, from 1; 0: admitted. */
  position: number;
  /** Seconds until it is admitted, by how long places were held lately; 0 for one that is. */
  waitSeconds: number;
}

/** Places for sessions whose frames are judged now. */
export interface SessionCapacity {
  /** Asking keeps the place in the queue; a place is kept by frames that are judged. */
  ask(session: string, share: Share): QueuePosition;
  /** Judges a frame of an admitted session: one that was read keeps the place, and meanwhile it is not lost. */
  judge<T>(session: string, work: () => Promise<T>): Promise<T>;
  /** Frees the place, or the place in the queue. */
  leave(session: string): void;
  measured: FrameLoadMeter['measured'];
  /** Sessions that may be judged at a time, as the last seconds show. */
  capacity(): number;
  readonly admitted: number;
  readonly waiting: number;
}

export interface SessionCapacityDeps {
  workers: number;
  clock: Clock;
  /** Milliseconds that the workers have spent on pictures since they started, added up. */
  workTime: () => number;
}

/** Milliseconds after which a session that asks for nothing has lost its place in the queue. */
const SILENT = 5_000;
/** Milliseconds without a judged frame after which an admitted session has lost its place: it joins the queue again. */
const WITHOUT_FRAME = 3_000;
/** Milliseconds to the first judged frame, where another waits: a page in the queue asks each second, with a frame in hand. */
const FIRST_FRAME = 2_000;
/** Milliseconds for which a place is held at most while others wait: an attempt, and the guidance before it. */
const LONGEST = 150_000;
/** Milliseconds from one session more to the next, so that the figures show the one before; as many as there are workers need not wait. */
const SETTLING = 1_000;
/** Sessions that wait: of one address under one key or flow, and in all. A further one is not noted, and asks again. */
const MOST_WAITING = { perAddress: 32, all: 1_000 };
/** Milliseconds for which a place is held before any was measured. */
const ASSUMED_HELD = 20_000;

interface Asking {
  session: string;
  share: Share;
  /** Last asked. */
  at: number;
  /** When it was admitted, and when its last frame was judged. */
  since?: number;
  judgedAt?: number;
  /** Frames that are being judged. */
  busy: number;
}

/** The sessions that wait, in fair turns. */
function createWaiting(clock: Clock, seats: () => number) {
  const bySession = new Map<string, Asking>();
  const queue = createFairQueue<Asking>({ seats, clock, keepsFor: 'organizations' });
  let order: Asking[] | undefined;

  function remove(one: Asking): void {
    bySession.delete(one.session);
    queue.remove(one);
    order = undefined;
  }
  return {
    get size() {
      return bySession.size;
    },
    get: (session: string) => bySession.get(session),
    all: () => bySession.values(),
    remove,
    /** Not of an address that has its share of the queue already. */
    add(one: Asking): void {
      if (queue.waitingOf(one.share) >= MOST_WAITING.perAddress) return;
      queue.add(one);
      bySession.set(one.session, one);
      order = undefined;
      if (bySession.size > MOST_WAITING.all) remove(queue.mostExpendable(one));
    },
    /** The next to be admitted. */
    take(): Asking | undefined {
      const next = queue.take();
      if (!next) return undefined;
      order = undefined;
      bySession.delete(next.session);
      return next;
    },
    /** An admitted one has ended. */
    finish(one: Asking): void {
      queue.finish(one);
      order = undefined;
    },
    /** From 1; behind the others for one that is not noted. */
    positionOf(session: string): number {
      order ??= queue.order();
      const found = order.findIndex((one) => one.session === session);
      return (found < 0 ? order.length : found) + 1;
    },
  };
}

/** Whether an admitted session has lost its place, while others wait or not. */
function isLost({ busy, since = 0, judgedAt }: Asking, now: number, wanted: boolean): boolean {
  if (busy > 0) return false;
  const silent =
    judgedAt === undefined
      ? isPast(since, wanted ? FIRST_FRAME : WITHOUT_FRAME, now)
      : isPast(judgedAt, WITHOUT_FRAME, now);
  return silent || (wanted && isPast(since, LONGEST, now));
}

/** Also where the clock was set back. */
const isPast = (at: number, milliseconds: number, now: number) => at <= now - milliseconds || at > now;

/**
 * Admits as many sessions as keep ten frames a second each, by what the last seconds show; the others wait in fair turns
 * (fair-queue.ts). A session that is admitted keeps its place when frames become slower, and loses it when it sends none.
 */
export function createSessionCapacity(deps: SessionCapacityDeps): SessionCapacity {
  const { workers, clock } = deps;
  const meter = createFrameLoadMeter(deps);
  const admitted = new Map<string, Asking>();
  const waiting = createWaiting(clock, capacity);
  let held = ASSUMED_HELD;
  let crowded = false;
  /** When one more was admitted than before, and how many they were then. */
  let grown = { at: Number.NEGATIVE_INFINITY, to: 0 };

  function capacity(): number {
    const load = meter.load();
    crowded = isCrowded(load, crowded);
    const places = placesFor(load, workers);
    return crowded ? Math.max(1, Math.min(places, admitted.size)) : places;
  }
  function end(one: Asking): void {
    admitted.delete(one.session);
    waiting.finish(one);
    held += (Math.abs(clock.now() - one.since!) - held) / 8;
  }
  function tidy(): void {
    const now = clock.now();
    for (const one of waiting.all()) if (isPast(one.at, SILENT, now)) waiting.remove(one);
    for (const one of admitted.values()) if (isLost(one, now, waiting.size > 0)) end(one);
  }
  function fill(): void {
    while (waiting.size > 0) {
      const now = clock.now();
      const settling = Math.abs(now - grown.at) < SETTLING;
      if (settling && admitted.size >= Math.max(workers, grown.to)) return;
      if (admitted.size >= capacity()) return;
      const next = waiting.take();
      if (!next) return;
      admitted.set(next.session, { ...next, since: now });
      if (!settling || admitted.size > grown.to) grown = { at: now, to: admitted.size };
    }
  }

  return {
    ask(session, share) {
      tidy();
      const at = clock.now();
      const before = waiting.get(session);
      if (before) before.at = at;
      else if (!admitted.has(session)) waiting.add({ session, share, at, busy: 0 });
      fill();
      if (admitted.has(session)) return { position: 0, waitSeconds: 0 };
      const position = waiting.positionOf(session);
      return { position, waitSeconds: Math.ceil((position * held) / capacity() / 1000) };
    },
    async judge(session, work) {
      const one = admitted.get(session);
      if (!one) return work();
      one.busy++;
      try {
        const result = await work();
        one.judgedAt = clock.now();
        return result;
      } finally {
        one.busy--;
      }
    },
    leave(session) {
      const [place, inQueue] = [admitted.get(session), waiting.get(session)];
      if (place) end(place);
      if (inQueue) waiting.remove(inQueue);
      fill();
    },
    measured: meter.measured,
    capacity,
    get admitted() {
      return admitted.size;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
