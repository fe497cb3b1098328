import { createHash } from 'node:crypto';
import type { WaitingPicture } from '../session.ts';
import type { ChallengeStep, RunningChallenge } from './challenge.ts';

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

/** One attempt: its challenge is in memory alone. */
export interface Attempt {
  readonly number: number;
  readonly challenge: RunningChallenge;
  readonly startedAt: number;
  progress: number;
  /**
   * Times of a frame as the challenge sees them. After a lost connection or a reload the time away counts as a moment, twice in an
   * attempt: the client's clock starts anew with its page.
   */
  timesOf(frame: { at: number; receivedAt: number; connection: symbol }): { at: number; receivedAt: number };
  /** Our time as the challenge sees it. */
  timeOf(now: number): number;
  /** Notes the bytes of a judged frame. `step`: the frame is kept as the newest of this step, for a person who decides. */
  saw(frame: Uint8Array, step?: Pick<ChallengeStep, 'index' | 'name'>): void;
  /** The newest kept frame of each step, in order. */
  pictures(): WaitingPicture[];
  /** SHA-256 of the frames that were judged. */
  readonly bytes: ReadonlySet<string>;
  /** Whether time has ended it. */
  isOver(now: number): boolean;
}

export function createAttempt(
  number: number,
  challenge: RunningChallenge,
  { startedAt }: { startedAt: number },
): Attempt {
  const bytes = new Set<string>();
  const newest = new Map<number, { step: string; frame: Uint8Array }>();
  let last: { at: number; receivedAt: number; seen: number; connection: symbol } | undefined;
  let seen = startedAt;
  let offset = 0;
  let away = 0;
  let gaps = 0;

  return {
    number,
    challenge,
    startedAt,
    progress: 0,
    timesOf(frame) {
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
    },
    timeOf: (now) => now - away,
    saw(frame, step) {
      if (bytes.size < MOST_FRAMES) bytes.add(createHash('sha256').update(frame).digest('hex'));
      if (step) newest.set(step.index, { step: step.name, frame });
    },
    pictures: () =>
      [...newest.entries()]
        .sort(([a], [b]) => a - b)
        .map(([, { step, frame }]) => ({ step, jpeg: Buffer.from(frame).toString('base64') })),
    bytes,
    isOver: (now) => now - seen > AWAY || now - startedAt > LONGEST || now < startedAt - LONGEST,
  };
}
