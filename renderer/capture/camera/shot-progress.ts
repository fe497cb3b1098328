import type { FrameAnswer } from './guidance-link.ts';

/** What the page shows and says at a moment. */
export interface Shown {
  /** A key of the strings. */
  instruction: Instruction;
  /** Share of the ring, 0..1. */
  ring: number;
  /** The picture was just taken. */
  passed: boolean;
  /** Steps in order. */
  steps: readonly string[];
}
export type Instruction =
  | 'wait'
  | 'hold'
  | 'taken'
  | 'FACE_NOT_FOUND'
  | 'SEVERAL_FACES'
  | 'TOO_FAR'
  | 'TOO_CLOSE'
  | 'NO_MARGIN'
  | 'TOO_DARK'
  | 'TOO_BRIGHT'
  | 'UNDER_EXPOSED'
  | 'OVER_EXPOSED'
  | 'NOT_FRONTAL'
  | 'EYES_CLOSED'
  | 'BLURRED'
  | 'WIPE_LENS';

/** Milliseconds that one instruction is kept, so that it can be read. */
export const KEPT = 1_200;
/** Milliseconds that everything has to be in order before the picture is taken. */
export const STEADY = 900;
/** Milliseconds of blur after which it is the lens and not the movement. */
export const BLURRED_FOR = 3_000;

export const nothingYet: Shown = { instruction: 'wait', ring: 0, passed: false, steps: [] };

/**
 * Follows the answers to frames at the page's own time. `take`: everything was in order long enough, and "Hold still" was read. An
 * instruction changes only after it was shown for 1.2 s; the ring and the ticks follow at once.
 */
export function createShotProgress() {
  let shown = nothingYet;
  let since = Number.NEGATIVE_INFINITY;
  let goodSince: number | undefined;
  let blurredSince: number | undefined;

  function say(instruction: Instruction, now: number): void {
    if (instruction === shown.instruction || now - since < KEPT) return;
    shown = { ...shown, instruction };
    since = now;
  }

  return {
    shown: () => shown,
    update(answer: FrameAnswer, now: number): { take: boolean } {
      if (answer.is !== 'guidance') return { take: false };
      if (shown.passed && now - since < KEPT) return { take: false };
      shown = { ...shown, passed: false, steps: answer.passed };
      if (!answer.good) {
        goodSince = undefined;
        shown = { ...shown, ring: 0 };
        const code = (answer.worst?.code ?? 'FACE_NOT_FOUND') as Instruction;
        blurredSince = code === 'BLURRED' ? (blurredSince ?? now) : undefined;
        say(blurredSince !== undefined && now - blurredSince >= BLURRED_FOR ? 'WIPE_LENS' : code, now);
        return { take: false };
      }
      goodSince ??= now;
      blurredSince = undefined;
      say('hold', now);
      const ring = Math.min(1, (now - goodSince) / STEADY);
      shown = { ...shown, ring };
      return { take: ring === 1 && shown.instruction === 'hold' };
    },
    taken(now: number): void {
      goodSince = undefined;
      since = now;
      shown = { ...shown, instruction: 'taken', ring: 1, passed: true };
    },
  };
}
