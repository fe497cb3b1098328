import { countOne as countIn, type SlidingWindow, usedIn, windowAt } from '../../../../lib/sliding-window.ts';

/** Milliseconds: a window is counted in so many parts. */
export const partOf = (window: number): number => window / 60;

const sizeOf = (window: number) => ({ length: window, slot: partOf(window) });

/** One more, at `now`; all in milliseconds. */
export const countOne = (slots: SlidingWindow, now: number, window: number): SlidingWindow =>
  countIn(slots, now, sizeOf(window));

/** How many count in the window that ends at `now`. */
export const countedIn = (slots: SlidingWindow, now: number, window: number): number =>
  usedIn(windowAt(slots, now, sizeOf(window)));

/** Deletes the entries that were set first until `most` are left. Many at once: a Map passes over each that was deleted before. */
function deleteOldest(map: Map<string, unknown>, most: number): void {
  for (const name of map.keys()) {
    if (map.size <= most) return;
    map.delete(name);
  }
}

/** Windows by name, in bounded memory. */
export interface Windows {
  of(name: string): SlidingWindow;
  set(name: string, window: SlidingWindow): void;
}

/** Where there are a twentieth more than `most` names, those that were counted longest ago are forgotten. */
export function createWindows(most: number): Windows {
  const windows = new Map<string, SlidingWindow>();
  return {
    of: (name) => windows.get(name) ?? [],
    set(name, window) {
      windows.delete(name);
      windows.set(name, window);
      if (windows.size > most + Math.floor(most / 20)) deleteOldest(windows, most);
    },
  };
}
