import type { Clock } from '../../../lib/clock.ts';
import type { JobKind } from '../job.ts';
import type { Held, Want } from './held.ts';
import { createLaneless } from './laneless.ts';
import { createLanes, isLane, type Lane } from './lanes.ts';
import { createReadyQueue } from './ready-queue.ts';

/**
 * One kind's jobs in memory: which lanes have work, what is leased and ready, what runs. Decides what is leased and handed over
 * next; does no I/O. Lanes take turns, one job at a time, so a long lane delays no other; what has a lane
 * shares the window with other organizations (shares.ts), so many lanes of one delay no other organization.
 */
export interface ReadyJobs {
  kind: JobKind;
  /** Jobs wait there from `runAt` on. */
  note(where: { lane: string | null; priority: number; runAt: number; retry: boolean }): void;
  /** What to lease now; each is answered by `accept`. */
  wants(): Want[];
  /** Whether `wants` would return anything; cheap. */
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

/** Size of one step, to keep it short. */
const WANTS = 32;
const ROWS = 256;

export interface ReadyJobsOptions {
  kind: JobKind;
  /** Handed over and not ended, at most. */
  window: number;
  retriesPerLane: number;
  clock: Clock;
}

export function createReadyJobs({ kind, window, retriesPerLane, clock }: ReadyJobsOptions): ReadyJobs {
  const lanes = createLanes(retriesPerLane);
  const laneless = createLaneless();
  const queue = createReadyQueue(window);
  /** Retries wait for slow receivers most: they never take the last room of first attempts. */
  const mostRetries = Math.max(1, Math.floor(window / 2));
  let retriesHeld = 0;

  function endRetry(lane: Lane): void {
    lane.retries--;
    retriesHeld--;
    lanes.settle(lane, clock.now());
  }

  return {
    kind,
    note({ lane: name, priority, runAt, retry }) {
      if (name === null) laneless.waits(priority, runAt);
      else lanes.place(lanes.waits(name, retry, runAt), clock.now());
    },
    hungry() {
      const now = clock.now();
      return (
        now >= lanes.soonest() ||
        (queue.hasRoomForLanes() && lanes.hungry.firsts.size > 0) ||
        (retriesHeld < mostRetries && lanes.hungry.retries.size > 0) ||
        laneless.isHungry(now)
      );
    },
    wants() {
      const now = clock.now();
      lanes.wake(now);
      const wants = laneless.wants(now);
      wants.push(...lanes.wantRetries(WANTS / 2 - wants.length, mostRetries - retriesHeld));
      const rows = wants.reduce((sum, { limit }) => sum + limit, 0);
      if (queue.hasRoomForLanes()) wants.push(...lanes.wantFirsts(WANTS - wants.length, ROWS - rows, now));
      return wants;
    },
    accept({ from }, leased, nextAt = Number.POSITIVE_INFINITY) {
      if ('priority' in from) {
        laneless.waits(from.priority, nextAt);
        laneless.leased(from.priority, leased.length);
        for (const held of leased) queue.push(held, from.priority);
        return;
      }
      const lane = lanes.waits(from.lane, from.retry, nextAt);
      if (from.retry) {
        lane.retries += leased.length;
        retriesHeld += leased.length;
        for (const held of leased) queue.push(held, held.priority);
      } else queue.pushFirsts(lane, leased);
      lanes.settle(lane, clock.now());
    },
    take: () =>
      queue.take((entry, held) => {
        if (isLane(entry)) lanes.settle(entry, clock.now());
        else if (held && held.ticket.lane === undefined) laneless.leased(held.priority, -1);
      }),
    ended(held) {
      const { lane: name, organization } = held.ticket;
      queue.gaveBack(organization);
      if (name === undefined) return;
      const lane = lanes.of(name);
      if (lane.first !== held) return endRetry(lane);
      queue.firstEnded(lane);
      lanes.settle(lane, clock.now());
    },
    drop(held) {
      held.state = 'void';
      const { lane: name, attempts } = held.ticket;
      if (name === undefined) laneless.leased(held.priority, -1);
      else if (attempts > 0) endRetry(lanes.of(name));
    },
    // What is due and not leased waits for room, not for a moment.
    nextAt: () => Math.min(lanes.soonest(), laneless.nextAfter(clock.now())),
  };
}
