import type { AnalyzedFace, Box, Pose } from '../../inference/face.ts';
import type { Rgb } from './color-answer.ts';

/** What the steps judge of a frame: numbers alone. */
export interface SeenFrame {
  /** The client's time, ms. */
  at: number;
  box: Box;
  /** Degrees, of the second mesh pass. */
  pose: Pose;
  /** Mean iris EAR of both eyes. */
  eyesOpen: number;
  /** Pixels between the eyes in three dimensions. */
  eyeDistance: number;
  /** Face width over the frame's. */
  share: number;
  /** Face widths from the face to the nearest edge. */
  margin: number;
  colors?: { skin: Rgb; background?: Rgb };
  mesh: Float32Array;
  /** Absent unless measured. */
  texture?: Float32Array;
  rigidResidual?: number;
}

export function seenFrame(at: number, { box, quality, motion, challenge }: AnalyzedFace): SeenFrame {
  return {
    at,
    box,
    pose: motion.pose,
    eyesOpen: motion.eyesOpen,
    eyeDistance: quality.interEyeDistance,
    share: quality.frameShare,
    margin: quality.margin,
    mesh: motion.mesh,
    ...(challenge && {
      texture: challenge.texture,
      rigidResidual: challenge.rigidResidual,
      colors: {
        skin: challenge.skin,
        ...(challenge.background && { background: challenge.background }),
      },
    }),
  };
}

/** A frame whose numbers are none shows nothing. */
export const isMeasured = ({ box, pose, eyesOpen, eyeDistance, share, margin }: SeenFrame): boolean =>
  [box.x, box.y, pose.yaw, pose.pitch, eyesOpen, margin].every(Number.isFinite) &&
  [box.width, box.height, eyeDistance, share].every((value) => value > 0 && value < Number.POSITIVE_INFINITY);
