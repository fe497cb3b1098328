import type { Clock } from '../../../lib/clock.ts';
import { createFairQueue, type Share } from '../../../lib/fair/fair-queue.ts';

/** Where a session is in the queue. */
export interface QueuePosition {
  /** In the queue, from 1; 0: admitted. */
  position: number;
  /** Seconds until it is admitted, by how long places were held lately; 0 for one that is. */
  waitSeconds: number;
}

/** What a session does: an attempt (or its start waits), and in it a step that is shown. */
export type Trying = 'nothing' | 'attempt' | 'step';

/** Places for sessions whose frames are judged now. */
export type SessionCapacity = ReturnType<typeof createSessionCapacity>;

export interface SessionCapacityDeps {
  workers: number;
  clock: Clock;
  /** Milliseconds that the workers have spent on pictures since they started, added up. */
  workTime: () => number;
}

/** Milliseconds after which a session that asks for nothing has lost its place in the queue. */
const SILENT = 5_000;
/** Milliseconds without a judged frame after which an admitted session has lost its place: it joins the queue again. */
const WITHOUT_FRAME = 3_000;
/** Milliseconds to the first judged frame, where another waits: a page in the queue asks each second, with a frame in hand. */
const FIRST_FRAME = 2_000;
/**
 * Milliseconds for which a place is held while others wait: an attempt, and the guidance before it. None is taken in a step that is shown: the
 * attempt would fail. It ends after 90 s at the latest, and its place with it.
 */
const LONGEST = 150_000;
/** Milliseconds for which a place is held at the very most. */
const LONGEST_HELD = LONGEST + 90_000;
/** The same without an attempt; or of an attempt, where its organization, key or address has at least two places more than another that waits. */
const LONGEST_UNUSED = 45_000;
/** Milliseconds from one session more to the next, so that the figures show the one before; as many as there are workers need not wait. */
const SETTLING = 1_000;
/** Sessions that wait: of one address under one key or flow, and in all. A further one is not noted, and asks again. */
const MOST_WAITING = { perAddress: 250, all: 1_000 };
/** Milliseconds for which a place is held before any was measured. */
const ASSUMED_HELD = 20_000;

interface Asking {
  session: string;
  share: Share;
  /** Last asked. */
  at: number;
  /** When it was admitted, and when its last frame was judged. */
  since?: number;
  judgedAt?: number;
  /** Frames that are being judged. */
  busy: number;
  /** With a place: what it does, and since when it is in an attempt. */
  trying?: Trying;
  triesSince?: number | undefined;
}

/** The sessions that wait, in fair turns. */
function createWaiting(clock: Clock, seats: () => number) {
  const bySession = new Map<string, Asking>();
  const queue = createFairQueue<Asking>({ seats, clock, keepsFor: 'organizations' });
  let order: Asking[] | undefined;

  function remove(one: Asking): void {
    bySession.delete(one.session);
    queue.remove(one);
    order = undefined;
  }
  return {
    get size() {
      return bySession.size;
    },
    get: (session: string) => bySession.get(session),
    all: () => bySession.values(),
    isBeyondShare: queue.isBeyondShare,
    remove,
    /** Not of an address that has its share of the queue already. */
    add(one: Asking): void {
      if (queue.waitingOf(one.share) >= MOST_WAITING.perAddress) return;
      queue.add(one);
      bySession.set(one.session, one);
      order = undefined;
      const dropped = queue.dropExcess(one, MOST_WAITING.all);
      if (dropped) bySession.delete(dropped.session);
    },
    /** The next to be admitted. */
    take(): Asking | undefined {
      const next = queue.take();
      if (!next) return undefined;
      order = undefined;
      bySession.delete(next.session);
      return next;
    },
    /** An admitted one has ended. */
    finish(one: Asking): void {
      queue.finish(one);
      order = undefined;
    },
    /** From 1; behind the others for one that is not noted. */
    positionOf(session: string): number {
      order ??= queue.order();
      const found = order.findIndex((one) => one.session === session);
      return (found < 0 ? order.length : found) + 1;
    },
  };
}

