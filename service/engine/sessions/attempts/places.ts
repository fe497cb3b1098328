import type { FrameLoad } from './frame-load.ts';

/** Frames a second that each admitted session gets: below, blinks are missed (LIVENESS.md §1). */
const FRAMES_PER_SECOND = 10;
const INTERVAL = 1000 / FRAMES_PER_SECOND;
/**
 * Share of the workers' time that sessions may plan with, alone and beside as much of other pictures as the workers take: a frame waits
 * for the whole picture that a worker has begun. Measured: docs/evidence/bench.md, "Live sessions".
 */
const SHARE = { alone: 0.8, beside: 0.4 } as const;
/** Milliseconds until a frame is answered from which no further session is admitted, and below which one is again. */
const CROWDED = 0.9 * INTERVAL;
const EASED = 0.7 * INTERVAL;

/**
 * How many sessions get ten frames a second each; at least one. What the other doors take of the workers is theirs, up to what the
 * workers' fair turns give them: all but one of several workers, half of a single one.
 */
export function placesFor({ took, others }: Pick<FrameLoad, 'took' | 'others'>, workers: number): number {
  const most = workers > 1 ? workers - 1 : workers / 2;
  const theirs = Math.min(others, most);
  const share = SHARE.alone + (SHARE.beside - SHARE.alone) * (theirs / most);
  return Math.max(1, Math.floor((share * (workers - theirs) * INTERVAL) / took));
}

/** Whether frames are answered too late for another session, by whatever cause. `before`: what it was, so that it does not flicker. */
export function isCrowded({ took, waited }: Pick<FrameLoad, 'took' | 'waited'>, before: boolean): boolean {
  return took + waited > (before ? EASED : CROWDED);
}
