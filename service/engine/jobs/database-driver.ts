import type { DriverWork, JobDriver } from './driver.ts';

/** The box's own queue: what the core leases runs at once, in this process. */
export function createDatabaseDriver(): JobDriver {
  let run: DriverWork['run'] | undefined;
  return {
    holds: 'leased',
    ahead: 0,
    async start(work) {
      run = work.run;
    },
    async carry(tickets) {
      for (const ticket of tickets) void run?.(ticket);
    },
    async drop() {},
    async stop() {},
  };
}
