import { createLastKey } from '../../lib/recent-rows/recent-rows.ts';
import type { RowKey } from '../../lib/recent-rows/row-table.ts';
import type { SlidingWindow } from '../../lib/sliding-window.ts';
import { reaches, take } from './rate-window.ts';
import { createUseRing } from './use-ring.ts';

/**
 * Uses by name in the slots of a minute, in bounded memory: where one group has too many, its oldest are forgotten, and nothing of other
 * groups.
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

/** `groupOf`: the group of a name. `most`: of a group, names times the slots in which they were counted. */
export function createMinuteCounts(groupOf: (name: string) => string, most: number): MinuteCounts {
  const groups = new Map<string, GroupCounts>();
  const keyOf = createLastKey();
  /** A name is mostly counted right after it was read. */
  let last = { name: '', group: groupOf('') };

  function groupNamed(name: string): string {
    if (name !== last.name) last = { name, group: groupOf(name) };
    return last.group;
  }

  function countsFor(name: string): GroupCounts {
    const group = groupNamed(name);
    const known = groups.get(group);
    if (known) return known;
    const made = createGroupCounts(most);
    groups.set(group, made);
    return made;
  }

  const of = (name: string): SlidingWindow => groups.get(groupNamed(name))?.of(keyOf(name)) ?? [];

  return {
    of,
    has: (name) => of(name).length > 0,
    count: (name, now) => countsFor(name).count(keyOf(name), now),
    restore: (name, slot) => countsFor(name).restore(keyOf(name), slot),
    delete: (name) => groups.get(groupNamed(name))?.delete(keyOf(name)),
    tidy(now) {
      for (const [named, counts] of groups) {
        counts.tidy(now);
        if (counts.isEmpty) groups.delete(named);
      }
    },
    get isEmpty() {
      return groups.size === 0;
    },
  };
}

/** Room that a group takes at once; twice as much whenever it is full. */
const FIRST_ROOM = 64;
/** Entries that one use takes out where they are over, so that a group does not grow while others come. */
const TAKEN_OUT = 2;
/** Entries that one `tidy` takes out: some milliseconds in which nothing else is answered. */
const TIDIED = 20_000;

type GroupCounts = ReturnType<typeof createGroupCounts>;

function createGroupCounts(most: number) {
  let ring = createUseRing(FIRST_ROOM);

  function deleteOver(now: number, atMost: number): void {
    for (let i = 0; i < atMost && ring.oldest !== undefined && !reaches(ring.oldest, now); i++)
      ring.deleteOldest();
  }

  function makeRoom(): void {
    if (ring.size >= most) ring.deleteOldest();
    else if (ring.size === ring.room) ring = ring.resized(2 * ring.room);
  }

  return {
    get isEmpty() {
      return ring.size === 0;
    },
    of: (key: RowKey): SlidingWindow => ring.of(key),
    count(key: RowKey, now: number): SlidingWindow {
      deleteOver(now, TAKEN_OUT);
      const before = ring.of(key);
      const window = take(before, now);
      const { start, used } = window.at(-1)!;
      if (before.at(-1)?.start !== start) makeRoom();
      ring.set(key, start, used);
      return window;
    },
    restore(key: RowKey, { start, used }: SlidingWindow[number]): void {
      makeRoom();
      ring.set(key, start, used);
    },
    delete: (key: RowKey) => ring.delete(key),
    tidy(now: number): void {
      if (ring.newest !== undefined && !reaches(ring.newest, now)) ring = createUseRing(FIRST_ROOM);
      deleteOver(now, TIDIED);
      while (ring.room > FIRST_ROOM && 8 * ring.size < ring.room) ring = ring.resized(ring.room / 2);
    },
  };
}
