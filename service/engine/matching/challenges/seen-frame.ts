import type { Analysis, AnalyzedFace, Box, FollowedFace, Pose } from '../../../inference/face.ts';
import { median } from '../../../lib/median.ts';
import { SECOND_FACE, secondFaceShare } from '../checks/face-quality.ts';
import { movementBetween } from '../checks/frame-consistency.ts';
import type { ChallengeReason } from './evidence.ts';

/** Linear red, green and blue, 0..1. */
export type Rgb = readonly [number, number, number];

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

/** A frame with embeddings. */
export interface IdentityFrame {
  at: number;
  analysis: Analysis;
  face: AnalyzedFace;
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

/** Milliseconds without a face after which it may be another one. */
const LOST = 1500;
/** Frames in a row with a second face: the detector may see one that is none. */
const SEVERAL = 2;
/** Frames in a row whose face is followed from the frame before, without a search for others. */
const FOLLOWED = 3;

export type TrackFinding =
  | {
      is: 'face';
      face: AnalyzedFace /** After a gap, or at another frame size: whose it is has to be seen again. */;
      fresh: boolean;
    }
  | { is: 'none' }
  | { is: 'several' }
  | {
      is: 'fault';
      reason: Extract<ChallengeReason, 'FACE_LOST' | 'FRAMES_LATE' | 'SECOND_FACE' | 'FACE_JUMPED'>;
    };

/** Follows the one face of an attempt through its frames. */
export function createFaceTrack() {
  let last: { at: number; box: Box; size: string } | undefined;
  let several = 0;
  let followed = 0;
  let follow: FollowedFace | undefined;
  /** Frames were missed since the last one with a face. */
  let gap = false;

  function look(at: number, analysis: Analysis): TrackFinding {
    const { face, picture } = analysis;
    if (!face) {
      gap = true;
      return last && at - last.at > LOST ? { is: 'fault', reason: 'FACE_LOST' } : { is: 'none' };
    }
    if (secondFaceShare(analysis) >= SECOND_FACE) {
      several += 1;
      gap = true;
      return several >= SEVERAL ? { is: 'fault', reason: 'SECOND_FACE' } : { is: 'several' };
    }
    several = 0;
    const before = last;
    const size = `${picture.width}x${picture.height}`;
    last = { at, box: face.box, size };
    const missed = gap;
    const fresh = before === undefined || missed || before.size !== size;
    gap = false;
    if (!before) return { is: 'face', face, fresh };
    if (at - before.at > LOST) return { is: 'fault', reason: missed ? 'FACE_LOST' : 'FRAMES_LATE' };
    if (before.size === size && !movementBetween(before.box, face.box, at - before.at).plausible)
      return { is: 'fault', reason: 'FACE_JUMPED' };
    return { is: 'face', face, fresh };
  }

  return {
    observe(at: number, analysis: Analysis): TrackFinding {
      const finding = look(at, analysis);
      followed = follow ? followed + 1 : 0;
      const { face } = analysis;
      const next = followed < FOLLOWED && analysis.faces.length === 1 && face;
      follow = next ? { box: next.box, mesh: next.motion.mesh } : undefined;
      return finding;
    },
    /** Where the next frame's face is to be expected; undefined when the detector has to search. */
    get follow(): FollowedFace | undefined {
      return follow;
    },
    reset(): void {
      last = undefined;
      several = 0;
    },
  };
}
