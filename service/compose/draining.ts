import { systemTimer, type Timer } from '../lib/timer.ts';

/** What runs ends, `/ready` answers 503, and requests are answered: before the doors close, or until an administrator lets the node work again. */
export interface Draining {
  /** The service ends. */
  begin(): void;
  /** Whether it ends, or an administrator drains this node. */
  is(): false | 'stops' | 'drained';
  /** As an administrator wants it. */
  setDrained(drains: boolean): void;
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
  let drained = false;
  return {
    setDrained(drains) {
      drained = drains;
    },
    begin() {
      seen ??= hasOthers
        ? new Promise<void>((resolve) => void timer.after(SEEN, resolve))
        : Promise.resolve();
    },
    is: () => (seen !== undefined ? 'stops' : drained && 'drained'),
    seen: async () => seen,
  };
}
