import type { ScorerEntry } from '../../../inference/models/manifest.ts';
import { scoreOf } from '../../matching/index.ts';
import { type ChallengeReason, type Evidence, round } from '../evidence.ts';
import type { ChallengeIdentity, IdentityLook } from '../identity.ts';
import { type Measures, measureNames, type Weighed, type Weights, weigh } from './weigh.ts';

/** Degrees of yaw from which on a face that was identified is turned. */
const TURNED = 12;

export interface AttemptSeen {
  /** Of the finished steps. */
  steps: readonly Evidence[];
  looks: readonly IdentityLook[];
  identity: ChallengeIdentity | undefined;
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
  looks: readonly IdentityLook[],
  { embeddings }: ChallengeIdentity,
  scorers: readonly ScorerEntry[],
): number | undefined {
  const scorer = scorers.find(({ id }) => id === 'r');
  const turned = looks.filter(({ face }) => Math.abs(face.motion.pose.yaw) >= TURNED);
  if (!scorer || turned.length === 0) return undefined;
  return Math.min(...turned.map(({ face }) => scoreOf(scorer, embeddings, face.embeddings) ?? Number.NaN));
}
