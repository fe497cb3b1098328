import type { OrganizationId } from '../../../lib/id.ts';
import type { Held } from './held.ts';
import { isLane, type Lane } from './lanes.ts';
import { createShares } from './shares.ts';

/** What is leased and waits to be handed over, by priority; `window` of it may be handed over and not ended. */
export function createReadyQueue(window: number) {
  const ready: (Lane | Held)[][] = [[], [], []];
  const shares = createShares<Lane | Held>(window);
  let lanesReady = 0;

  function push(entry: Lane | Held, priority: number): void {
    ready[priority - 1]!.push(entry);
    if (isLane(entry)) lanesReady++;
  }

  /** By the priority of its first job. */
  const pushLane = (lane: Lane): void => push(lane, lane.firsts[0]!.priority);

  return {
    push,
    /** First attempts of a lane come one after the other. */
    pushFirsts(lane: Lane, leased: readonly Held[]): void {
      const wasReady = lane.first !== undefined || lane.firsts.length > 0;
      lane.firsts.push(...leased);
      if (!wasReady && leased.length > 0) pushLane(lane);
    },
    firstEnded(lane: Lane): void {
      lane.first = undefined;
      if (lane.firsts.length > 0) pushLane(lane);
    },
    hasRoomForLanes: (): boolean => lanesReady < 2 * window,
    /**
     * The next while there is room; undefined when there is none. What has a lane waits where its organization has its share.
     * `taken` is called with each entry that has left the queue, and its job.
     */
    take(taken: (entry: Lane | Held, held: Held | undefined) => void): Held | undefined {
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
          if (isLane(entry)) entry.first = entry.firsts.shift();
          taken(entry, held);
          if (!held) continue;
          shares.took(organization);
          return held;
        }
      }
      return undefined;
    },
    /** One of the organization has ended: what waited for its share may come next. */
    gaveBack(organization: OrganizationId | undefined): void {
      for (const { entry, priority } of shares.gaveBack(organization)) push(entry, priority);
    },
  };
}

/** Undefined where nothing is left of it. */
function headOf(entry: Lane | Held): Held | undefined {
  if (!isLane(entry)) return entry.state === 'void' ? undefined : entry;
  while (entry.firsts[0]?.state === 'void') entry.firsts.shift();
  return entry.firsts[0];
}
