import type { Clock } from '../../../lib/clock.ts';

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
