import type { Analysis, AnalyzedFace, Box, FollowedFace } from '../../inference/face.ts';
import { movementBetween, SECOND_FACE, secondFaceShare } from '../checks/index.ts';
import type { ChallengeReason } from './evidence.ts';

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
  | { is: 'fault'; reason: Extract<ChallengeReason, 'FACE_LOST' | 'SECOND_FACE' | 'FACE_JUMPED'> };

/** Follows the one face of an attempt through its frames. */
export interface FaceTrack {
  observe(at: number, analysis: Analysis): TrackFinding;
  /** Where the next frame's face is to be expected; undefined when the detector has to search. */
  readonly follow: FollowedFace | undefined;
  reset(): void;
}

export function createFaceTrack(): FaceTrack {
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
    const fresh = before === undefined || gap || before.size !== size;
    gap = false;
    if (!before) return { is: 'face', face, fresh };
    if (at - before.at > LOST) return { is: 'fault', reason: 'FACE_LOST' };
    if (before.size === size && !movementBetween(before.box, face.box, at - before.at).plausible)
      return { is: 'fault', reason: 'FACE_JUMPED' };
    return { is: 'face', face, fresh };
  }

  return {
    observe(at, analysis) {
      const finding = look(at, analysis);
      followed = follow ? followed + 1 : 0;
      const { face } = analysis;
      const next = followed < FOLLOWED && analysis.faces.length === 1 && face;
      follow = next ? { box: next.box, mesh: next.motion.mesh } : undefined;
      return finding;
    },
    get follow() {
      return follow;
    },
    reset() {
      last = undefined;
      several = 0;
    },
  };
}
