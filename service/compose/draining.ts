import { systemTimer, type Timer } from '../lib/clock.ts';

/** What runs ends, `/ready` answers 503, and requests are answered: before the doors close, or until an administrator lets the node work again. */
export type Draining = ReturnType<typeof createDraining>;

/** Milliseconds: two looks of a balancer, two seconds apart, and some. */
const SEEN = 5_000;

export function createDraining({ hasOthers, timer = systemTimer }: { hasOthers: boolean; timer?: Timer }) {
  let seen: Promise<void> | undefined;
  let drained = false;
  return {
    /** As an administrator wants it. */
    setDrained(drains: boolean): void {
      drained = drains;
    },
    /** The service ends. */
    begin(): void {
      seen ??= hasOthers
        ? new Promise<void>((resolve) => void timer.after(SEEN, resolve))
        : Promise.resolve();
    },
    /** Whether it ends, or an administrator drains this node. */
    is: (): false | 'stops' | 'drained' => (seen !== undefined ? 'stops' : drained && 'drained'),
    /** Resolves once a balancer has seen it, and sends requests to other nodes; at once where there are none. */
    seen: async (): Promise<void> => seen,
  };
}
