import { createHash } from 'node:crypto';
import type { Analysis } from '../../inference/face.ts';
import type { CaptureMetadata, Challenge, ChallengeProgress, ChallengeResult } from '../challenges/index.ts';
import type { WaitingPicture } from './session.ts';

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
      if (bytes.size < MOST_FRAMES) bytes.add(createHash('sha256').update(frame).digest('hex'));
      if (keepsPictures && step) newest.set(step.index, { step: step.name, frame });
      const found = challenge.observe({ ...timesOf(received), analysis, capture });
      progress = found.progress;
      return found;
    },
    result: (now) => challenge.result(now - away),
    pictures: () =>
      [...newest.entries()]
        .sort(([a], [b]) => a - b)
        .map(([, { step, frame }]) => ({ step, jpeg: Buffer.from(frame).toString('base64') })),
    bytes,
    isOver: (now) => now - seen > AWAY || now - startedAt > LONGEST || now < startedAt - LONGEST,
  };
}
