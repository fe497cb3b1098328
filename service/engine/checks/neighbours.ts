import type { Analysis, AnalyzedFace } from '../../inference/face.ts';
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
