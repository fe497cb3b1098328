/** What was counted in slots of time, oldest first. */
export type SlidingWindow = readonly { readonly start: number; readonly used: number }[];

/** Milliseconds. What is counted in one slot is forgotten together: up to a slot later than `length` after it. */
export interface WindowSize {
  length: number;
  slot: number;
}

const slotOf = (now: number, { slot }: WindowSize): number => Math.floor(now / slot) * slot;

/** A slot whose last moment may still lie in the window. */
export const reaches = (start: number, now: number, { length, slot }: WindowSize): boolean =>
  start + slot + length > now;

/**
 * The window as it counts at `now`. Slots that lie ahead, because the clock was set back, count as of now: they neither vanish
 * nor outlast a window and a slot.
 */
export function windowAt(window: SlidingWindow, now: number, size: WindowSize): SlidingWindow {
  const current = slotOf(now, size);
  if (window.every(({ start }) => start <= current && reaches(start, now, size))) return window;
  const kept = window.filter(({ start }) => start <= current && reaches(start, now, size));
  const ahead = usedIn(window.filter(({ start }) => start > current));
  return ahead === 0 ? kept : plus(kept, current, ahead);
}

/** One more, at `now`. */
export const countOne = (window: SlidingWindow, now: number, size: WindowSize): SlidingWindow =>
  plus(windowAt(window, now, size), slotOf(now, size), 1);

export const usedIn = (window: SlidingWindow): number => window.reduce((sum, { used }) => sum + used, 0);

/** `start` is that of the newest slot, or later. */
function plus(window: SlidingWindow, start: number, amount: number): SlidingWindow {
  const newest = window.at(-1);
  return newest?.start === start
    ? [...window.slice(0, -1), { start, used: newest.used + amount }]
    : [...window, { start, used: amount }];
}
