import { randomFillSync, randomUUID } from 'node:crypto';
import {
  createDeliveryQueue,
  type DeliveryQueue,
  type DeliveryQueueDeps,
} from '../engine/deliveries/index.ts';
import { type BoardLinks, type BoardLinksDeps, createBoardLinks } from '../engine/jobs/index.ts';
import { createRecurringWorks, type RecurringWorks } from '../engine/recurring/index.ts';

/** What the box has to do later: deliveries, and work that recurs. */
export interface Queue {
  queue: DeliveryQueue;
  recurring: RecurringWorks;
  boardLinks: BoardLinks;
}

/** Nothing runs until `queue.start` and `recurring.start`. */
export function openQueue(
  deps: Omit<DeliveryQueueDeps, 'owner' | 'chance' | 'timer'> & Omit<BoardLinksDeps, 'random'>,
): Queue {
  const owner = randomUUID();
  return {
    queue: createDeliveryQueue({ ...deps, owner, chance: Math.random }),
    recurring: createRecurringWorks({ ...deps, owner }),
    boardLinks: createBoardLinks({ ...deps, random: randomFillSync }),
  };
}
