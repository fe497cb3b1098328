import type { z } from 'zod';
import type { Analysis } from '../../inference/face.ts';
import type { PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import type { DeviceInfo, Earlier, Place, Probe } from './circumstances.ts';
import type { Frame } from './frame.ts';
import type { Rule } from './rule.ts';

/** What a check finds, before the profile's weight and threshold. */
export type Finding =
  | {
      score: number;
      /** A sentence, given when the check fails. */
      reason?: string;
      /** A sentence on what to do better, given when there is no reason. */
      advice?: string;
      details?: Record<string, unknown>;
    }
  | {
      skipped: string;
      /** The caller left out what the check needs; then the rule's `whenMissing` decides. */
      missing?: true;
      details?: Record<string, unknown>;
    };

export const NOT_RECOGNIZED: Finding = { skipped: 'The person was not recognized.' };

export interface JudgedFrames {
  finding: Finding;
  /**
   * The frames that liveness may rest on while the finding passes: fit, and of the main picture's person. Exact copies of
   * the main picture (one at most) are among them.
   */
  counted: readonly Frame[];
  /** Number of unusable frames, by the code of their fault. */
  leftOut: Readonly<Record<string, number>>;
}

/** Evidence for liveness besides the main picture. */
export interface FrameEvidence extends Pick<JudgedFrames, 'counted' | 'leftOut'> {
  /** Why none count, where that is not in `leftOut`. */
  note?: string;
}

/** What the pictures show. */
export interface PictureInputs {
  plan: { scorers: readonly ScorerEntry[]; pad?: PadSetEntry };
  main: Analysis;
  frames: readonly Frame[];
  judged: JudgedFrames;
  evidence: FrameEvidence;
  probe: Probe;
  /** Probes of earlier verified verifications, newest first; absent when the person was not recognized. */
  history?: readonly Probe[];
}

/** The same, and what is known of the person's place, time and device: personal data. */
export interface PersonalInputs extends PictureInputs {
  now: number;
  place?: Place;
  device?: DeviceInfo;
  /** Earlier verified verifications of the recognized person, newest first; absent when the person was not recognized. */
  earlier?: readonly Earlier[];
}

interface Described {
  name: string;
  /** In built-in profiles that set no other; a stored profile that lacks the check has this rule, disabled. */
  defaultRule: Rule;
  /** `proven`: an exact rule. `experimental`: its limits are chosen, not measured. Absent: the models that judge say it. */
  maturity?: 'proven' | 'experimental';
  /** For the person, where this check lowered the composite most and found no reason or advice of its own. */
  sentence: string;
  /** The sentence goes before a reason that the check found. */
  sentenceFirst?: true;
  /**
   * Set where the check needs something that the caller sends beside the picture: what a rule without `whenMissing` does
   * without it. `fail-if-hard`: a hard check that could be left out would bind no caller.
   */
  withoutInput?: 'skip' | 'fail-if-hard';
  /**
   * What callers see of a result that passed. `advice`: all, in refusals too, because it helps the person. `coarse`: the score
   * to one decimal, without the figures of its layers, because it reveals how near a picture came; `coarse-in-refusal`: that in
   * refusals alone. Absent: the score and, in an acceptance, all else.
   */
  disclosure?: 'advice' | 'coarse' | 'coarse-in-refusal';
  /**
   * How a failure counts for the claimed address; absent: not at all. `against-person` counts as a failed attempt;
   * `attack` also refuses these pixels from then on.
   */
  failure?: 'against-person' | 'attack';
  /** Fields of a profile that the check reads, beside its rule. */
  settings?: z.core.$ZodShape;
  /** The same, among the profile's `models`. */
  modelSettings?: z.core.$ZodShape;
}

/**
 * One check. One that sees personal data says by `storedReason` what is stored of a failure: its own reason, details and why it was
 * skipped never are. One that does not say so is given no personal data, so that its results may be stored in plain text.
 */
export type Check = Described &
  (
    | { storedReason?: never; run: (inputs: PictureInputs, settings: never) => Finding }
    | { storedReason: string; run: (inputs: PersonalInputs, settings: never) => Finding }
  );
