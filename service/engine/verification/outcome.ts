import { type CheckName, type CheckResult, checkNamed, lowestOf } from '../matching/index.ts';

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
export type VerificationOutcome = 'VERIFIED' | Unverified;

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
