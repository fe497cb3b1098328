import type { Analysis, AnalyzedFace } from '../../inference/face.ts';
import type { OrganizationId, ReviewId, SubjectId, VerificationId, World } from '../../lib/id.ts';
import type { TestOutcome } from '../../lib/test-outcome.ts';
import type { Actor } from '../audit/index.ts';
import type { Consent, LegalBasis } from '../consent/index.ts';
import {
  applyRule,
  type CaptureSource,
  type CheckName,
  type CheckResult,
  checkNamed,
  type DeviceInfo,
  type Frame,
  type GeoLocation,
  type HoldsFor,
  type Identification,
  lowestOf,
  type ModelPlan,
  type Profile,
  type ProfileDefinition,
  personMessages,
  type QualityReport,
  type Rule,
} from '../matching/index.ts';
import type { Realm, Subject } from '../people/index.ts';

export interface VerifyCommand {
  organization: OrganizationId;
  world: World;
  /** JPEG, PNG, WebP, HEIC, HEIF or AVIF bytes. */
  picture: Uint8Array;
  /** Given: 1:1 against that person. Absent: 1:N over the organization's world. */
  email?: string;
  /** Id or slug; when absent `default`, or the only one that the key may name. */
  profile?: string;
  /** Slugs that the key is restricted to; absent or empty: those that the organization allows. */
  profiles?: readonly string[];
  device?: DeviceInfo;
  place?: GeoLocation;
  /** The caller's address, to find the site. */
  address?: string;
  frames?: Uint8Array[];
  /** Milliseconds, one per frame, rising. */
  frameTimes?: number[];
  /** Of the frames of a live session; absent: by the actor. */
  source?: CaptureSource;
  /** The operator of the kiosk has looked at the person, and proved to be there: counts where liveness is undecided. Of kiosks alone. */
  vouched?: boolean;
  /** The caller hung up, or the time for the request is over: no further picture is looked at, and nothing is stored. */
  signal?: AbortSignal;
  /** The caller's own data, for the event. */
  metadata?: Record<string, unknown>;
  actor: Actor;
  request?: string;
}

/** `match-only` also where PAD ran and nothing rests on it: in the live world of a match-only organization, and where an operator vouched. */
export const assurances = ['match-only', 'passive', 'active'] as const;
export type Assurance = (typeof assurances)[number];

/** Which scorer decided, its score, the threshold and the error rates there. */
interface Match {
  scorer: string;
  /** Null when nothing was compared, and for every 1:1 mismatch, so that an unknown e-mail looks the same. */
  score: number | null;
  /** Pictures of the person that the probe was compared with; null where the score is. */
  pictures: number | null;
  threshold: number;
  /** What the organization's own gallery raised the threshold by (engine/gallery-calibration); part of `threshold`. */
  shift: number;
  fmr: number;
  /** Groups for which `fmr` and the confidence hold. */
  holdsFor: HoldsFor;
  fnmr: number;
  extrapolated: boolean;
}

export interface Verdict {
  verification: VerificationId;
  verified: boolean;
  /** Only when verified. */
  subject?: { id: SubjectId; email?: string };
  /** Why not, in words for the person. */
  reason?: string;
  /** As `Outcome.undecided`. Of kiosks alone. */
  undecided?: true;
  /** 0..1, 0.5 at the profile's 1:1 rate in 1:1 and 1:N alike; 0 for every mismatch, and for every refusal unless an operator asked. */
  confidence: number;
  /** Absent in a refusal, unless an operator asked: it would reveal how near the refused checks came. */
  compositeScore?: number;
  /** As `disclosedResults` says, unless an operator asked. */
  checkResults: CheckResult[];
  assurance: Assurance;
  source: CaptureSource;
  identification?: Identification;
  match: Match;
  profile: { id: string; slug: string; version: number; maturity: string };
  /** Model id -> the first 12 digits of its file's SHA-256. */
  models: Record<string, string>;
  /** Milliseconds. */
  timing: Record<string, number>;
  /** What the picture of a test person stands for. */
  testOutcome?: TestOutcome;
}

