import { setImmediate as pause } from 'node:timers/promises';
import { onTimers, type Repeat } from '../../../lib/repeat.ts';
import type { Jobs } from '../../jobs/index.ts';
import type { DeliveryUpkeep } from '../delivery-upkeep.ts';
import { relayUnordered, selectUnrelayed } from '../relay-store.ts';
import { createPassOn, type PassOnDeps } from './pass-on.ts';
import { createPlan, type PlanDeps, pieces } from './plan-deliveries.ts';

/** Passes on what happened: out of the outbox, into one delivery for each endpoint that asked for it. */
export interface Relay {
  /** Something was added to the outbox: look soon. Never throws; forgotten, it waits for the next look. */
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
  repeat?: Repeat;
}

/** Events read at a time. */
const PAGE = 100;
const EVERY = 1_000;

export function createRelay(deps: RelayDeps): Relay {
  const { inTransaction, jobs, upkeep, clock, log, repeat = onTimers } = deps;
  const plan = createPlan(deps);
  const passOn = createPassOn(deps);
  let stopped = false;
  let unorderedLeft = true;
  let end: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let signal = Promise.withResolvers<void>();

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

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error({ err: error }, 'passing on events failed; it is tried again in a second');
    }
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await signal.promise;
      signal = Promise.withResolvers();
      // What waited for its endpoint goes before what happened since.
      await attempt(async () => upkeep?.resume(() => stopped));
      await attempt(relay);
    }
  }

  const wake = () => signal.resolve();
  return {
    wake,
    start() {
      end = repeat(wake, EVERY);
      running = run();
      wake();
    },
    async stop() {
      stopped = true;
      end?.();
      wake();
      await running;
    },
    relay,
  };
}
