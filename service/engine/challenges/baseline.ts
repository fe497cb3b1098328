import { median } from '../../lib/median.ts';
import type { SeenFrame } from './seen-frame.ts';

/** The person's own neutral pose: every step is judged against it. */
export interface Baseline {
  yaw: number;
  pitch: number;
  eyeDistance: number;
  eyesOpen: number;
  /** The frames nearest to it, at most three: what turned frames are compared with. */
  frames: readonly SeenFrame[];
}

/** Degrees: heads turned less may be neutral. */
const NEUTRAL_YAW = 10;
const NEUTRAL_PITCH = 25;
/** Neutral frames that a baseline needs. */
const FEWEST = 5;
const KEPT = 3;
/** Neutral frames that an attempt keeps: their textures are large. */
export const MOST_NEUTRAL = 40;

export const isNeutral = ({ pose }: Pick<SeenFrame, 'pose'>): boolean =>
  Math.abs(pose.yaw) < NEUTRAL_YAW && Math.abs(pose.pitch) < NEUTRAL_PITCH;

/** Median of the neutral frames; undefined below five. */
export function baselineOf(frames: readonly SeenFrame[]): Baseline | undefined {
  const neutral = frames.filter(isNeutral);
  if (neutral.length < FEWEST) return undefined;
  const of = (value: (frame: SeenFrame) => number) => median(neutral.map(value));
  const yaw = of(({ pose }) => pose.yaw);
  const pitch = of(({ pose }) => pose.pitch);
  const away = ({ pose }: SeenFrame) => Math.hypot(pose.yaw - yaw, pose.pitch - pitch);
  return {
    yaw,
    pitch,
    eyeDistance: of(({ eyeDistance }) => eyeDistance),
    eyesOpen: of(({ eyesOpen }) => eyesOpen),
    frames: neutral.toSorted((a, b) => away(a) - away(b)).slice(0, KEPT),
  };
}
