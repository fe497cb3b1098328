import type { Rgb } from '../seen-frame.ts';
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

interface Reflection {
  /** Color of the screen, `#rrggbb`. */
  color: string;
  skin: Rgb;
  background?: Rgb;
}

/**
 * How the skin's chroma follows the screen's colors: normalized correlation of ln(R/G) and ln(B/G) of the skin, less that of the
 * background, with the shown ones; -1..1, 0 without an answer. Experimental: never decides (LIVENESS.md §6).
 */
function colorAnswer(reflections: readonly Reflection[]): { correlation: number; change: number } {
  const colors = [...new Set(reflections.map(({ color }) => color))];
  const answers = colors.map((color) => {
    const own = reflections.filter((one) => one.color === color);
    const of = (axis: 0 | 2) =>
      mean(
        own.map(({ skin, background }) => chroma(skin, axis) - (background ? chroma(background, axis) : 0)),
      );
    return { shown: [screenChroma(color, 0), screenChroma(color, 2)], seen: [of(0), of(2)] };
  });
  const shown = centered(answers.map((one) => one.shown));
  const seen = centered(answers.map((one) => one.seen));
  const size = Math.hypot(...seen);
  const scale = Math.hypot(...shown) * size;
  const dot = shown.reduce((sum, value, i) => sum + value * seen[i]!, 0);
  return {
    correlation: scale > 0 ? dot / scale : 0,
    change: seen.length > 0 ? size / Math.sqrt(seen.length) : 0,
  };
}

/** Dark channels have no chroma worth the name. */
const FLOOR = 0.002;
/** Of a screen, which is never quite black beside the face. */
const SCREEN_FLOOR = 0.05;

const chroma = (color: Rgb, axis: 0 | 2): number =>
  Math.log(Math.max(FLOOR, color[axis]) / Math.max(FLOOR, color[1]));

function screenChroma(color: string, axis: 0 | 2): number {
  const channel = (index: number) =>
    (Number.parseInt(color.slice(1 + 2 * index, 3 + 2 * index), 16) / 255) ** 2.2;
  return Math.log((SCREEN_FLOOR + channel(axis)) / (SCREEN_FLOOR + channel(1)));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function centered(rows: readonly (readonly number[])[]): number[] {
  const middle = [0, 1].map((axis) => mean(rows.map((row) => row[axis]!)));
  return rows.flatMap((row) => row.map((value, axis) => value - middle[axis]!));
}