export interface EnrollCommand {
  organization: OrganizationId;
  world: World;
  picture: Uint8Array;
  email: string;
  name?: string;
  consent?: Consent;
  /** As `NewEnrollment.mark`. */
  mark?: string;
  /** An operator on the box may override TEMPLATE_MISMATCH; audited. Never for a key. */
  overrideMismatch?: boolean;
  /** A person at the console or the box may enroll a picture, such as one of a paper file, without asking whether it shows a living person; audited. Never for a key. */
  overrideLiveness?: boolean;
  /** A person at the console or the box may enroll a picture that the camera would refuse for blur or darkness; audited. Never for a key. */
  overrideQuality?: boolean;
  /** An operator has seen that it is the person: the picture becomes an anchor. Implied by `overrideMismatch` where that was needed. Never for a key. */
  confirmed?: boolean;
  /** As `VerifyCommand.address`. */
  address?: string;
  /** As `VerifyCommand.signal`. */
  signal?: AbortSignal;
  /** As `VerifyCommand.metadata`. */
  metadata?: Record<string, unknown>;
  actor: Actor;
  request?: string;
}

export interface EnrollResult {
  subject: SubjectId;
  /** Id of the enrolled picture. */
  picture: string;
  created: boolean;
  /** Pictures this person has now. */
  enrollments: number;
  quality: CheckResult;
  /** An earlier enrollment has the mark; nothing was added. */
  repeated?: true;
  /** Under the policy `warn`: the face may belong to another person too. Absent where the person's consent forbids to compare. */
  duplicate?: boolean;
  /** Id of the review of the two faces. */
  review?: ReviewId;
  /** As `Verdict.testOutcome`. */
  testOutcome?: TestOutcome;
}

/** One verification on its way: what was asked, and what it runs by. */
export interface Run {
  id: VerificationId;
  started: number;
  command: VerifyCommand;
  source: CaptureSource;
  realm: Realm;
  /** Live, in an organization that recorded that it matches faces only. */
  matchOnly: boolean;
  /** Profiles that callers may name; the strictest limits failed attempts. */
  allowed: readonly ProfileDefinition[];
  /** The legal basis for people without a consent of their own. */
  legalBasis: LegalBasis;
  profile: Profile;
  plan: ModelPlan;
  /** The person that a 1:1 verification names, if there is one. */
  claimed?: Subject;
  /** SHA-256 of the models' files, by id. */
  files: Readonly<Record<string, string>>;
  place?: GeoLocation;
  /** Of a live session, whose frames were judged before; absent: as the picture gives it. */
  assurance?: Assurance;
}

/** A picture that can be judged. */
export interface JudgeablePicture {
  main: Analysis;
  face: AnalyzedFace;
  quality: QualityReport;
}

/** The pictures of a verification. */
export interface AnalyzedPictures extends JudgeablePicture {
  frames: readonly Frame[];
}

export const assuranceOf = (
  { matchOnly, assurance, command }: Pick<Run, 'matchOnly' | 'assurance' | 'command'>,
  { face }: Analysis,
): Assurance => assurance ?? (face?.pad && !matchOnly && !command.vouched ? 'passive' : 'match-only');

/** SHA-256 of the file of each model that took part. */
export function filesUsed(plan: ModelPlan, files: Readonly<Record<string, string>>): Record<string, string> {
  const ids = [plan.detector, ...plan.embedders, ...(plan.pad?.models ?? []).map(({ model }) => model)];
  return Object.fromEntries(ids.map((id) => [id, files[id] ?? '']));
}

/** Its first 12 digits. */
export const modelsUsed = (
  plan: ModelPlan,
  files: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(filesUsed(plan, files)).map(([id, sha256]) => [id, sha256.slice(0, 12)]));

export function timingOf({ timing }: Analysis, total: number): Record<string, number> {
  const rounded = Object.entries(timing).map(([step, ms]) => [step, Math.round(ms * 10) / 10] as const);
  return { ...Object.fromEntries(rounded), picture: Math.round(timing.total * 10) / 10, total };
}

/** Answers of an ordinary verification that did not verify. */
const ordinary = ['NOT_RECOGNIZED', 'BELOW_MINIMUM'] as const;
/** Refusals, by the code of their problem. */
const refusals = [
  'CHECK_FAILED',
  'REPLAYED_PICTURE',
  'FACE_NOT_FOUND',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'FACE_QUALITY_REFUSED',
] as const;

/** Why verifications did not verify. */
export const unverifiedOutcomes = [...ordinary, ...refusals] as const;
export type Unverified = (typeof unverifiedOutcomes)[number];
/** How a verification ended. */
export const outcomes = ['VERIFIED', ...unverifiedOutcomes] as const;
export type VerificationOutcome = (typeof outcomes)[number];

