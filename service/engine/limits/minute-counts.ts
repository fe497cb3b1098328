import type { SlidingWindow } from '../../lib/sliding-window.ts';
import { reaches, take } from './rate-window.ts';

/**
 * Uses by name in the slots of a minute, in bounded memory: where one group has too many names, those that were counted longest ago are
 * forgotten, and nothing of other groups.
 */
export interface MinuteCounts {
  /** The slots in which this name was counted. */
  of(name: string): SlidingWindow;
  has(name: string): boolean;
  /** One more at `now`; gives the slots that count then. Time only grows from one call to the next. */
  count(name: string, now: number): SlidingWindow;
  /** Counted by an earlier process; the oldest slots first. */
  restore(name: string, slot: SlidingWindow[number]): void;
  delete(name: string): void;
  /** Gives back the room of what is over. */
  tidy(now: number): void;
  readonly isEmpty: boolean;
}

/** Names that one use takes out where they are over, so that a group does not grow while others come. */
const TAKEN_OUT = 2;

/** `groupOf`: the group of a name. `most`: names of a group. */
export function createMinuteCounts(groupOf: (name: string) => string, most: number): MinuteCounts {
  /** In each group the name that was counted last is the last. */
  const groups = new Map<string, Map<string, SlidingWindow>>();

  function put(name: string, window: SlidingWindow): void {
    const group = groupOf(name);
    const names = groups.get(group) ?? new Map<string, SlidingWindow>();
    groups.set(group, names);
    names.delete(name);
    names.set(name, window);
    if (names.size > most) names.delete(names.keys().next().value!);
  }

  function deleteOver(names: Map<string, SlidingWindow>, now: number, atMost: number): void {
    let left = atMost;
    for (const [name, window] of names) {
      if (left-- === 0 || reaches(window.at(-1)!.start, now)) return;
      names.delete(name);
    }
  }

  const of = (name: string): SlidingWindow => groups.get(groupOf(name))?.get(name) ?? [];

  return {
    of,
    has: (name) => of(name).length > 0,
    count(name, now) {
      const names = groups.get(groupOf(name));
      if (names) deleteOver(names, now, TAKEN_OUT);
      const window = take(of(name), now);
      put(name, window);
      return window;
    },
    restore: (name, slot) => put(name, [...of(name).filter(({ start }) => start !== slot.start), slot]),
    delete: (name) => void groups.get(groupOf(name))?.delete(name),
    tidy(now) {
      for (const [group, names] of groups) {
        deleteOver(names, now, Number.POSITIVE_INFINITY);
        if (names.size === 0) groups.delete(group);
      }
    },
    get isEmpty() {
      return groups.size === 0;
    },
  };
}
