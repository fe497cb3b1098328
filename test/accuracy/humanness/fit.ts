import { newton } from '../logistic.ts';

/** One session: what it was, and the scores of its last attempt. */
export interface ScoredSession {
  human: boolean;
  /** The person, photograph or recording it was made of. */
  source: string;
  /** `living`, `living without motion`, or the kind of attack. */
  kind: string;
  passed: boolean;
  /** Liveness score of the challenge, 0..1. */
  liveness: number;
  /** Presentation attack detection, 0..1; absent where the attempt ended before it was judged. */
  pad?: number;
}

/** A session and how much it counts; the weights of people sum up to 0.5, those of attacks too. */
export type WeightedSession = ScoredSession & { weight: number };

/** Log-odds of a living human = base + Σ weight · logit(score). */
export interface Combination {
  base: number;
  liveness: number;
  pad?: number;
}

/** No score is believed beyond this; the same bound as in `service/engine/uniqueness`. */
const SUREST = 0.99;

export const logOdds = (score: number): number => {
  const bounded = Math.min(SUREST, Math.max(1 - SUREST, score));
  return Math.log(bounded / (1 - bounded));
};

/** As many people as attacks; among people each person counts the same, among attacks each kind, and in a kind each source. */
export function weighted(sessions: readonly ScoredSession[]): WeightedSession[] {
  const share = (of: readonly ScoredSession[], key: (one: ScoredSession) => string) => Map.groupBy(of, key);
  return [true, false].flatMap((human) => {
    const groups = share(
      sessions.filter((one) => one.human === human),
      human ? ({ source }) => source : ({ kind }) => kind,
    );
    return [...groups.values()].flatMap((group) => {
      const parts = share(group, human ? ({ kind }) => kind : ({ source }) => source);
      return [...parts.values()].flatMap((part) =>
        part.map((one) => ({ ...one, weight: 0.5 / groups.size / parts.size / part.length })),
      );
    });
  });
}

/**
 * Logistic regression by Newton's method. The targets are Platt's, by the number of sources and not of sessions: where n people and no
 * attack have a score, it means (n + 1) / (n + 2), so no probability is surer than so few people allow. A score that would speak against
 * a person by being high is left out (its weight is 0). Throws without people or without attacks.
 */
export function fit(
  sessions: readonly WeightedSession[],
  parts: readonly ('liveness' | 'pad')[],
): Combination {
  const sources = (human: boolean) =>
    new Set(sessions.filter((one) => one.human === human).map(({ source }) => source)).size;
  const [people, others] = [sources(true), sources(false)];
  if (people === 0 || others === 0) throw new Error('A combination needs people and attacks.');
  const rows = sessions.map((one) => ({
    x: [1, ...parts.map((part) => logOdds(one[part]!))],
    target: one.human ? (people + 1) / (people + 2) : 1 / (others + 2),
    weight: one.weight,
  }));
  const found = newton(rows, parts.length + 1);
  const against = parts.find((_, i) => found[i + 1]! < 0);
  if (against !== undefined) {
    const rest = fit(
      sessions,
      parts.filter((part) => part !== against),
    );
    return { ...rest, [against]: 0 };
  }
  const named = Object.fromEntries(parts.map((part, i) => [part, found[i + 1]!]));
  return { liveness: 0, ...named, base: found[0]! };
}
