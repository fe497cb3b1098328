/** What was counted of one group, in sixtieths of the window, oldest first. */
export type Slots = readonly { readonly start: number; readonly used: number }[];

/** Parts of a window that are counted together: an event is forgotten up to one of them later than a window after it. */
const PARTS = 60;

/** Milliseconds of one part. */
export const partOf = (window: number): number => window / PARTS;

/**
 * The slots as they count at `now`. Those that lie ahead, because the clock was set back, count as of now: they neither vanish
 * nor outlast a window and a part.
 */
function slotsAt(slots: Slots, now: number, window: number): Slots {
  const part = partOf(window);
  const current = Math.floor(now / part) * part;
  const kept = slots.filter(({ start }) => start <= current && start + part + window > now);
  const ahead = slots.filter(({ start }) => start > current).reduce((sum, { used }) => sum + used, 0);
  return ahead === 0 ? kept : plus(kept, current, ahead);
}

/** One more, at `now`; all in milliseconds. */
export function countOne(slots: Slots, now: number, window: number): Slots {
  const part = partOf(window);
  return plus(slotsAt(slots, now, window), Math.floor(now / part) * part, 1);
}

/** How many count in the window that ends at `now`. */
export const countedIn = (slots: Slots, now: number, window: number): number =>
  slotsAt(slots, now, window).reduce((sum, { used }) => sum + used, 0);

/** `start` is that of the newest slot, or later. */
function plus(slots: Slots, start: number, amount: number): Slots {
  const newest = slots.at(-1);
  return newest?.start === start
    ? [...slots.slice(0, -1), { start, used: newest.used + amount }]
    : [...slots, { start, used: amount }];
}

/** The windows of one rule, by group: what is counted of many people or keys, in bounded memory. */
export interface Windows {
  of(group: string): Slots;
  set(group: string, slots: Slots): void;
  readonly size: number;
}

/** Where there are more than `most` groups, the one that was counted longest ago is forgotten. */
export function createWindows(most: number): Windows {
  const groups = new Map<string, Slots>();
  return {
    of: (group) => groups.get(group) ?? [],
    set(group, slots) {
      groups.delete(group);
      groups.set(group, slots);
      if (groups.size <= most) return;
      const [oldest] = groups.keys();
      groups.delete(oldest!);
    },
    get size() {
      return groups.size;
    },
  };
}