/** Whether an admitted session sends nothing that can be judged. `wanted`: another waits for its place. */
function isSilent({ busy, since = 0, judgedAt }: Asking, now: number, wanted: boolean): boolean {
  if (busy > 0) return false;
  return judgedAt === undefined
    ? isPast(since, wanted ? FIRST_FRAME : WITHOUT_FRAME, now)
    : isPast(judgedAt, WITHOUT_FRAME, now);
}

/** Whether it has to give way to another that waits. `isBeyondShare` is asked where it matters. `isOfTest`: and another of the live world waits. */
function isOverdue(
  one: Asking,
  now: number,
  isBeyondShare: (one: Asking) => boolean,
  isOfTest: boolean,
): boolean {
  const { busy, since = 0, trying, triesSince } = one;
  if (isOfTest) return isPast(since, LONGEST_UNUSED, now);
  if (busy > 0 || trying === 'step') return false;
  const isLong = isPast(triesSince ?? since, LONGEST_UNUSED, now);
  return isLong && (!triesSince || isPast(since, LONGEST, now) || isBeyondShare(one));
}

/** Also where the clock was set back. */
const isPast = (at: number, milliseconds: number, now: number) => at <= now - milliseconds || at > now;

/**
 * Admits as many sessions as keep ten frames a second each, by what the last seconds show; the others wait in fair turns
 * (fair-queue.ts). A session that is admitted keeps its place when frames become slower, and loses it when it sends none.
 */
export function createSessionCapacity(deps: SessionCapacityDeps) {
  const { workers, clock } = deps;
  const meter = createFrameLoadMeter(deps);
  const admitted = new Map<string, Asking>();
  /** When the places were last given. */
  let places = workers;
  const waiting = createWaiting(clock, () => places);
  let held = ASSUMED_HELD;
  let crowded = false;
  /** When one more was admitted than before, and how many they were then. */
  let grown = { at: Number.NEGATIVE_INFINITY, to: 0 };

  function capacity(): number {
    const load = meter.load();
    crowded = isCrowded(load, crowded);
    const most = placesFor(load, workers);
    return crowded ? Math.max(1, Math.min(most, admitted.size)) : most;
  }
  function end(one: Asking): void {
    admitted.delete(one.session);
    waiting.finish(one);
    // Also where the clock was set meanwhile.
    held += (Math.min(LONGEST_HELD, Math.abs(clock.now() - one.since!)) - held) / 8;
  }
  /** Whether places of a world are wanted: the live world does not give way to the test world. */
  function wanted(): Record<Share['world'], boolean> {
    const worlds = { live: false, test: waiting.size > 0 };
    for (const { share } of waiting.all()) worlds.live ||= share.world === 'live';
    return worlds;
  }
  function tidy(): void {
    const now = clock.now();
    for (const one of waiting.all()) if (isPast(one.at, SILENT, now)) waiting.remove(one);
    const worlds = wanted();
    for (const one of admitted.values()) if (isSilent(one, now, worlds[one.share.world])) end(one);
  }
  /** Gives the free places; whether one that waits has none. */
  function admit(): boolean {
    while (waiting.size > 0) {
      const now = clock.now();
      if (admitted.size >= places) return true;
      const settling = Math.abs(now - grown.at) < SETTLING;
      if (settling && admitted.size >= Math.max(workers, grown.to)) return false;
      const next = waiting.take();
      if (!next) return true;
      admitted.set(next.session, { ...next, since: now });
      if (!settling || admitted.size > grown.to) grown = { at: now, to: admitted.size };
    }
    return false;
  }
  /** Where no place is free, one is taken: of those that are overdue the one that is held for the longest. */
  function fill(): void {
    if (waiting.size === 0) return;
    places = capacity();
    if (!admit()) return;
    const [now, worlds] = [clock.now(), wanted()];
    const overdue = [...admitted.values()].find(
      (one) =>
        worlds[one.share.world] &&
        isOverdue(one, now, waiting.isBeyondShare, worlds.live && one.share.world === 'test'),
    );
    if (!overdue) return;
    // One for one, however many there may be now.
    places = Math.max(places, admitted.size);
    end(overdue);
    admit();
  }

  return {
    /** Asking keeps the place in the queue; a place is kept by frames that are judged. */
    ask(session: string, share: Share, trying: Trying): QueuePosition {
      const at = clock.now();
      const place = admitted.get(session);
      if (place)
        Object.assign(place, {
          trying,
          triesSince: trying === 'nothing' ? undefined : (place.triesSince ?? at),
        });
      const join = () => {
        if (!admitted.has(session) && !waiting.get(session)) waiting.add({ session, share, at, busy: 0 });
      };
      tidy();
      const before = waiting.get(session);
      if (before) before.at = at;
      join();
      fill();
      join();
      if (admitted.has(session)) return { position: 0, waitSeconds: 0 };
      const position = waiting.positionOf(session);
      return { position, waitSeconds: Math.ceil((position * held) / places / 1000) };
    },
    /** Judges a frame of an admitted session: one that was read keeps the place, and meanwhile it is not lost. */
    async judge<T>(session: string, work: () => Promise<T>): Promise<T> {
      const one = admitted.get(session);
      if (!one) return work();
      one.busy++;
      try {
        const result = await work();
        one.judgedAt = clock.now();
        return result;
      } finally {
        one.busy--;
      }
    },
    /** Frees the place, or the place in the queue. */
    leave(session: string): void {
      const [place, inQueue] = [admitted.get(session), waiting.get(session)];
      if (inQueue) waiting.remove(inQueue);
      if (!place) return;
      end(place);
      fill();
    },
    measured: meter.measured,
    /** Sessions that may be judged at a time, as the last seconds show. */
    capacity,
    /** Whether the session has a place. */
    has: (session: string): boolean => admitted.has(session),
    get admitted(): number {
      return admitted.size;
    },
    get waiting(): number {
      return waiting.size;
    },
  };
}

