import type { Clock } from '../../../lib/clock.ts';
import type { JobTicket } from '../driver.ts';
import type { JobKind } from '../job.ts';
import { createLeaseBatch, type LeaseBatch } from './lease-batch.ts';
import { createShares } from './shares.ts';

/** A job that this process has leased. */
export interface Held {
  ticket: JobTicket;
  priority: number;
  /** `ready`: for `take`. `carried`: the driver has it. `begun`: its handler runs, or ran and it is being taken down. `void`: taken back. */
  state: 'ready' | 'carried' | 'begun' | 'void';
  carriedAt: number;
  /** Ended when the lease is lost, the time is up or the service stops. */
  abort: AbortController;
}

/** Where to lease from, and how many at most. */
export interface Want {
  from: { lane: string; retry: boolean } | { priority: number };
  limit: number;
}

/**
 * One kind's jobs in memory: which lanes have work, what is leased and ready, what runs. Decides what is leased and handed over
 * next; does no I/O. Lanes take turns, one job at a time, so a long lane delays no other; what has a lane
 * shares the window with other organizations (shares.ts), so many lanes of one delay nobody else's.
 */
export interface ReadyJobs {
  kind: JobKind;
  /** Jobs wait there from `runAt` on. */
  note(where: { lane: string | null; priority: number; runAt: number; retry: boolean }): void;
  /** What to lease now; each is answered by `accept`. */
  wants(): Want[];
  /** Cheap: whether `wants` would name something. */
  hungry(): boolean;
  /** `nextAt`: when the first that was not leased is due, undefined where none waits. */
  accept(want: Want, leased: readonly Held[], nextAt: number | undefined): void;
  /** The next to be handed over, while there is room. */
  take(): Held | undefined;
  /** It does not run any more: there is room for another one, in its lane too. */
  ended(held: Held): void;
  /** Nothing is to be run of a job that is ready. */
  drop(held: Held): void;
  /** When the next delayed job is due; Infinity: none that is known. */
  nextAt(): number;
}

