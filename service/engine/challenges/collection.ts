import type { Analysis, MotionSample } from '../../inference/face.ts';
import { isNeutral } from './baseline.ts';
import type { IdentityLook } from './identity.ts';
import { type Moment, momentOf, type Trace } from './movements/trace.ts';
import type { SeenFrame } from './seen-frame.ts';

/** Milliseconds between two frames with embeddings. */
const LOOK_EVERY = 600;
/** Degrees: frames turned farther are not identified. */
const LARGEST_YAW = 30;
/** Frames with embeddings from which on they come at a fourth of the pace. */
const MANY_LOOKS = 30;
/** Milliseconds between two frames of the motion index, and how many are kept. */
const MOTION_EVERY = 150;
const MOST_MOTION = 80;
/** Frames whose movement is kept. */
const MOST_MOMENTS = 1200;

/** What the verdict over an attempt rests on: numbers of its frames. */
export interface Collection {
  readonly looks: readonly IdentityLook[];
  readonly motion: readonly { at: number; sample: MotionSample }[];
  readonly trace: Trace;
  /** `fresh`: the face was out of sight before. */
  add(seen: SeenFrame, analysis: Analysis, fresh: boolean): void;
  /** The asked pose of this step is there: it is identified once. */
  reached(step: number, at: number): void;
  /** Whether the next frame is to be identified. */
  needsIdentity(seen: SeenFrame): boolean;
  clear(): void;
}

export function createCollection(): Collection {
  const looks: IdentityLook[] = [];
  const motion: { at: number; sample: MotionSample }[] = [];
  const trace: { at: number[]; moments: Moment[] } = { at: [], moments: [] };
  const identified = new Set<number>();
  let unidentified = false;
  return {
    looks,
    motion,
    trace,
    add(seen, analysis, fresh) {
      const { at } = seen;
      const { face } = analysis;
      if (!face) return;
      if (trace.at.length < MOST_MOMENTS) {
        trace.at.push(at);
        trace.moments.push(momentOf(seen));
      }
      if (Object.keys(face.embeddings).length > 0) {
        looks.push({ at, face, analysis: withoutTexture(analysis) });
        unidentified = false;
      } else if (fresh) unidentified = true;
      const due = at - (motion.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= MOTION_EVERY;
      if (isNeutral(seen) && due && motion.length < MOST_MOTION) motion.push({ at, sample: face.motion });
    },
    reached(step, at) {
      if (identified.has(step)) return;
      if (looks.at(-1)?.at === at) identified.add(step);
      else unidentified = true;
    },
    needsIdentity({ at, pose }) {
      if (Math.abs(pose.yaw) > LARGEST_YAW) return false;
      const pace = looks.length < MANY_LOOKS ? LOOK_EVERY : 4 * LOOK_EVERY;
      return unidentified || at - (looks.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= pace;
    },
    clear() {
      looks.length = 0;
      motion.length = 0;
    },
  };
}

/** Textures are large, and compared already. */
function withoutTexture(analysis: Analysis): Analysis {
  if (!analysis.face?.challenge) return analysis;
  const { challenge: _, ...face } = analysis.face;
  return { ...analysis, face };
}
