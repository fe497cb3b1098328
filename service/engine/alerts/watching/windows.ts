import { countOne as countIn, type SlidingWindow, usedIn, windowAt } from '../../../lib/sliding-window.ts';

/** Milliseconds: a window is counted in so many parts. */
export const partOf = (window: number): number => window / 60;

const sizeOf = (window: number) => ({ length: window, slot: partOf(window) });

/** One more, at `now`; all in milliseconds. */
export const countOne = (slots: SlidingWindow, now: number, window: number): SlidingWindow =>
  countIn(slots, now, sizeOf(window));

/** How many count in the window that ends at `now`. */
export const countedIn = (slots: SlidingWindow, now: number, window: number): number =>
  usedIn(windowAt(slots, now, sizeOf(window)));
