import type { ScorerEntry } from '../../../../inference/models/manifest.ts';
import { type Embeddings, scoreOf } from '../../score.ts';
import { type ChallengeReason, type Evidence, round } from '../evidence.ts';
import type { IdentityFrame } from '../seen-frame.ts';

/** Degrees of yaw from which on a face that was identified is turned. */
const TURNED = 12;

export interface AttemptSeen {
  /** Of the finished steps. */
  steps: readonly Evidence[];
  looks: readonly IdentityFrame[];
  /** Mean direction of the neutral frames, by embedder. */
  identity: { embeddings: Embeddings } | undefined;
  /** Log odds of PAD over the attempt, above its threshold; undefined without a model. */
  presentation: number | undefined;
  /** By the strict limit. */
  strict: boolean;
}

/** All that speaks of a living person, weighed together; undefined for an attempt without turns. */
export function judgeEvidence(
  seen: AttemptSeen,
  scorers: readonly ScorerEntry[],
  weights: Weights,
): { evidence: Evidence; reason?: ChallengeReason } | undefined {
  const measures = measuresOf(seen, scorers);
  const weighed = measures && weigh(measures, weights);
  if (!weighed) return undefined;
  const { ratio, against, parts } = weighed;
  const sure = seen.strict ? weights.strict : weights.sure;
  const passed = ratio >= sure;
  return {
    evidence: {
      kind: 'weighing',
      passed,
      strength: round(1 / (1 + Math.exp(sure - ratio))),
      maturity: 'experimental',
      details: {
        ratio: round(ratio),
        sure,
        undecided: weights.undecided,
        against,
        ...Object.fromEntries(
          measureNames.flatMap((name) => {
            const [value, part] = [measures[name], parts[name]];
            if (value === undefined) return [];
            return [[name, round(value)], ...(part === undefined ? [] : [[`${name}Ratio`, round(part)]])];
          }),
        ),
      },
    },
    ...(!passed && { reason: ratio >= weights.undecided ? 'UNDECIDED' : reasonOf(weighed) }),
  };
}

/** What speaks against the attempt most. */
const reasonOf = ({ parts: { presentation = 0, ...head } }: Weighed): ChallengeReason =>
  presentation < Math.min(0, ...Object.values(head)) ? 'PRESENTATION' : 'NOT_A_HEAD';

function measuresOf(
  { steps, looks, identity, presentation }: AttemptSeen,
  scorers: readonly ScorerEntry[],
): Measures | undefined {
  const turns = steps.filter(({ kind }) => kind.startsWith('head:'));
  if (turns.length === 0) return undefined;
  const mean = (name: string) =>
    turns.reduce((sum, { details }) => sum + (details[name] as number), 0) / turns.length;
  const likeness = identity && likenessOf(looks, identity, scorers);
  return {
    depth: mean('depth'),
    flattening: mean('flattening'),
    rigidResidual: mean('rigidResidual'),
    constancy: mean('constancy'),
    mobility: mean('mobility'),
    ...(likeness !== undefined && { likeness }),
    ...(presentation !== undefined && { presentation }),
  };
}

/** Least likeness of a turned face to the neutral ones. */
function likenessOf(
  looks: readonly IdentityFrame[],
  { embeddings }: { embeddings: Embeddings },
  scorers: readonly ScorerEntry[],
): number | undefined {
  const scorer = scorers.find(({ id }) => id === 'r');
  const turned = looks.filter(({ face }) => Math.abs(face.motion.pose.yaw) >= TURNED);
  if (!scorer || turned.length === 0) return undefined;
  return Math.min(...turned.map(({ face }) => scoreOf(scorer, embeddings, face.embeddings) ?? Number.NaN));
}

/** What is measured of an attempt with turns; docs/LIVENESS.md says how. */
export const measureNames = [
  /** Nose against an affine map of eyes and mouth, thousandths of the face's height for each degree of yaw: mean of the turns. */
  'depth',
  /** Change of the face's shape as it turns (head-shape.ts): mean of the turns. */
  'flattening',
  /** What a rigid head leaves of the mesh, over the template's eye width: mean of the turns. */
  'rigidResidual',
  /** How much the skin stays as it was (head-shape.ts): mean of the turns. */
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
