import type { HumannessCalibration } from '../../../service/engine/uniqueness/index.ts';
import type { Machine } from '../../support/machine.ts';
import { type Combination, fit, type ScoredSession, type WeightedSession, weighted } from './fit.ts';
import { type Reliability, reliabilityOfScores, scoreOf } from './reliability.ts';
import type { Halves } from './sessions.ts';

/** One half of the sources. */
export interface HalfCount {
  people: number;
  attackSources: number;
  living: number;
  attacks: number;
  passedAttacks: number;
}

export interface HumannessMeasure {
  withPad: Combination;
  withoutPad: Combination;
  dev: HalfCount;
  heldOut: HalfCount;
  kinds: string[];
  /** Of the held-out half: all sessions, and those alone that passed. */
  all: Reliability;
  passed: Reliability;
  /** The same sessions with the liveness score alone, taken as a probability. */
  livenessAlone: Reliability;
}

/** Fits on the dev half and measures on the other. Throws where a half lacks people or attacks. */
export function measureHumanness(
  sessions: readonly ScoredSession[],
  { dev, heldOut }: Halves,
): HumannessMeasure {
  const [chosenOn, measured] = [dev, heldOut].map((half) =>
    sessions.filter(({ source }) => half.has(source)),
  ) as [ScoredSession[], ScoredSession[]];
  const withPad = fit(weighted(chosenOn.filter(({ pad }) => pad !== undefined)), ['liveness', 'pad']);
  const withoutPad = fit(weighted(chosenOn), ['liveness']);
  const combined = (one: WeightedSession) => ({
    ...one,
    score: scoreOf(one.pad === undefined ? withoutPad : withPad, one),
  });
  const unseen = weighted(measured);
  return {
    withPad,
    withoutPad,
    dev: countOf(chosenOn),
    heldOut: countOf(measured),
    kinds: [...new Set(sessions.map(({ kind }) => kind))],
    all: reliabilityOfScores(unseen.map(combined)),
    passed: reliabilityOfScores(weighted(measured.filter((one) => one.passed)).map(combined)),
    livenessAlone: reliabilityOfScores(unseen.map((one) => ({ ...one, score: one.liveness }))),
  };
}

function countOf(sessions: readonly ScoredSession[]): HalfCount {
  const sources = (human: boolean) =>
    new Set(sessions.filter((one) => one.human === human).map(({ source }) => source)).size;
  const attacks = sessions.filter(({ human }) => !human);
  return {
    people: sources(true),
    attackSources: sources(false),
    living: sessions.length - attacks.length,
    attacks: attacks.length,
    passedAttacks: attacks.filter(({ passed }) => passed).length,
  };
}

const digits = (value: number) => Math.round(value * 1e4) / 1e4;

/** What the product ships. */
export function calibrationOf(
  { withPad, withoutPad, dev, heldOut, all, passed }: HumannessMeasure,
  { date, commit }: Pick<Machine, 'date' | 'commit'>,
): HumannessCalibration {
  const rounded = ({ base, liveness, pad }: Combination) => ({
    base: digits(base),
    liveness: digits(liveness),
    ...(pad !== undefined && { pad: digits(pad) }),
  });
  const figures = ({ sessions, error, brier }: Reliability) => ({
    sessions,
    expectedCalibrationError: digits(error),
    brier: digits(brier),
  });
  return {
    maturity: 'experimental',
    measured: date,
    commit,
    command: 'npm run accuracy -- humanness --keep',
    data: `chosen on ${dev.living} sessions of ${dev.people} people and ${dev.attacks} attacks of ${dev.attackSources} sources, measured on ${heldOut.living} of ${heldOut.people} and ${heldOut.attacks} of ${heldOut.attackSources} others; as many people as attacks; most attacks simulated`,
    withPad: rounded(withPad) as HumannessCalibration['withPad'],
    withoutPad: rounded(withoutPad),
    heldOut: { all: figures(all), passed: figures(passed) },
  };
}
