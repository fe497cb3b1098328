import { wilsonInterval } from '../accuracy/interval.ts';
import type { Kept } from './kept.ts';
import { type AttackRow, type Setting, settingName } from './measure.ts';

/** Not caught, or caught in part: docs/evidence/liveness.md says how many pass. All others have the goal 0, or one of their own. */
const PASSING =
  /^(injection|replay-screen-chosen|face-swap|recapture-turning-within)|-same-draw$|-no-motion(-others)?$|-turns$/;
/**
 * Shares within three attempts. One draw in 120 is that of the old session again, and of those a fifth pass: of 900 draws one or two do.
 * The same holds for a film that shows its steps in the order of the draw.
 */
const GOALS: Readonly<Record<string, number>> = {
  puppet: 0.05,
  'two-people': 0.01,
  'replay-old-session': 0.01,
  'replay-screen': 0.01,
  'replay-screen-session': 0.01,
};

export interface Measured {
  setting: Setting;
  trials: number;
  sources: number;
}

/**
 * How many trials of a species may be accepted: no more than its goal, and no more than the upper end of the 95 % interval of the row that
 * is kept, so that a defense cannot get worse unseen. Of fewer sources than those of the row, all that were accepted may be of these.
 * Undefined where no row is kept: then there is nothing to compare with.
 */
export function mostAccepted(
  name: string,
  { attacks }: Pick<Kept, 'attacks'>,
  { setting, trials, sources }: Measured,
): number | undefined {
  const row = attacks[name]?.rows.find((one) => settingName(one.setting) === settingName(setting));
  const goal = GOALS[name] ?? (PASSING.test(name) ? 1 : 0);
  if (goal === 0) return 0;
  if (row === undefined) return undefined;
  return Math.floor(trials * Math.min(goal, upperShare(row, sources)));
}

function upperShare(row: AttackRow, sources: number): number {
  const trials = Math.round(row.trials * Math.min(1, sources / row.sources));
  const [, most] = wilsonInterval(Math.min(row.accepted.hits, trials), trials);
  return most;
}
