import type { Analysis } from '../../../inference/face.ts';
import { baselineOf, createFaceTrack, isMeasured, type SeenFrame, seenFrame } from './seen-frame.ts';
import { blink } from './steps/blink.ts';

/**
 * Whether the one face of these frames, in their order, opens, closes and opens its eyes as the step `blink` of a live challenge asks
 * for it. False where the face is lost, jumps, or is not the only one. `at`: ms.
 */
export function blinksIn(frames: readonly { at: number; analysis: Analysis }[]): boolean {
  const track = createFaceTrack();
  const seen: SeenFrame[] = [];
  for (const { at, analysis } of frames) {
    const found = track.observe(at, analysis);
    if (found.is !== 'face') return false;
    const frame = seenFrame(at, found.face);
    if (!isMeasured(frame)) return false;
    seen.push(frame);
  }
  const baseline = baselineOf(seen);
  if (!baseline) return false;
  const judge = blink.begin({ holdMs: 0, strict: true, baseline });
  return seen.some((frame) => judge.observe(frame).done);
}
