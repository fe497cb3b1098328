/** Why an attempt did not pass. For the relying party's records, never for the person. */
export type ChallengeReason =
  /** Client times that fall back, or run ahead of the moment of arrival. */
  | 'TIMES_IMPLAUSIBLE'
  /** Frames came seconds late, or none came for long: the network stood still, or a program computed them. */
  | 'FRAMES_LATE'
  /** The same pixels again. */
  | 'FRAMES_REPEATED'
  /** The face moves exactly as it did before in the attempt: a recording that is shown again. */
  | 'MOVEMENT_REPEATED'
  | 'FACE_LOST'
  | 'SECOND_FACE'
  /** The face was elsewhere at once. */
  | 'FACE_JUMPED'
  /** Another movement than the asked one came first. */
  | 'WRONG_MOVEMENT'
  /** A step was not done within its time. */
  | 'TIME_OVER'
  /** Too few frames a second to judge the steps. */
  | 'FRAMES_TOO_SLOW'
  /** The shape and skin of the turned face are not those of a head. */
  | 'NOT_A_HEAD'
  | 'ANOTHER_FACE'
  /** Looks like a photograph, a screen or a mask. */
  | 'PRESENTATION'
  /** Too little was seen to judge. */
  | 'TOO_LITTLE_SEEN'
  /** The sum of the evidence lies between sure and refused (weighing/weigh.ts). */
  | 'UNDECIDED'
  /** The face was never placed and lit well enough to ask for the first step. */
  | 'NOT_SETTLED'
  /** Ended before the last step. */
  | 'UNFINISHED';

/** What went wrong, for the page: what the person saw too, or could have seen. */
export type TryAgain =
  | 'LIGHT'
  | 'MOVEMENT'
  | 'DIRECTION'
  | 'FACE'
  | 'ALONE'
  | 'TIME'
  | 'SLOW'
  | 'STALLED'
  | 'INTERRUPTED'
  /** The node that had the attempt in memory is gone; it is not counted. */
  | 'LOST'
  | 'UNSURE';

const tryAgain: Record<ChallengeReason, TryAgain> = {
  TIMES_IMPLAUSIBLE: 'UNSURE',
  FRAMES_LATE: 'STALLED',
  FRAMES_REPEATED: 'UNSURE',
  MOVEMENT_REPEATED: 'UNSURE',
  FACE_LOST: 'FACE',
  SECOND_FACE: 'ALONE',
  FACE_JUMPED: 'MOVEMENT',
  WRONG_MOVEMENT: 'DIRECTION',
  TIME_OVER: 'TIME',
  FRAMES_TOO_SLOW: 'SLOW',
  NOT_A_HEAD: 'UNSURE',
  ANOTHER_FACE: 'UNSURE',
  PRESENTATION: 'UNSURE',
  TOO_LITTLE_SEEN: 'LIGHT',
  UNDECIDED: 'UNSURE',
  NOT_SETTLED: 'LIGHT',
  UNFINISHED: 'INTERRUPTED',
};

/** The one hint that the page gives: every suspicion has the same. */
export const tryAgainAfter = ([first]: readonly ChallengeReason[]): TryAgain =>
  first === undefined ? 'UNSURE' : tryAgain[first];

/** One thing that was judged or recorded. */
export interface Evidence {
  /** `step:<name>`, `head:<name of the turn>`, `weighing`, `pad`, `motion`, `movement`, `continuity`, `times`, `color`, `camera`. */
  kind: string;
  /** Absent where it is recorded and never decides. */
  passed?: boolean;
  /** 0..1: how clearly it speaks for a live person; absent where it says nothing of it. */
  strength?: number;
  maturity: 'proven' | 'experimental';
  details: Record<string, unknown>;
}

export const round = (value: number): number => Math.round(value * 1000) / 1000;
