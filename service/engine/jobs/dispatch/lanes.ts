import type { Held, Want } from './held.ts';
import { createLeaseBatch, type LeaseBatch } from './lease-batch.ts';

export interface Lane {
  name: string;
  firsts: Held[];
  /** Its one first attempt, under way. */
  first: Held | undefined;
  /** When there may be something to lease; Infinity: nothing. */
  firstAt: number;
  retryAt: number;
  /** Leased and not ended. */
  retries: number;
  batch: LeaseBatch;
}

const NEVER = Number.POSITIVE_INFINITY;

const newLane = (name: string): Lane => ({
  ...{ name, firsts: [], first: undefined, retries: 0, batch: createLeaseBatch() },
  ...{ firstAt: NEVER, retryAt: NEVER },
});

const isIdle = ({ first, firsts, firstAt, retries, retryAt }: Lane): boolean =>
  firstAt === NEVER && retryAt === NEVER && !first && firsts.length === 0 && retries === 0;

export const isLane = (entry: Lane | Held): entry is Lane => 'firsts' in entry;

/** The lanes of one kind that have work: which to lease from now, and when those that sleep are due. */
export function createLanes(retriesPerLane: number) {
  const lanes = new Map<string, Lane>();
  /** Longest waiting first. */
  const hungry = { firsts: new Set<Lane>(), retries: new Set<Lane>() };
  /** No lane that sleeps is due earlier. */
  let soonest = NEVER;

  function of(name: string): Lane {
    const lane = lanes.get(name) ?? newLane(name);
    lanes.set(name, lane);
    return lane;
  }

  /** Files the lane: among the hungry when it is due, else it sleeps until it is. */
  function place(lane: Lane, now: number): void {
    if (lane.firstAt <= now) {
      if (lane.firsts.length <= lane.batch.size() / 4) hungry.firsts.add(lane);
    } else soonest = Math.min(soonest, lane.firstAt);
    if (lane.retryAt <= now) {
      if (lane.retries < retriesPerLane) hungry.retries.add(lane);
    } else soonest = Math.min(soonest, lane.retryAt);
  }

  return {
    hungry,
    of,
    place,
    /** Jobs wait in the lane from `at` on. */
    waits(name: string, retry: boolean, at: number): Lane {
      const lane = of(name);
      if (retry) lane.retryAt = Math.min(lane.retryAt, at);
      else lane.firstAt = Math.min(lane.firstAt, at);
      return lane;
    },
    /** As `place`; a lane without work is forgotten. */
    settle(lane: Lane, now: number): void {
      place(lane, now);
      if (isIdle(lane)) lanes.delete(lane.name);
    },
    soonest: () => soonest,
    wake(now: number): void {
      if (now < soonest) return;
      soonest = NEVER;
      for (const lane of lanes.values()) place(lane, now);
    },
    /** At most so many, for `room` retries together. Sets what waits, as far as `waits` covers. */
    wantRetries(most: number, room: number): Want[] {
      const wants: Want[] = [];
      for (const lane of hungry.retries) {
        if (wants.length >= most || room <= 0) break;
        hungry.retries.delete(lane);
        const limit = Math.min(retriesPerLane - lane.retries, room);
        if (limit <= 0) continue;
        lane.retryAt = NEVER;
        room -= limit;
        wants.push({ from: { lane: lane.name, retry: true }, limit });
      }
      return wants;
    },
    /** As `wantRetries`; the last batch may go beyond `rows`. */
    wantFirsts(most: number, rows: number, now: number): Want[] {
      const wants: Want[] = [];
      for (const lane of hungry.firsts) {
        if (wants.length >= most || rows <= 0) break;
        hungry.firsts.delete(lane);
        lane.firstAt = NEVER;
        const limit = lane.batch.next(now);
        rows -= limit;
        wants.push({ from: { lane: lane.name, retry: false }, limit });
      }
      return wants;
    },
  };
}
