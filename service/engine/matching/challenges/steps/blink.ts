import type { Step } from './step.ts';

/** Of the usual opening (LIVENESS.md §1). */
const CLOSED = 0.6;
const OPEN = 0.75;
/** Milliseconds of closed eyes: a blink, and not a look down. 8 frames at 15 a second. */
const LONGEST = 550;
/** Milliseconds of the past that say how open the eyes usually are, and which share of them. */
const WINDOW = 2000;
const USUAL = 0.75;
/** Degrees: eyes are not judged on heads turned farther. */
const FRONTAL = 15;

export const blink = {
  name: 'blink',
  prompt: 'Blink once.',
  lids: true,
  frameRate: 9,
  begin: ({ baseline }) => {
    const past: { at: number; open: number }[] = [];
    let openBefore = false;
    let closedSince: number | undefined;
    let done = false;
    return {
      observe({ at, eyesOpen, pose }) {
        while (past.length > 0 && at - past[0]!.at > WINDOW) past.shift();
        past.push({ at, open: eyesOpen });
        const usual = Math.max(
          percentile(
            past.map(({ open }) => open),
            USUAL,
          ),
          CLOSED * baseline.eyesOpen,
        );
        const ratio = usual > 0 ? eyesOpen / usual : 0;
        if (Math.abs(pose.yaw - baseline.yaw) > FRONTAL) {
          openBefore = false;
          closedSince = undefined;
        } else if (ratio < CLOSED) {
          if (openBefore) closedSince ??= at;
        } else if (ratio > OPEN) {
          if (closedSince !== undefined && at - closedSince <= LONGEST) done = true;
          closedSince = undefined;
          openBefore = true;
        }
        const progress = done ? 1 : closedSince === undefined ? 0 : 0.5;
        return { progress, done, there: false, code: 'BLINK' };
      },
    };
  },
} as const satisfies Step;

/** Linear between the two nearest values; NaN of nothing. `share` 0..1. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
