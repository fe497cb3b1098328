import type { Analysis, AnalysisRequest } from '../../inference/face.ts';
import { Problem } from '../../lib/problem.ts';
import { guidanceOf, jpegSize } from '../captures/index.ts';
import { frameRequest } from '../challenges/index.ts';
import type { ModelPlan } from '../profiles/index.ts';
import type { ReceivedFrame } from './attempt.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionParts } from './parts.ts';
import type { SessionCapacity } from './session-capacity.ts';

/** Bytes of one frame. */
const LARGEST_FRAME = 256 * 1024;
/** Pixels of its longer side. */
const LONGEST_SIDE = 1280;
/** Frames in a row whose face is followed from the frame before, without a search for others. */
const FOLLOWED = 2;
/** Milliseconds; guidance that is older helps no one. */
const DEADLINE = 2_000;

/** Whether it is work of a moment. Throws IMAGE_TOO_LARGE, IMAGE_FORMAT_UNSUPPORTED. */
export function checkFrame(frame: Uint8Array): { brief: boolean } {
  if (frame.length > LARGEST_FRAME)
    throw new Problem('IMAGE_TOO_LARGE', `A frame has at most ${LARGEST_FRAME} bytes.`);
  const size = jpegSize(frame);
  if (!size) throw new Problem('IMAGE_FORMAT_UNSUPPORTED', 'A frame is a JPEG.');
  if (Math.max(size.width, size.height) > LONGEST_SIDE)
    throw new Problem('IMAGE_TOO_LARGE', `A frame is at most ${LONGEST_SIDE} pixels wide and high.`);
  return { brief: size.sequential };
}

/** What a frame showed: for guidance alone, or as part of the attempt in progress. */
export interface JudgedFrame extends Pick<LiveSession, 'face' | 'guidance'> {
  /** Of the attempt after it. */
  attempt?: 'running' | 'passed' | 'failed';
}

/** Judges one frame. Undefined where busy workers left it out: the next one will do. */
export function createJudgeFrame({ analyzer, clock }: SessionParts, capacity: SessionCapacity) {
  async function analyze(frame: Uint8Array, request: AnalysisRequest): Promise<Analysis | undefined> {
    const begun = clock.now();
    try {
      const analysis = await analyzer.analyze(frame, request);
      const { queued } = analysis.timing;
      capacity.measured({ took: Math.max(0, clock.now() - begun - queued), waited: queued });
      return analysis;
    } catch (error) {
      if (error instanceof Problem && (error.code === 'OVERLOADED' || error.code === 'TIMEOUT'))
        return undefined;
      throw error;
    }
  }

  return async function judgeFrame(
    { attempt, face, share }: LiveSession,
    { brief, ...received }: ReceivedFrame & { brief: boolean },
    plan: ModelPlan,
    /** Whether the attempt is in progress still once the frame was analyzed. */
    isCurrent: () => boolean,
  ): Promise<JudgedFrame | undefined> {
    const followed = face !== undefined && face.followed < FOLLOWED ? face : undefined;
    const analysis = await analyze(received.frame, {
      ...(attempt ? requestOf(attempt, plan) : guidanceRequest(plan, followed)),
      deadline: DEADLINE,
      share: { ...share, ...(brief && { brief }) },
    });
    if (!analysis) return undefined;
    const next = { face: faceToFollow(analysis, followed) };
    if (attempt && isCurrent()) {
      const { state, guidance } = attempt.observe(received, analysis);
      return { ...next, guidance, attempt: state };
    }
    const { worst } = guidanceOf(analysis, { pad: plan.pad !== undefined });
    return { ...next, guidance: worst && { step: worst.step, code: worst.code } };
  };
}

const guidanceRequest = (plan: ModelPlan, followed: LiveSession['face']) => ({
  detector: plan.detector,
  embedders: [],
  quick: true as const,
  ...(followed && { follow: { box: followed.box, mesh: followed.mesh } }),
});

const requestOf = ({ challenge, reviewable }: NonNullable<LiveSession['attempt']>, plan: ModelPlan) => ({
  ...frameRequest(challenge, plan),
  ...(challenge.needs === 'identity' && reviewable && { portrait: true as const }),
});

const faceToFollow = ({ face, faces }: Analysis, followed: LiveSession['face']): LiveSession['face'] =>
  face && faces.length === 1
    ? { box: face.box, mesh: face.motion.mesh, followed: followed ? followed.followed + 1 : 0 }
    : undefined;
