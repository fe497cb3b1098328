import type { FocusChange, RawWindow } from './raw-window.ts';
import { shareOf } from './statistics.ts';

/** A focus within this time after a press or a key was led there by it, ms: touch gives the focus some time after the release. */
const LED = 1_000;
/** A page that gets the focus gives it to one of its fields again, ms. */
const SAME = 100;

/** Group `focus` of `sessionData`, before rounding: collected, not scored. */
export function focusFeatures(
  focuses: readonly FocusChange[],
  { presses, strokes }: Pick<RawWindow, 'presses' | 'strokes'>,
) {
  const ofWindow = focuses.filter(({ of }) => of === 'window');
  const ofFields = focuses.filter(
    ({ t, of }) => of === 'field' && !ofWindow.some((one) => Math.abs(one.t - t) <= SAME),
  );
  const ends = [...presses.flatMap(({ t, held = 0 }) => [t, t + held]), ...strokes.map(({ down }) => down)];
  return {
    n: ofFields.length,
    free: shareOf(ofFields, ({ t }) => !ends.some((end) => t >= end && t - end <= LED)),
    win: ofWindow.length,
  };
}
