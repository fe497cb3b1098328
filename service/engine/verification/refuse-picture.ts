import { Problem, type ProblemCode } from '../../lib/problem.ts';
import {
  adviceOf,
  applyRule,
  BLACK_AND_WHITE,
  type CheckResult,
  type Profile,
  type QualityReport,
  qualityFinding,
  REFUSED_BEFORE,
  type Rule,
} from '../matching/index.ts';
import type { Unverified } from './outcome.ts';

/** The error, the stored record and the failed check of a refused picture. */
export interface PictureRefusal {
  problem: Problem;
  outcome: Unverified;
  result: CheckResult;
}

const messages: Partial<Record<ProblemCode, string>> = {
  FACE_NOT_FOUND: 'No face was found in the picture.',
  SEVERAL_FACES: 'There is more than one face in the picture.',
  FACE_TOO_SMALL: 'The face is too small in the picture.',
};

const NOT_GOOD = 'The picture is not good enough';

/** The component that a stored FACE_QUALITY_REFUSED names; undefined for a picture without color. */
export const refusedComponent = (reason: string): string | undefined =>
  reason.startsWith(NOT_GOOD) ? /\((\w+)\)/.exec(reason)?.[1] : undefined;

/** The refusal of a picture that cannot be judged, or that has a fault the profile refuses; undefined otherwise. */
export function pictureRefusal(
  report: QualityReport,
  rule: Rule,
  refuseQuality: readonly string[],
): PictureRefusal | undefined {
  const { unjudgeable } = report;
  const fault = unjudgeable ?? adviceOf(report).find(({ component }) => refuseQuality.includes(component));
  if (fault === undefined) return undefined;
  const code = unjudgeable?.problem ?? 'FACE_QUALITY_REFUSED';
  const result: CheckResult = {
    ...applyRule('faceQuality', rule, qualityFinding(report)),
    pass: false,
    reason: fault.advice,
  };
  const message = messages[code] ?? `${NOT_GOOD} (${fault.component}).`;
  const problem = new Problem(code, message, { reason: fault.advice, checkResults: [result] });
  return { problem, outcome: code, result };
}

/** The refusal of a picture that liveness refused before: nothing was run on it. */
export function refusedBefore({ slug, definition }: Pick<Profile, 'slug' | 'definition'>): Problem {
  const finding = { score: 0, reason: REFUSED_BEFORE };
  const result = {
    ...applyRule('liveness', definition.checks.liveness, finding),
    pass: false,
    reason: REFUSED_BEFORE,
  };
  const extra = { reason: REFUSED_BEFORE, checkResults: [result] };
  return new Problem('CHECK_FAILED', `The profile ${slug} refuses this: liveness.`, extra);
}

/** The refusal of a picture without color where liveness is to be judged: it is no attack, and cannot be judged. */
export function blackAndWhiteRefusal(report: QualityReport, rule: Rule): PictureRefusal {
  const result: CheckResult = {
    ...applyRule('faceQuality', rule, qualityFinding(report)),
    pass: false,
    reason: BLACK_AND_WHITE,
  };
  const extra = { reason: BLACK_AND_WHITE, checkResults: [result] };
  const outcome = 'FACE_QUALITY_REFUSED';
  return { problem: new Problem(outcome, BLACK_AND_WHITE, extra), outcome, result };
}