/** What the last seconds show. */
export interface FrameLoad {
  /** Milliseconds of a worker for one frame, on average. */
  took: number;
  /** Milliseconds for which a frame waited for a worker, on average. */
  waited: number;
  /** Workers that other pictures keep busy, on average. */
  others: number;
}

interface FrameLoadDeps {
  clock: Clock;
  /** Milliseconds that the workers have spent on pictures of all doors since they started, added up. */
  workTime: () => number;
}

/** Milliseconds that count. */
const WINDOW = 5_000;
/** Frames from which their mean counts; below, the mean before does. */
const LEAST = 10;
/** Milliseconds over which the work of others is counted at least. */
const LEAST_SPAN = 500;
/** Milliseconds of one frame before any was measured. */
const ASSUMED = 40;
/** Milliseconds between two marks: sessions that wait ask more often. */
const BETWEEN_MARKS = 100;

interface Mark {
  at: number;
  /** Of all doors, and of the frames measured here. */
  work: number;
  own: number;
}

/** Measures how long the frames of the last five seconds took, and what the other doors took of the workers meanwhile. */
function createFrameLoadMeter({ clock, workTime }: FrameLoadDeps) {
  let frames: { at: number; took: number; waited: number }[] = [];
  let marks: Mark[] = [];
  let own = 0;
  let took = ASSUMED;

  function mark(): Mark {
    const now = clock.now();
    const one = { at: now, work: workTime(), own };
    const before = marks.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
    if (before <= now && now - before < BETWEEN_MARKS) return one;
    // A clock that was set back leaves nothing to compare with.
    const counts = ({ at }: { at: number }) => at > now - WINDOW && at <= now;
    frames = frames.filter(counts);
    marks = marks.filter(counts);
    marks.push(one);
    return one;
  }

  return {
    /** A frame was analyzed. Milliseconds. */
    measured(frame: { took: number; waited: number }): void {
      own += frame.took;
      frames.push({ ...frame, at: clock.now() });
      mark();
    },
    load(): FrameLoad {
      const last = mark();
      const first = marks[0]!;
      if (frames.length >= LEAST) took = mean(frames.map((frame) => frame.took));
      const span = last.at - first.at;
      const work = last.work - first.work - (last.own - first.own);
      return {
        took: Math.max(1, took),
        waited: mean(frames.map(({ waited }) => waited)),
        others: span < LEAST_SPAN ? 0 : Math.max(0, work / span),
      };
    },
  };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

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
