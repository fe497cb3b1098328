/** Uses counted in slots of time, oldest first. */
export type RateWindow = readonly { readonly start: number; readonly used: number }[];

/** Milliseconds that a limit "per minute" looks back. */
export const WINDOW = 60_000;
/** Milliseconds that are counted together: a use is forgotten up to this much later than a minute after it. */
export const SLOT = 5_000;

const slotOf = (now: number) => Math.floor(now / SLOT) * SLOT;

/** A slot whose last moment may still be less than a minute ago. */
export const reaches = (start: number, now: number) => start + SLOT + WINDOW > now;

/**
 * The window as it counts at `now`. Slots that lie ahead, because the clock was set back between two runs, count as used
 * now: they neither vanish nor hold anybody off for longer than a minute and a slot.
 */
export function windowAt(window: RateWindow, now: number): RateWindow {
  const current = slotOf(now);
  const kept = window.filter(({ start }) => start <= current && reaches(start, now));
  const ahead = window.filter(({ start }) => start > current).reduce((sum, { used }) => sum + used, 0);
  return ahead === 0 ? kept : add(kept, current, ahead);
}

/** Milliseconds until one more use keeps to `most` in any minute; 0 when it does now. */
export function waitFor(window: RateWindow, now: number, most: number): number {
  const counted = windowAt(window, now);
  let rest = usedIn(counted);
  if (rest < most) return 0;
  for (const { start, used } of counted) {
    rest -= used;
    if (rest < most) return start + SLOT + WINDOW - now;
  }
  // A limit of none at all.
  return WINDOW + SLOT;
}

/** One more use, at `now`. */
export const take = (window: RateWindow, now: number): RateWindow =>
  add(windowAt(window, now), slotOf(now), 1);

export const usedIn = (window: RateWindow): number => window.reduce((sum, { used }) => sum + used, 0);

function add(window: RateWindow, start: number, amount: number): RateWindow {
  const last = window.at(-1);
  if (last?.start !== start) return [...window, { start, used: amount }];
  return [...window.slice(0, -1), { start, used: last.used + amount }];
}
