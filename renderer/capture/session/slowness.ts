import type { LiveState } from './wire.ts';

/** What keeps the judged pictures few: the box, the way to it, or the camera and the device. */
export type Slowness = 'Box' | 'Network' | 'Camera';

/** Milliseconds that count. */
const WINDOW = 3_000;
/** Share of them that the box spent on this session's frames: from here on no connection would get more judged. */
const BUSY = 0.7;
/** Pictures a second that a camera gives at least, unless it is dark or the device is busy. */
const FEW = 6;

/** Follows the frames and their answers of the last three seconds. */
export function createSlowness(now: () => number = () => performance.now()) {
  const taken: number[] = [];
  const answers: { at: number; judgedMs: number; leftOut: true | undefined }[] = [];

  return {
    /** A picture came from the camera, whether it was sent or not. */
    taken: () => void taken.push(now()),
    answered({ judgedMs = 0, leftOut }: Pick<LiveState, 'judgedMs' | 'leftOut'>): void {
      if (judgedMs > 0 || leftOut) answers.push({ at: now(), judgedMs, leftOut });
    },
    cause(): Slowness {
      const since = now() - WINDOW;
      while (taken.length > 0 && taken[0]! < since) taken.shift();
      while (answers.length > 0 && answers[0]!.at < since) answers.shift();
      const spent = answers.reduce((sum, { judgedMs }) => sum + judgedMs, 0);
      if (spent >= BUSY * WINDOW || answers.some(({ leftOut }) => leftOut)) return 'Box';
      return taken.length < (FEW * WINDOW) / 1000 ? 'Camera' : 'Network';
    },
  };
}
