import type { Clock } from '../../../lib/clock.ts';

/** Places for sessions whose frames are judged now. */
export interface Admission {
  /** The place in the queue, from 1; 0: admitted. Asking keeps the place. */
  ask(session: string): number;
  /** Frees the place, or the place in the queue. */
  leave(session: string): void;
  /** Milliseconds that a worker took for one frame. */
  measured(milliseconds: number): void;
  /** Sessions that may be judged at a time, as measured so far. */
  capacity(): number;
  readonly admitted: number;
  readonly waiting: number;
}

/** Frames a second that each admitted session gets: below, blinks are missed (LIVENESS.md §1). */
const FRAMES_PER_SECOND = 10;
/** Share of the workers' time that sessions may plan with; the rest is for peaks, identity frames and the other doors. */
const SHARE = 0.8;
/** Milliseconds of one frame before any was measured. */
const ASSUMED = 40;
/** Weight of the newest measurement in the running mean. */
const WEIGHT = 0.02;
/** Milliseconds after which a session that asks for nothing has lost its place. */
const SILENT = 5_000;

/**
 * Admits as many sessions as keep ten frames a second each, by the measured time of a frame; the others wait in the order they came.
 * A session that is admitted keeps its place when frames become slower.
 */
export function createAdmission({ workers, clock }: { workers: number; clock: Clock }): Admission {
  const admitted = new Map<string, number>();
  const waiting = new Map<string, number>();
  let mean = ASSUMED;

  const capacity = () => Math.max(1, Math.floor((workers * SHARE * 1000) / (FRAMES_PER_SECOND * mean)));
  function tidy(): void {
    const since = clock.now() - SILENT;
    for (const places of [admitted, waiting])
      for (const [session, at] of places) if (at <= since || at > clock.now()) places.delete(session);
  }
  function fill(): void {
    for (const [session, at] of waiting) {
      if (admitted.size >= capacity()) return;
      waiting.delete(session);
      admitted.set(session, at);
    }
  }

  return {
    ask(session) {
      tidy();
      const now = clock.now();
      if (admitted.has(session)) {
        admitted.set(session, now);
        return 0;
      }
      waiting.set(session, now);
      fill();
      if (admitted.has(session)) return 0;
      return [...waiting.keys()].indexOf(session) + 1;
    },
    leave(session) {
      admitted.delete(session);
      waiting.delete(session);
      fill();
    },
    measured(milliseconds) {
      mean += WEIGHT * (milliseconds - mean);
    },
    capacity,
    get admitted() {
      return admitted.size;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
