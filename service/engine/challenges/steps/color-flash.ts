import { colorAnswer, type Rgb } from '../color-answer.ts';
import type { Step } from './step.ts';

/** No saturated red, and slower than three a second: safe for most photosensitive people, who are offered a path without it. */
const COLORS = ['#3f7fff', '#ffb000', '#00c2a8', '#b060ff', '#ffffff', '#40a000'] as const;
/** Milliseconds of one color; the first frame of each is left out, for exposure and white balance. */
const EACH = 500;

/** The reflected color is recorded, and never decides: there are no data for it (LIVENESS.md §6). */
export const colorFlash = {
  name: 'color-flash',
  prompt: 'Look at the screen while its color changes.',
  needs: 'flash',
  colors: COLORS,
  begin: ({ colors = COLORS }) => {
    const seen: { color: string; skin: Rgb; background?: Rgb }[] = [];
    let since: number | undefined;
    let shown = -1;
    return {
      observe({ at, colors: reflected }) {
        since ??= at;
        const index = Math.floor((at - since) / EACH);
        const progress = Math.min(1, (at - since) / (EACH * colors.length));
        if (index >= colors.length) return { progress: 1, done: true, there: false, code: 'WATCH' };
        const color = colors[index]!;
        if (index === shown && reflected) seen.push({ color, ...reflected });
        shown = index;
        return { progress, done: false, there: false, code: 'WATCH', color };
      },
      note: () => ({ ...colorAnswer(seen), frames: seen.length }),
    };
  },
} as const satisfies Step;
