import { z } from 'zod';
import type { Analysis } from '../../../inference/face.ts';
import type { PadSetEntry, ScorerEntry } from '../../../inference/models/manifest.ts';
import { skipReasons } from './skip-reasons.ts';

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

export const NOT_RECOGNIZED: Finding = { skipped: skipReasons.NOT_RECOGNIZED };

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
  place?: GeoLocation;
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

/** The location of a person, from the caller or a site. */
export interface GeoLocation {
  /** Degrees, WGS 84. */
  latitude: number;
  longitude: number;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  /** IANA. */
  timeZone?: string;
}

/** The device that took the picture, from the caller. */
export interface DeviceInfo {
  userAgent?: string;
  cameraWidth?: number;
  cameraHeight?: number;
  screenWidth?: number;
  screenHeight?: number;
}

/** The probe's vector and the model file that made it. */
export interface Probe {
  embedder: string;
  sha256: string;
  vector: Float32Array;
}

/** An earlier verified verification of a person. */
export interface Earlier {
  at: number;
  place?: GeoLocation;
  device?: DeviceInfo;
  probe?: Probe;
}

/** The settings of one check in a profile. */
export const Rule = z.strictObject({
  enabled: z.boolean().describe('Whether the check runs.'),
  weight: z.number().min(0).max(10).describe('Its weight in the composite.'),
  threshold: z.number().min(0).max(1).describe('Smallest score with which the check passes, 0..1.'),
  hardFail: z.boolean().describe('A failure refuses the whole verification (422).'),
  whenMissing: z
    .enum(['skip', 'fail'])
    .optional()
    .describe("Without its input the check is skipped ('skip') or fails ('fail')."),
});
export type Rule = z.infer<typeof Rule>;

/** A rule of a check that runs. */
export const rule = (weight: number, threshold: number, hardFail = false): Rule => ({
  enabled: true,
  weight,
  threshold,
  hardFail,
});

/** One picture of the frames a caller sent, analyzed. */
export interface Frame {
  /** Milliseconds on the caller's own clock; absent when no times were sent. */
  at?: number;
  analysis: Analysis;
}
