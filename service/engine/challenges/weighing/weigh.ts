/** What is measured of an attempt with turns; docs/LIVENESS.md says how. */
export const measureNames = [
  /** Nose against an affine map of eyes and mouth, thousandths of the face's height for each degree of yaw: mean of the turns. */
  'depth',
  /** Change of the face's shape as it turns (head/flattening.ts): mean of the turns. */
  'flattening',
  /** What a rigid head leaves of the mesh, over the template's eye width: mean of the turns. */
  'rigidResidual',
  /** How much the skin stays as it was (head/skin-constancy.ts): mean of the turns. */
  'constancy',
  /** How much mouth, lids and brows moved beside the rigid head: mean of the turns. */
  'mobility',
  /** Likeness of the turned face to the neutral ones, by the embedder of the continuity: least of the turns. */
  'likeness',
  /** PAD over all identified frames: log odds above those of its set's threshold. */
  'presentation',
] as const;
export type MeasureName = (typeof measureNames)[number];
/** NaN or infinite: it could not be measured, which speaks against a living person. Absent: there is no model for it. */
export type Measures = Partial<Record<MeasureName, number>>;

/** Normal distributions of one measure with a common width: of living people, and of one species of attack. */
export interface Distributions {
  living: number;
  attack: number;
  width: number;
}

/** How one species of attack differs from living people. */
export interface SpeciesWeights {
  measures: Partial<Record<MeasureName, Distributions>>;
  /** Of the sum of the ratios, which are not independent; both from a logistic fit. */
  scale: number;
  offset: number;
}

export interface Weights {
  /** From this log-likelihood ratio on, against the likeliest species, an attempt passes. */
  sure: number;
  /** The same where a profile is strict: skin differs more the farther a face turns, of pictures too. */
  strict: number;
  /** Below it an attempt is refused; between the two a person decides where the profile says so. */
  undecided: number;
  species: Readonly<Record<string, SpeciesWeights>>;
}

export interface Weighed {
  /** Natural log-likelihood ratio of a living person against the likeliest species of attack. */
  ratio: number;
  against: string;
  /** What each measure adds to it. */
  parts: Measures;
}

/** No measure by itself speaks louder: distributions are known where people and attacks were measured, not beyond. */
const MOST = 3;

/**
 * Weighs an attempt: for each species of attack the sum of the log-likelihood ratios of its measures; the least of them counts. Undefined
 * where none of the species has a measure that is there.
 */
export function weigh(measures: Measures, { species }: Weights): Weighed | undefined {
  const sums = Object.entries(species).flatMap(([against, one]) => {
    const names = measureNames.filter((name) => one.measures[name] && measures[name] !== undefined);
    if (names.length === 0) return [];
    const parts = Object.fromEntries(
      names.map((name) => [name, one.scale * ratioOf(measures[name]!, one.measures[name]!)]),
    ) as Measures;
    return { against, parts, ratio: one.offset + names.reduce((sum, name) => sum + parts[name]!, 0) };
  });
  return sums.toSorted((a, b) => a.ratio - b.ratio)[0];
}

/** Natural logarithm of how much likelier the value is of a living person, within ±3. */
export function ratioOf(value: number, { living, attack, width }: Distributions): number {
  if (!Number.isFinite(value)) return -MOST;
  const ratio = ((living - attack) / width ** 2) * (value - (living + attack) / 2);
  return Math.min(MOST, Math.max(-MOST, ratio));
}
