import type { Analysis } from '../../inference/face.ts';

/** One picture of the frames a caller sent, analyzed. */
export interface Frame {
  /** Milliseconds on the caller's own clock; absent when no times were sent. */
  at?: number;
  analysis: Analysis;
}
