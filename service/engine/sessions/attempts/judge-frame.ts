import type { Analysis } from '../../../inference/face.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { guidanceOf, jpegSize } from '../../captures/index.ts';
import { circumstancesIn, type ModelPlan, type Profile, planModels } from '../../profiles/index.ts';
import type { SessionParts } from '../parts.ts';
import type { WholeSession } from '../session.ts';
import type { Admission } from './admission.ts';
import { BURST, type Room } from './rooms.ts';

/** Bytes of one frame. */
const LARGEST_FRAME = 256 * 1024;
/** Pixels of its longer side. */
const LONGEST_SIDE = 1280;
/** Milliseconds for one frame: ten a second, with room for an uneven network. */
const PACE = 80;
/** Frames in a row whose face is followed from the frame before, without a search for others. */
const FOLLOWED = 2;
/** Milliseconds; guidance that is older helps no one. */
const DEADLINE = 2_000;
/** Frames left out, less half of those judged, from which the client is asked to send slower: it sends half as many again as it gets. */
const TOO_FAST = 4;

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

/**
 * Whether the frame may be judged: not above the pace, one at a time, and of those that come meanwhile the newest alone. One that may
 * is followed by `passTurn`.
 */
export async function admitFrame(room: Room, now: number): Promise<{ judged: boolean; slower: boolean }> {
  room.allowance = Math.min(BURST, room.allowance + Math.abs(now - room.countedAt) / PACE);
  room.countedAt = now;
  const judged = room.allowance >= 1 && (await takeTurn(room));
  if (judged) room.allowance -= 1;
  room.early = Math.min(10, Math.max(0, room.early + (judged ? -0.5 : 1)));
  return { judged, slower: !judged && room.early >= TOO_FAST };
}

function takeTurn(room: Room): true | Promise<boolean> {
  if (!room.busy) {
    room.busy = true;
    return true;
  }
  room.held?.(false);
  return new Promise((resolve) => {
    room.held = resolve;
  });
}

/** The frame is done with: the one that waits is next. */
export function passTurn(room: Room): void {
  const next = room.held;
  room.held = undefined;
  if (next) next(true);
  else room.busy = false;
}

/** The profile of a session, and the models that judge its frames. Throws PROFILE_NOT_FOUND, MODEL_NOT_INSTALLED, PAD_NOT_INSTALLED. */
export async function planOf(
  { profiles, models, organizations, subjects, clock }: SessionParts,
  { realm, profile: slug }: Pick<WholeSession, 'realm' | 'profile'>,
): Promise<{ profile: Profile; plan: ModelPlan }> {
  const { organization, world } = realm;
  const profile = await profiles.get(organization, slug);
  const { matchOnly } = await organizations.get(organization);
  const circumstances = circumstancesIn({ models, subjects, clock }, realm);
  const plan = planModels(profile, { ...circumstances, world, matchOnly: matchOnly && world === 'live' });
  return { profile, plan };
}

interface ReceivedFrame {
  frame: Uint8Array;
  /** Work of a moment. */
  brief: boolean;
  /** The client's time, and ours. */
  at: number;
  receivedAt: number;
  connection: symbol;
}

/** Judges one frame: for guidance alone, or as part of the attempt in progress. */
export function createJudgeFrame(parts: SessionParts, admission: Admission) {
  const { analyzer, clock, challenges } = parts;

  async function analyze(
    room: Room,
    { frame, brief }: Pick<ReceivedFrame, 'frame' | 'brief'>,
    plan: ModelPlan,
  ): Promise<Analysis> {
    const { attempt, face } = room;
    const identity = attempt?.challenge.needs === 'identity';
    const follows = face !== undefined && face.followed < FOLLOWED;
    const begun = clock.now();
    const analysis = await analyzer.analyze(frame, {
      ...(attempt
        ? challenges.request(attempt.challenge, plan)
        : {
            detector: plan.detector,
            embedders: [],
            quick: true as const,
            ...(follows && { follow: { box: face.box, mesh: face.mesh } }),
          }),
      ...(identity && room.reviewable && { portrait: true as const }),
      deadline: DEADLINE,
      share: { ...room.share, ...(brief && { brief }) },
    });
    const { queued } = analysis.timing;
    admission.measured({ took: Math.max(0, clock.now() - begun - queued), waited: queued });
    const { face: seen, faces } = analysis;
    room.face =
      seen && faces.length === 1
        ? { box: seen.box, mesh: seen.motion.mesh, followed: follows ? face.followed + 1 : 0 }
        : undefined;
    return analysis;
  }

  /** The state of the attempt after the frame; undefined without one. Frames of a busy analyzer are left out. */
  return async function judge(
    room: Room,
    { frame, brief, ...times }: ReceivedFrame,
    plan: ModelPlan,
  ): Promise<'running' | 'passed' | 'failed' | 'left-out' | undefined> {
    const { attempt } = room;
    room.looked = true;
    try {
      const analysis = await analyze(room, { frame, brief }, plan);
      if (!attempt || room.attempt !== attempt) {
        const { worst } = guidanceOf(analysis, { pad: plan.pad !== undefined });
        room.guidance = worst && { step: worst.step, code: worst.code };
        return undefined;
      }
      attempt.saw(frame, room.keepsPictures ? attempt.challenge.step : undefined);
      const progress = attempt.challenge.observe({
        ...attempt.timesOf(times),
        analysis,
        ...defined({ capture: room.device }),
      });
      attempt.progress = progress.progress;
      room.guidance = progress.guidance;
      return progress.state;
    } catch (error) {
      // Busy workers: the next frame will do.
      if (error instanceof Problem && (error.code === 'OVERLOADED' || error.code === 'TIMEOUT'))
        return 'left-out';
      throw error;
    }
  };
}
