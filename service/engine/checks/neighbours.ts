import type { Analysis, AnalyzedFace, Box } from '../../inference/face.ts';
import type { Frame } from './frame.ts';

/** Milliseconds: frames farther apart say nothing about each other. */
const NEIGHBOURS = 1000;

/** A frame with a time and a face. */
export interface TimedFace {
  at: number;
  analysis: Analysis;
  face: AnalyzedFace;
}

export function timedFaces(frames: readonly Frame[]): TimedFace[] {
  return frames.flatMap(({ at, analysis }) =>
    at !== undefined && analysis.face ? [{ at, analysis, face: analysis.face }] : [],
  );
}

/** Timed frames with a face, each with the next one where that follows within a second. */
export function neighbours(frames: readonly Frame[]): (readonly [TimedFace, TimedFace])[] {
  const timed = timedFaces(frames);
  return timed
    .slice(1)
    .map((later, i) => [timed[i]!, later] as const)
    .filter(([earlier, later]) => later.at - earlier.at <= NEIGHBOURS);
}

/** A face moves at most half its width in this many milliseconds, and boxes that near overlap at least so much. */
const STEP = 200;
const LARGEST_STEP = 0.5;
const SMALLEST_OVERLAP = 0.25;

export interface Movement {
  /** Face widths per 200 ms; a shorter time counts as 200 ms. */
  step: number;
  /** A head can move like this. */
  plausible: boolean;
}

/** From one box to another `gap` milliseconds later, in pictures of one size. */
export function movementBetween(from: Box, to: Box, gap: number): Movement {
  const step = Math.hypot(...centreShift(from, to)) / from.width / Math.max(1, gap / STEP);
  const apart = gap <= STEP && overlap(from, to) < SMALLEST_OVERLAP;
  return { step, plausible: step <= LARGEST_STEP && !apart };
}

const centreShift = (a: Box, b: Box): [number, number] => [
  b.x + b.width / 2 - a.x - a.width / 2,
  b.y + b.height / 2 - a.y - a.height / 2,
];

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}
