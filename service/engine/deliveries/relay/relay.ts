import { setImmediate as pause } from 'node:timers/promises';
import { createRecurring } from '../../../lib/recurring.ts';
import type { Timer } from '../../../lib/timer.ts';
import type { Jobs } from '../../jobs/index.ts';
import type { DeliveryUpkeep } from '../delivery-upkeep.ts';
import { relayUnordered, selectUnrelayed } from '../relay-store.ts';
import { createPassOn, type PassOnDeps } from './pass-on.ts';
import { createPlan, type PlanDeps, pieces } from './plan-deliveries.ts';

/** Passes on what happened: out of the outbox, into one delivery for each endpoint that asked for it. */
export interface Relay {
  /** Something was added to the outbox: poll soon. Never throws; a missed call waits for the next poll. */
  wake(): void;
  /** Looks every second, and when woken. */
  start(): void;
  /** Waits for what is under way; nothing begins after it. */
  stop(): Promise<void>;
  /** Passes on everything there is; how many events. */
  relay(): Promise<number>;
}

export interface RelayDeps extends PlanDeps, PassOnDeps {
  jobs: Pick<Jobs, 'add' | 'wake'>;
  /** Endpoints that were switched off are read again before more is made for them; deliveries of those enabled again go out. */
  upkeep?: Pick<DeliveryUpkeep, 'refresh' | 'resume'>;
  timer?: Timer;
}

/** Events read at a time. */
const PAGE = 100;
const EVERY = 1_000;

export function createRelay(deps: RelayDeps): Relay {
  const { inTransaction, jobs, upkeep, clock, log, timer } = deps;
  const plan = createPlan(deps);
  const passOn = createPassOn(deps);
  let stopped = false;
  let unorderedLeft = true;
  let wake = () => {};
  const recurring = createRecurring({ log, timer });

  async function relay(): Promise<number> {
    let relayed = 0;
    while (unorderedLeft && !stopped) {
      unorderedLeft = (await inTransaction((tx) => relayUnordered(tx, clock.now()))) > 0;
      await pause();
    }
    while (!stopped) {
      // In a transaction, so that it waits for the end of the one whose event woke it.
      const rows = await inTransaction((tx) => selectUnrelayed(tx, PAGE));
      await upkeep?.refresh();
      if (rows.length === 0) break;
      for (const piece of pieces(await plan(rows))) {
        await passOn(piece);
        jobs.wake();
        await pause();
      }
      relayed += rows.length;
    }
    return relayed;
  }

  async function run(): Promise<void> {
    try {
      // What waited for its endpoint goes before what happened since.
      await upkeep?.resume(() => stopped);
    } finally {
      await relay();
    }
  }

  return {
    wake: () => wake(),
    start() {
      wake = recurring.every('relay of events', EVERY, run);
      wake();
    },
    async stop() {
      stopped = true;
      await recurring.stop();
    },
    relay,
  };
}
