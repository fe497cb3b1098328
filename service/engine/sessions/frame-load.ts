import type { Clock } from '../../lib/clock.ts';

/** What the last seconds show. */
export interface FrameLoad {
  /** Milliseconds of a worker for one frame, on average. */
  took: number;
  /** Milliseconds for which a frame waited for a worker, on average. */
  waited: number;
  /** Workers that other pictures keep busy, on average. */
  others: number;
}

export interface FrameLoadMeter {
  /** A frame was analyzed. Milliseconds. */
  measured(frame: { took: number; waited: number }): void;
  load(): FrameLoad;
}

export interface FrameLoadDeps {
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

interface Mark {
  at: number;
  /** Of all doors, and of the frames measured here. */
  work: number;
  own: number;
}

/** Measures how long the frames of the last five seconds took, and what the other doors took of the workers meanwhile. */
export function createFrameLoadMeter({ clock, workTime }: FrameLoadDeps): FrameLoadMeter {
  let frames: { at: number; took: number; waited: number }[] = [];
  let marks: Mark[] = [];
  let own = 0;
  let took = ASSUMED;

  function mark(): Mark {
    const now = clock.now();
    // A clock that was set back leaves nothing to compare with.
    const counts = ({ at }: { at: number }) => at > now - WINDOW && at <= now;
    frames = frames.filter(counts);
    marks = marks.filter(counts);
    const one = { at: now, work: workTime(), own };
    marks.push(one);
    return one;
  }

  return {
    measured(frame) {
      own += frame.took;
      frames.push({ ...frame, at: clock.now() });
      mark();
    },
    load() {
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
