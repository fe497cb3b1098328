import type { JobTicket } from '../driver.ts';

/** A job that this process has leased. */
export interface Held {
  ticket: JobTicket;
  priority: number;
  /** `ready`: for `take`. `carried`: the driver has it. `begun`: its handler runs, or its end is being recorded. `void`: taken back. */
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
