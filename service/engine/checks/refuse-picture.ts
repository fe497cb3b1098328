import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { applyRule, type Rule } from './apply-rule.ts';
import type { CheckResult } from './check.ts';
import { adviceOf, type QualityReport, qualityFinding } from './face-quality.ts';

const messages: Partial<Record<ProblemCode, string>> = {
  FACE_NOT_FOUND: 'No face was found in the picture.',
  SEVERAL_FACES: 'There is more than one face in the picture.',
  FACE_TOO_SMALL: 'The face is too small in the picture.',
};

/** The refusal of a picture that cannot be judged, or that has a fault the profile refuses; undefined otherwise. */
export function pictureRefusal(
  report: QualityReport,
  rule: Rule,
  refuseQuality: readonly string[],
): { problem: Problem; result: CheckResult } | undefined {
  const { unjudgeable } = report;
  const fault = unjudgeable ?? adviceOf(report).find(({ component }) => refuseQuality.includes(component));
  if (fault === undefined) return undefined;
  const code = unjudgeable?.problem ?? 'FACE_QUALITY_REFUSED';
  const result: CheckResult = {
    ...applyRule('faceQuality', rule, qualityFinding(report)),
    pass: false,
    reason: fault.advice,
  };
  const message = messages[code] ?? `The picture is not good enough (${fault.component}).`;
  return { problem: new Problem(code, message, { reason: fault.advice, checkResults: [result] }), result };
}
