import type { Baseline, SeenFrame } from '../seen-frame.ts';

/** What one challenge asks of one step. */
export interface StepOptions {
  /** Milliseconds for which the asked pose is held. */
  holdMs: number;
  /** The stricter of the limits that have two. */
  strict: boolean;
  /** Colors of the screen in their order, `#rrggbb`. */
  colors?: readonly string[];
  baseline: Baseline;
}

/** What a frame is to the step. */
export interface StepFinding {
  /** 0..1. */
  progress: number;
  done: boolean;
  /** The asked pose is there: the frame counts for gates and identity. */
  there: boolean;
  /** The movement contradicts the step. */
  wrong?: true;
  /** For the person: what to do now. */
  code: string;
  /** Color that the screen shows from now on. */
  color?: string;
}

/** Judge of one step in one challenge. It sees the step's own frames alone, in their order, each with one face in range. */
export interface StepJudge {
  observe(frame: SeenFrame): StepFinding;
  /** What is recorded of the finished step beside its name; never decides. */
  note?(): Record<string, number | boolean>;
}

/** Of the step's own frames before the one in question, from its reveal on. */
export interface SeenBefore {
  /** The one before. */
  before?: SeenFrame;
  /** One of them, or the one in question, was `notYet`. */
  notYet: boolean;
}

/** One step: the file that defines it and its line in `registered-steps.ts` are all that a new one needs. */
export interface Step {
  name: string;
  /** English; the page has its own words for the registered ones. */
  prompt: string;
  /** A person who cannot move the head, or must not see flashing, is not asked for it. */
  needs?: 'motion' | 'flash';
  /** Turns of the head prove that it is no sheet: at least one is in every challenge with motion. */
  turn?: 'left' | 'right';
  /** The lids move, which those of a picture on paper cannot: in every draw of two steps and more whose pool has it. */
  lids?: true;
  /** The head keeps still: its neutral frames join the baseline. Without motion it comes first and is the pause between two steps. */
  rest?: true;
  /** Milliseconds to hold, least and most; absent: 500 to 1000. */
  hold?: readonly [number, number];
  /** Frames a second below which the step cannot be judged well; 5 unless given. */
  frameRate?: number;
  /** Largest share of the frame's width that the face may fill; 0.6 unless given. */
  largestShare?: number;
  /** Colors drawn for it. */
  colors?: readonly string[];
  /** Whether it may begin: the pose of the step before is left. Absent: within 10 degrees of yaw. */
  ready?(frame: SeenFrame, baseline: Baseline, seen: SeenBefore): boolean;
  /** Whether a frame shows that what is asked for is not there yet, however the head is held otherwise. */
  notYet?(frame: SeenFrame, baseline: Baseline): boolean;
  begin(order: StepOptions): StepJudge;
}

/** Frames in which a held pose must be seen. */
const FEWEST = 2;

/** Milliseconds without the pose after which holding it begins again; a second such slip does too: one frame may be read wrongly. */
const SLIP = 250;
/** The same without any frame that could be judged. */
const BROKEN = 600;

/** How long a pose has been held. */
export function createHold(holdMs: number) {
  let since: number | undefined;
  let last = 0;
  let frames = 0;
  let slips = 0;
  let slipped = false;
  return {
    /** 0..1 of the time to hold. */
    observe(at: number, held: boolean): number {
      if (!held && !slipped) slips += 1;
      slipped = !held;
      if (at - last > (held ? BROKEN : SLIP) || slips > 1) since = undefined;
      if (held) {
        if (since === undefined) {
          since = at;
          frames = 0;
          slips = 0;
        }
        last = at;
        frames += 1;
      }
      if (since === undefined) return 0;
      const share = holdMs === 0 ? 1 : (last - since) / holdMs;
      return frames < FEWEST ? Math.min(0.5, share) : Math.min(1, share);
    },
  };
}

/** Degrees to the other side that contradict a movement: a recording that does everything. */
const WRONG_WAY = 10;

/** Judge of a movement of the head that is held. `movedBy`: degrees the asked way; `asked`: how many; `code`: what to do until they are reached. */
export function createMovement(
  holdMs: number,
  { asked, code, movedBy }: { asked: number; code: string; movedBy: (frame: SeenFrame) => number },
): StepJudge {
  const hold = createHold(holdMs);
  return {
    observe(frame) {
      const moved = movedBy(frame);
      const there = moved >= asked;
      const held = hold.observe(frame.at, there);
      const way = Math.min(1, Math.max(0, moved) / asked);
      return {
        progress: held > 0 ? 0.5 + held / 2 : way / 2,
        done: held >= 1,
        there,
        code: there ? 'HOLD' : code,
        ...(moved <= -WRONG_WAY && { wrong: true as const }),
      };
    },
  };
}
