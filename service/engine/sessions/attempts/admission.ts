import type { Clock } from '../../../lib/clock.ts';
import { createFrameLoadMeter, type FrameLoadMeter } from './frame-load.ts';
import { isCrowded, placesFor } from './places.ts';

/** Places for sessions whose frames are judged now. */
export interface Admission extends Pick<FrameLoadMeter, 'measured'> {
  /** The place in the queue, from 1; 0: admitted. Asking keeps the place. */
  ask(session: string): number;
  /** Frees the place, or the place in the queue. */
  leave(session: string): void;
  /** Sessions that may be judged at a time, as the last seconds show. */
  capacity(): number;
  readonly admitted: number;
  readonly waiting: number;
}

export interface AdmissionDeps {
  workers: number;
  clock: Clock;
  /** Milliseconds that the workers have spent on pictures since they started, added up. */
  workTime: () => number;
}

/** Milliseconds after which a session that asks for nothing has lost its place. */
const SILENT = 5_000;
/** Milliseconds from one session more to the next, so that the figures show the one before; as many as there are workers need not wait. */
const SETTLING = 1_000;

/**
 * Admits as many sessions as keep ten frames a second each, by what the last seconds show; the others wait in the order they came.
 * A session that is admitted keeps its place when frames become slower.
 */
export function createAdmission(deps: AdmissionDeps): Admission {
  const { workers, clock } = deps;
  const meter = createFrameLoadMeter(deps);
  const admitted = new Map<string, number>();
  const waiting = new Map<string, number>();
  let crowded = false;
  /** When one more was admitted than before, and how many they were then. */
  let grown = { at: Number.NEGATIVE_INFINITY, to: 0 };

  function capacity(): number {
    const load = meter.load();
    crowded = isCrowded(load, crowded);
    const places = placesFor(load, workers);
    return crowded ? Math.max(1, Math.min(places, admitted.size)) : places;
  }
  function tidy(): void {
    const since = clock.now() - SILENT;
    for (const places of [admitted, waiting])
      for (const [session, at] of places) if (at <= since || at > clock.now()) places.delete(session);
  }
  function fill(): void {
    for (const [session, at] of waiting) {
      const now = clock.now();
      const settling = Math.abs(now - grown.at) < SETTLING;
      if (settling && admitted.size >= Math.max(workers, grown.to)) return;
      if (admitted.size >= capacity()) return;
      waiting.delete(session);
      admitted.set(session, at);
      if (!settling || admitted.size > grown.to) grown = { at: now, to: admitted.size };
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
    measured: meter.measured,
    capacity,
    get admitted() {
      return admitted.size;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
