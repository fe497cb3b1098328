import { systemTimer, type Timer } from '../lib/timer.ts';

/** The end of a service: what runs ends, `/ready` answers 503, and requests are answered until the doors close. */
export interface Draining {
  begin(): void;
  /** Whether it has begun. */
  is(): boolean;
  /** Resolves once a balancer has seen it, and sends requests to other nodes; at once where there are none. */
  seen(): Promise<void>;
}

/** Milliseconds: two looks of a balancer, two seconds apart, and some. */
const SEEN = 5_000;

export function createDraining({
  hasOthers,
  timer = systemTimer,
}: {
  hasOthers: boolean;
  timer?: Timer;
}): Draining {
  let seen: Promise<void> | undefined;
  return {
    begin() {
      seen ??= hasOthers
        ? new Promise<void>((resolve) => void timer.after(SEEN, resolve))
        : Promise.resolve();
    },
    is: () => seen !== undefined,
    seen: async () => seen,
  };
}
