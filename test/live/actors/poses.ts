import type { Analysis } from '../../../service/inference/face.ts';
import { median } from '../../../service/lib/median.ts';

/** Degrees of yaw: beyond, a person does not look into the camera. */
const AHEAD = 9;

/** A frame's reading against the person's own neutral one. Degrees; eyes and size as shares. */
export interface Moment {
  name: string;
  analysis: Analysis;
  yaw: number;
  pitch: number;
  roll: number;
  eyes: number;
  size: number;
  /** Of the reading itself: the person looks into the camera. */
  ahead: boolean;
  /** Middle of the face, in neutral face widths. */
  x: number;
  y: number;
}

/** Frames with one face, in order; `after` is whether the frame follows the one before without a gap. */
export function momentsOf(readings: ReadonlyMap<string, Analysis>): Moment[] {
  const faces = [...readings].flatMap(([name, analysis]) =>
    analysis.face && analysis.faces.length === 1 ? [{ name, analysis, face: analysis.face }] : [],
  );
  if (faces.length === 0) return [];
  const all = faces.map(({ face }) => face);
  // The way a person looks most of the time: the middle of the frames near to the camera.
  const frontal = all.filter(({ motion }) => Math.abs(motion.pose.yaw) < 10);
  const usual = frontal.length > 4 ? frontal : all;
  const at = (pick: (face: (typeof all)[number]) => number) => median(usual.map(pick));
  const neutral = {
    yaw: at(({ motion }) => motion.pose.yaw),
    pitch: at(({ motion }) => motion.pose.pitch),
    roll: at(({ motion }) => motion.pose.roll),
    size: at(({ quality }) => quality.interEyeDistance),
    width: at(({ box }) => box.width),
  };
  const open = all.map(({ motion }) => motion.eyesOpen).toSorted((a, b) => a - b)[
    Math.floor(all.length * 0.75)
  ]!;
  return faces.map(({ name, analysis, face: { motion, quality, box } }) => ({
    name,
    analysis,
    yaw: motion.pose.yaw - neutral.yaw,
    pitch: motion.pose.pitch - neutral.pitch,
    roll: motion.pose.roll - neutral.roll,
    eyes: motion.eyesOpen / open,
    size: quality.interEyeDistance / neutral.size,
    ahead: Math.abs(motion.pose.yaw) < AHEAD,
    x: (box.x + box.width / 2) / neutral.width,
    y: (box.y + box.height / 2) / neutral.width,
  }));
}
