import { defined } from '../../lib/defined.ts';
import calibration from './humanness-calibration.json' with { type: 'json' };

/** How the score is made of its parts: log-odds = base + Σ weight · logit(part), and on what sessions that was chosen and measured. */
export interface HumannessCalibration {
  maturity: 'experimental';
  /** UTC, minutes. */
  measured: string;
  commit: string;
  command: string;
  data: string;
  withPad: { base: number; liveness: number; pad: number };
  /** Where presentation attack detection said nothing. */
  withoutPad: { base: number; liveness: number };
  /** Sessions of people and sources that the weights were not chosen on. */
  heldOut: Record<'all' | 'passed', { sessions: number; expectedCalibrationError: number; brier: number }>;
}

/** What was found of a session. */
export interface HumannessParts {
  /** Liveness score of the challenge, 0..1. */
  liveness: number;
  /** Presentation attack detection over the frames, 0..1. */
  pad?: number;
  /** Behavior on the page: its confidence, 0..1, absent where it was too little; `suspect`: a program acts. */
  behavior?: { confidence?: number; suspect: boolean };
}

export interface Humanness {
  /** Probability of a living human where people and attacks are equally frequent, 0.01..0.99, two digits. */
  score: number;
  /** Odds before any part is known, from the fit. */
  base: number;
  /** `factor`: what the odds are multiplied by. */
  parts: { name: 'liveness' | 'pad' | 'behavior'; score: number; factor: number }[];
  maturity: 'experimental';
}

/** No part is believed beyond this, and no score goes beyond it. */
const SUREST = 0.99;
/**
 * Likelihood ratio of "a program acts": at most 4.5 % of people (0 of 82 people in 1,317 half-minutes, upper end of Wilson's 95 %) against
 * 56 % of programs (12 bots, each weighing the same); docs/evidence/behavior.md, rules alone, 2026-11-22. Behavior without that finding
 * has 1: who attacks with a picture may act on the page by hand. No session was measured with both.
 */
export const PROGRAM_ACTS = 0.045 / 0.56;

/** The calibrated combination (docs/UNIQUENESS.md): logistic in the log-odds of its parts. */
export function humannessOf(
  { liveness, pad, behavior }: HumannessParts,
  { withPad, withoutPad, maturity }: HumannessCalibration = calibration as HumannessCalibration,
): Humanness {
  const weights = pad === undefined ? withoutPad : withPad;
  const parts: Humanness['parts'] = [
    { name: 'liveness', score: liveness, factor: Math.exp(weights.liveness * logOdds(liveness)) },
  ];
  if (pad !== undefined)
    parts.push({ name: 'pad', score: pad, factor: Math.exp(withPad.pad * logOdds(pad)) });
  if (behavior !== undefined)
    parts.push({
      name: 'behavior',
      score: behavior.confidence ?? 0.5,
      factor: behavior.suspect ? PROGRAM_ACTS : 1,
    });
  const base = Math.exp(weights.base);
  const odds = parts.reduce((product, { factor }) => product * factor, base);
  const score = Math.min(SUREST, Math.max(1 - SUREST, odds / (1 + odds)));
  return {
    score: Math.round(100 * score) / 100,
    base: digits(base),
    parts: parts.map((part) => ({ ...part, factor: digits(part.factor) })),
    maturity,
  };
}

/** The same of what the challenge of a session found: its score, and the presentation attack detection and the behavior in its evidence. */
export function humannessOfLiveness({
  score: liveness,
  evidence,
}: {
  score: number;
  evidence: readonly { kind: string; strength?: number; details: Record<string, unknown> }[];
}): Humanness {
  const found = (wanted: string) => evidence.find(({ kind }) => kind === wanted);
  const behavior = found('behavior');
  return humannessOf({
    liveness,
    ...defined({ pad: found('pad')?.strength }),
    ...(behavior && {
      behavior: {
        suspect: behavior.details.suspect === true,
        ...defined({ confidence: behavior.strength }),
      },
    }),
  });
}

function logOdds(score: number): number {
  const bounded = Math.min(SUREST, Math.max(1 - SUREST, score));
  return Math.log(bounded / (1 - bounded));
}

/** Four significant digits. */
const digits = (value: number): number => Number(value.toPrecision(4));
