import type { ScrollStep } from './raw-window.ts';
import { gaps, variation } from './statistics.ts';

/** Group `scroll` of `sessionData`, before rounding: collected, not scored. */
export function scrollFeatures(scrolls: readonly ScrollStep[]) {
  const distances = gaps(scrolls.map(({ y }) => y)).map((one) => Math.round(Math.abs(one)));
  return {
    n: scrolls.length,
    uniq: distances.length === 0 ? undefined : new Set(distances).size / distances.length,
    dtCv: variation(gaps(scrolls.map(({ t }) => t))),
  };
}