interface Lane {
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

/** Of one step, so that it holds nothing up for long. */
const WANTS = 32;
const ROWS = 256;
export function createReadyJobs({
  kind,
  window,
  retriesPerLane,
  clock,
}: {
  kind: JobKind;
  /** Handed over and not ended, at most. */
  window: number;
  retriesPerLane: number;
  clock: Clock;
}): ReadyJobs {
  const lanes = new Map<string, Lane>();
  const ready: (Lane | Held)[][] = [[], [], []];
  /** Lanes to lease from now, longest waiting first. */
  const hungry = { firsts: new Set<Lane>(), retries: new Set<Lane>() };
  /** By priority, from 1. */
  const solo = [1, 2, 3].map(() => ({ at: Number.POSITIVE_INFINITY, ready: 0 }));
  const soloBatch = createLeaseBatch();
  /** Retries wait for slow receivers most: they never take the last room of first attempts. */
  const mostRetries = Math.max(1, Math.floor(window / 2));
  let retriesHeld = 0;
  let lanesReady = 0;
  const shares = createShares<Lane | Held>(window);
  /** No lane that sleeps is due earlier. */
  let soonest = Number.POSITIVE_INFINITY;

  const isLane = (entry: Lane | Held): entry is Lane => 'firsts' in entry;
  function laneOf(name: string): Lane {
    let lane = lanes.get(name);
    if (!lane) {
      lane = {
        name,
        firsts: [],
        first: undefined,
        firstAt: Number.POSITIVE_INFINITY,
        retryAt: Number.POSITIVE_INFINITY,
        retries: 0,
        batch: createLeaseBatch(),
      };
      lanes.set(name, lane);
    }
    return lane;
  }
  function forgetWhenIdle(lane: Lane): void {
    const waits = lane.firstAt < Number.POSITIVE_INFINITY || lane.retryAt < Number.POSITIVE_INFINITY;
    if (!waits && !lane.first && lane.firsts.length === 0 && lane.retries === 0) lanes.delete(lane.name);
  }
  /** Puts the lane where it will be looked for: among the hungry when it is due, else it sleeps until it is. */
  function place(lane: Lane, now: number): void {
    if (lane.firstAt <= now) {
      if (lane.firsts.length <= lane.batch.size() / 4) hungry.firsts.add(lane);
    } else soonest = Math.min(soonest, lane.firstAt);
    if (lane.retryAt <= now) {
      if (lane.retries < retriesPerLane) hungry.retries.add(lane);
    } else soonest = Math.min(soonest, lane.retryAt);
  }
  function wakeSleepers(now: number): void {
    if (now < soonest) return;
    soonest = Number.POSITIVE_INFINITY;
    for (const lane of lanes.values()) place(lane, now);
  }
  function makeReady(entry: Lane | Held, priority: number): void {
    ready[priority - 1]!.push(entry);
    if (isLane(entry)) lanesReady++;
  }
  const queue = (lane: Lane) => makeReady(lane, lane.firsts[0]!.priority);
  /** Undefined where nothing is left of it. */
  function headOf(entry: Lane | Held): Held | undefined {
    if (!isLane(entry)) return entry.state === 'void' ? undefined : entry;
    while (entry.firsts[0]?.state === 'void') entry.firsts.shift();
    return entry.firsts[0];
  }
  const soloReady = (priority: number) =>
    solo.slice(0, priority).reduce((sum, { ready: waiting }) => sum + waiting, 0);
  const wantsSolo = (priority: number, now: number) =>
    solo[priority - 1]!.at <= now && soloReady(priority) < Math.max(1, soloBatch.size() / 4);
  const roomForLanes = () => lanesReady < 2 * window;
  const roomForRetries = () => retriesHeld < mostRetries;

  return {
    kind,
    note({ lane: name, priority, runAt, retry }) {
      if (name === null) {
        const class_ = solo[priority - 1]!;
        class_.at = Math.min(class_.at, runAt);
        return;
      }
      const lane = laneOf(name);
      if (retry) lane.retryAt = Math.min(lane.retryAt, runAt);
      else lane.firstAt = Math.min(lane.firstAt, runAt);
      place(lane, clock.now());
    },
    hungry() {
      const now = clock.now();
      return (
        now >= soonest ||
        (roomForLanes() && hungry.firsts.size > 0) ||
        (roomForRetries() && hungry.retries.size > 0) ||
        [1, 2, 3].some((priority) => wantsSolo(priority, now))
      );
    },
    wants() {
      const now = clock.now();
      wakeSleepers(now);
      const wants: Want[] = [];
      let rows = 0;
      const want = (from: Want['from'], limit: number) => {
        wants.push({ from, limit });
        rows += limit;
      };
      if ([1, 2, 3].some((priority) => wantsSolo(priority, now))) {
        const batch = soloBatch.next(now);
        for (const priority of [1, 2, 3]) {
          if (solo[priority - 1]!.at > now) continue;
          const limit = batch - soloReady(priority);
          if (limit <= 0) continue;
          // From here on it is known what waits, as far as `accept` and `note` say.
          solo[priority - 1]!.at = Number.POSITIVE_INFINITY;
          want({ priority }, limit);
        }
      }
      let room = mostRetries - retriesHeld;
      for (const lane of hungry.retries) {
        if (wants.length >= WANTS / 2 || room <= 0) break;
        hungry.retries.delete(lane);
        const limit = Math.min(retriesPerLane - lane.retries, room);
        if (limit <= 0) continue;
        lane.retryAt = Number.POSITIVE_INFINITY;
        room -= limit;
        want({ lane: lane.name, retry: true }, limit);
      }
      for (const lane of hungry.firsts) {
        if (wants.length >= WANTS || rows >= ROWS || !roomForLanes()) break;
        hungry.firsts.delete(lane);
        lane.firstAt = Number.POSITIVE_INFINITY;
        want({ lane: lane.name, retry: false }, lane.batch.next(now));
      }
      return wants;
    },
    accept({ from }, leased, nextAt = Number.POSITIVE_INFINITY) {
      if ('priority' in from) {
        const class_ = solo[from.priority - 1]!;
        class_.at = Math.min(class_.at, nextAt);
        class_.ready += leased.length;
        ready[from.priority - 1]!.push(...leased);
        return;
      }
      const lane = laneOf(from.lane);
      if (from.retry) {
        lane.retryAt = Math.min(lane.retryAt, nextAt);
        lane.retries += leased.length;
        retriesHeld += leased.length;
        for (const held of leased) makeReady(held, held.priority);
      } else {
        lane.firstAt = Math.min(lane.firstAt, nextAt);
        const wasReady = lane.first !== undefined || lane.firsts.length > 0;
        lane.firsts.push(...leased);
        if (!wasReady && leased.length > 0) queue(lane);
      }
      place(lane, clock.now());
      forgetWhenIdle(lane);
    },
    take() {
      if (!shares.free()) return undefined;
      for (const [i, entries] of ready.entries()) {
        for (let entry = entries.shift(); entry; entry = entries.shift()) {
          if (isLane(entry)) lanesReady--;
          const held = headOf(entry);
          const { organization, lane } = held?.ticket ?? {};
          if (lane !== undefined && organization !== undefined && !shares.mayTake(organization)) {
            shares.park(organization, { priority: i + 1, entry });
            continue;
          }
          if (isLane(entry)) {
            entry.first = entry.firsts.shift();
            place(entry, clock.now());
            forgetWhenIdle(entry);
          } else if (held && lane === undefined) solo[held.priority - 1]!.ready--;
          if (!held) continue;
          shares.took(organization);
          return held;
        }
      }
      return undefined;
    },
    ended(held) {
      const { lane: name, organization } = held.ticket;
      for (const { entry, priority } of shares.gaveBack(organization)) makeReady(entry, priority);
      if (name === undefined) return;
      const lane = laneOf(name);
      if (lane.first === held) {
        lane.first = undefined;
        if (lane.firsts.length > 0) queue(lane);
      } else {
        lane.retries--;
        retriesHeld--;
      }
      place(lane, clock.now());
      forgetWhenIdle(lane);
    },
    drop(held) {
      held.state = 'void';
      const { lane: name, attempts } = held.ticket;
      if (name === undefined) solo[held.priority - 1]!.ready--;
      else if (attempts > 0) {
        const lane = laneOf(name);
        lane.retries--;
        retriesHeld--;
        place(lane, clock.now());
        forgetWhenIdle(lane);
      }
    },
    nextAt() {
      const now = clock.now();
      // What is due and not leased waits for room, not for a moment.
      return Math.min(soonest, ...solo.map(({ at }) => at).filter((at) => at > now));
    },
  };
}
