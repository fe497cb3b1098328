import { createHash } from 'node:crypto';
import type { Analysis, AnalysisRequest, FollowedFace } from '../../../inference/face.ts';
import type { Share } from '../../../lib/fair/fair-queue.ts';
import { Problem } from '../../../lib/problem.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import {
  type CaptureMetadata,
  type Challenge,
  type ChallengeProgress,
  type ChallengeResult,
  frameRequest,
  guidanceOf,
  jpegSize,
  type ModelPlan,
} from '../../matching/index.ts';
import type { SessionParts } from './parts.ts';
import type { WaitingPicture } from './session.ts';
import type { SessionCapacity } from './session-capacity.ts';
import { type TestEnd, testResult } from './test-end.ts';

/** Milliseconds that an attempt may take at most, whatever its steps allow. */
const LONGEST = 90_000;
/** Milliseconds without a frame after which an attempt is over; in between a lost connection or a reload comes back. */
const AWAY = 15_000;
/** Milliseconds that an interruption counts as. */
const GAP = 400;
/** Interruptions that an attempt survives. */
const MOST_GAPS = 2;
/** The connection of every client that posts. */
export const POSTS = Symbol('posts');
/** Frames whose bytes are noted. */
const MOST_FRAMES = 2_000;

/** A frame as it came: the client's time, ours, and by which connection. */
export interface ReceivedFrame {
  frame: Uint8Array;
  at: number;
  receivedAt: number;
  connection: symbol;
}

/** One attempt: its challenge is in memory alone. */
export interface Attempt extends Pick<AttemptOptions, 'number' | 'challenge' | 'startedAt' | 'reviewable'> {
  /** Of the step, 0..1. */
  readonly progress: number;
  /** The challenge judges an analyzed frame. */
  observe(frame: ReceivedFrame, analysis: Analysis): ChallengeProgress;
  result(now: number): ChallengeResult;
  /** The newest kept frame of each step, in order. */
  pictures(): WaitingPicture[];
  /** SHA-256 of the frames that were judged. */
  readonly bytes: ReadonlySet<string>;
  /** Whether time has ended it. */
  isOver(now: number): boolean;
  /** Ends it as a test person. */
  endAs(test: TestEnd): void;
  readonly testOutcome: TestOutcome | undefined;
}

interface AttemptOptions {
  number: number;
  challenge: Challenge;
  startedAt: number;
  /** What the page says of the camera. */
  capture: CaptureMetadata;
  /** A reviewer may have to compare the face: a picture of it is asked for. */
  reviewable: boolean;
  /** A person may have to decide, and the person before the camera agreed that pictures are kept for it. */
  keepsPictures: boolean;
}

export function createAttempt(options: AttemptOptions): Attempt {
  const { number, challenge, startedAt, capture, reviewable, keepsPictures } = options;
  const bytes = new Set<string>();
  const newest = new Map<number, { step: string; frame: Uint8Array }>();
  let progress = 0;
  let last: { at: number; receivedAt: number; seen: number; connection: symbol } | undefined;
  let seen = startedAt;
  let offset = 0;
  let away = 0;
  let gaps = 0;
  let test: TestEnd | undefined;

  /**
   * Times of a frame as the challenge sees them. After a lost connection or a reload the time away counts as a moment, twice in an
   * attempt: the client's clock starts anew with its page.
   */
  function timesOf(frame: ReceivedFrame): { at: number; receivedAt: number } {
    const before = last;
    // Only a client that posts has no connection of its own: its clock says whether its page was loaded anew.
    const isSetBack = before !== undefined && frame.connection === POSTS && frame.at + offset < before.at;
    const interrupted = isSetBack || (before !== undefined && before.connection !== frame.connection);
    if (before && interrupted && gaps < MOST_GAPS) {
      gaps++;
      offset = before.at + GAP - frame.at;
      away += Math.max(0, frame.receivedAt - before.seen - GAP);
    }
    const times = { at: frame.at + offset, receivedAt: frame.receivedAt - away };
    last = { ...times, seen: frame.receivedAt, connection: frame.connection };
    seen = frame.receivedAt;
    return times;
  }

  return {
    number,
    challenge,
    startedAt,
    reviewable,
    get progress() {
      return progress;
    },
    observe(received, analysis) {
      const { frame } = received;
      const { step } = challenge;
      // One without a face may be the same each time: a camera that starts, or whose shutter is closed.
      if (analysis.faces.length > 0 && bytes.size < MOST_FRAMES)
        bytes.add(createHash('sha256').update(frame).digest('hex'));
      if (keepsPictures && step) newest.set(step.index, { step: step.name, frame });
      const found = challenge.observe({ ...timesOf(received), analysis, capture });
      progress = found.progress;
      return found;
    },
    result: (now) => (test ? testResult(test) : challenge.result(now - away)),
    endAs(end) {
      test = end;
      bytes.clear();
    },
    get testOutcome() {
      return test?.outcome;
    },
    pictures: () =>
      [...newest.entries()]
        .sort(([a], [b]) => a - b)
        .map(([, { step, frame }]) => ({ step, jpeg: Buffer.from(frame).toString('base64') })),
    bytes,
    isOver: (now) => now - seen > AWAY || now - startedAt > LONGEST || now < startedAt - LONGEST,
  };
}

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

/** What the last frame showed. */
export interface FrameFinding {
  /** The only face of it, and how many frames in a row it was followed. */
  face?: (FollowedFace & { followed: number }) | undefined;
  guidance?: { step: string; code: string } | undefined;
}
type Followed = FrameFinding['face'];

/** For guidance alone, or as part of the attempt in progress. */
interface JudgedFrame extends FrameFinding {
  /** State of the attempt after it. */
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
    { attempt, face, share }: Pick<FrameFinding, 'face'> & { attempt?: Attempt | undefined; share: Share },
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

const guidanceRequest = (plan: ModelPlan, followed: Followed) => ({
  detector: plan.detector,
  embedders: [],
  quick: true as const,
  ...(followed && { follow: { box: followed.box, mesh: followed.mesh } }),
});

const requestOf = ({ challenge, reviewable }: Attempt, plan: ModelPlan) => ({
  ...frameRequest(challenge, plan),
  ...(challenge.needs === 'identity' && reviewable && { portrait: true as const }),
});

const faceToFollow = ({ face, faces }: Analysis, followed: Followed): Followed =>
  face && faces.length === 1
    ? { box: face.box, mesh: face.motion.mesh, followed: followed ? followed.followed + 1 : 0 }
    : undefined;
