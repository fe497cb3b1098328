import { defined } from '../../lib/defined.ts';

/** How sure it is that a living human was there; each 0..1. */
export interface HumannessParts {
  /** Of the challenge. */
  liveness?: number;
  /** Presentation attack detection, over the frames. */
  pad?: number;
  /** Of the behavior on the page. */
  behavior?: number;
}

export interface Humanness {
  /** 0..1, two digits. */
  score: number;
  parts: { name: keyof HumannessParts; score: number; weight: number }[];
  maturity: 'experimental';
}

/** The challenge weighs most: it is the only part that the person has to answer. */
const weights = { liveness: 0.5, pad: 0.35, behavior: 0.15 } as const;
/** No part is believed beyond this. */
const SUREST = 0.99;

/**
 * The logarithmic opinion pool of the parts that are there: the weighted mean of their log-odds, as a probability. A part without a value
 * counts nothing, and no score goes beyond the surest part. Undefined without any part. Experimental: the weights are chosen, not measured
 * (docs/UNIQUENESS.md).
 */
export function humannessOf(given: HumannessParts): Humanness | undefined {
  const parts = (Object.keys(weights) as (keyof HumannessParts)[]).flatMap((name) => {
    const score = given[name];
    return score === undefined ? [] : [{ name, score, weight: weights[name] }];
  });
  if (parts.length === 0) return undefined;
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const odds = parts.reduce((sum, { score, weight }) => sum + (weight / total) * logOdds(score), 0);
  const score = Math.round(100 / (1 + Math.exp(-odds))) / 100;
  return { score, parts, maturity: 'experimental' };
}

/** The same of what the challenge of a session found: its score, and the presentation attack detection and the behavior in its evidence. */
export function humannessOfLiveness({
  score: liveness,
  evidence,
}: {
  score: number;
  evidence: readonly { kind: string; strength?: number }[];
}): Humanness {
  const strengthOf = (wanted: string) => evidence.find(({ kind }) => kind === wanted)?.strength;
  return humannessOf({ liveness, ...defined({ pad: strengthOf('pad'), behavior: strengthOf('behavior') }) })!;
}

function logOdds(score: number): number {
  const bounded = Math.min(SUREST, Math.max(1 - SUREST, score));
  return Math.log(bounded / (1 - bounded));
}