/** The three ways a verification can end for the caller. */
export const decisions = ['verified', 'not-verified', 'refused'] as const;
export type VerificationDecision = (typeof decisions)[number];

/** The outcomes of each decision, and of the last two together. */
export const outcomesOf: Readonly<
  Record<VerificationDecision | 'unverified', readonly VerificationOutcome[]>
> = {
  verified: ['VERIFIED'],
  'not-verified': ordinary,
  refused: refusals,
  unverified: unverifiedOutcomes,
};

export const decisionOf = (outcome: VerificationOutcome): VerificationDecision =>
  decisions.find((decision) => outcomesOf[decision].includes(outcome)) ?? 'refused';

/** How a verification ended, and the check that decided against it. */
export interface Ended {
  outcome: VerificationOutcome;
  decidedBy?: CheckName;
}

/** In the order in which `judge` looks for a reason. */
export function endedBy({
  replayed,
  matched,
  failed,
  enough,
  checkResults,
}: {
  replayed: boolean;
  matched: boolean;
  /** What refuses the whole verification. */
  failed: readonly CheckResult[];
  /** The composite reaches the minimum. */
  enough: boolean;
  checkResults: readonly CheckResult[];
}): Ended {
  if (replayed) return { outcome: 'REPLAYED_PICTURE' };
  const [first] = failed;
  if (first) return { outcome: 'CHECK_FAILED', decidedBy: first.check };
  if (!matched) return { outcome: 'NOT_RECOGNIZED' };
  if (enough) return { outcome: 'VERIFIED' };
  const lowest = lowestOf(checkResults);
  return { outcome: 'BELOW_MINIMUM', ...(lowest && { decidedBy: lowest.check }) };
}

/** What each outcome means, for the people who read lists of verifications. */
export const outcomeSentences: Readonly<Record<VerificationOutcome, string>> = {
  VERIFIED: 'The person was recognized, and every check was good enough.',
  NOT_RECOGNIZED: 'The face is not that of the claimed person, or matches no enrolled person.',
  BELOW_MINIMUM: 'The combined score of the checks was below the minimum of the profile.',
  CHECK_FAILED: 'A hard-fail check failed.',
  REPLAYED_PICTURE: 'The picture is identical to an enrolled one.',
  FACE_NOT_FOUND: 'No face was found in the picture.',
  SEVERAL_FACES: 'There was more than one face in the picture.',
  FACE_TOO_SMALL: 'The face was too small in the picture.',
  FACE_QUALITY_REFUSED: 'The picture was not good enough to be judged.',
};

/** Figures of a layer that move with the picture. */
const FIGURES = ['live', 'index', 'signal'];

/**
 * The results as API keys, webhooks and pages get them. A failed check has its sentence, the score 0 and no figures. Liveness is rounded to one decimal wherever it passed. In a refusal the
 * figures of the checks that passed are left out too.
 */
export function disclosedResults(results: readonly CheckResult[], verified: boolean): CheckResult[] {
  return results.map((result) => {
    const { skipped, pass } = result;
    const { disclosure } = checkNamed(result.check);
    if (disclosure === 'advice') return pass ? result : { ...result, score: 0 };
    const { details, ...plain } = result;
    if (!pass) return { ...plain, score: 0 };
    if (!verified) return { ...plain, ...(disclosure ? { score: oneDecimal(result.score) } : {}) };
    if (disclosure !== 'coarse') return result;
    return {
      ...plain,
      ...(skipped === undefined ? { score: oneDecimal(result.score) } : {}),
      ...(details === undefined ? {} : { details: withoutFigures(details) }),
    };
  });
}

function withoutFigures(details: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(details.layers)) return details;
  const layers = details.layers.map((layer: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(layer).filter(([name]) => !FIGURES.includes(name))),
  );
  return { ...details, layers };
}

const oneDecimal = (value: number): number => Math.round(value * 10) / 10;

/** The failed liveness check of a picture on which no model was run. */
export const refusedLiveness = (rule: Rule, reason: string): CheckResult => ({
  ...applyRule('liveness', rule, { score: 0, reason }),
  pass: false,
  reason,
});

/** Of the test person that no liveness check accepts. */
export const NOT_LIVING = personMessages.LOOKS_LIKE_PICTURE;
