import type { Analysis, AnalyzedFace } from '../../inference/face.ts';
import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { meanDirection } from '../../lib/mean-direction.ts';
import { type Frame, faceQuality } from '../checks/index.ts';
import { type Embeddings, sameFace } from '../matching/index.ts';
import { isNeutral } from './baseline.ts';
import type { Evidence } from './evidence.ts';

/** Degrees: identity is not judged on faces turned farther (LIVENESS.md §3). */
const LARGEST_YAW = 30;
/** Neighbours are compared strictly, so they lie near each other in time (ms) and pose (degrees). */
const NEIGHBOURS = 1000;
const SAME_POSE = 8;

/** A frame with embeddings. */
export interface IdentityLook {
  at: number;
  analysis: Analysis;
  face: AnalyzedFace;
}

/** For the match: what the neutral frames say of who it is. */
export interface ChallengeIdentity {
  /** Mean direction over the neutral frames, by embedder. */
  embeddings: Embeddings;
  /** The best of them. */
  analysis: Analysis;
  /** All frames with embeddings, in their order: for the checks of a verification. */
  frames: (Frame & { at: number })[];
}

export function identityOf(looks: readonly IdentityLook[]): ChallengeIdentity | undefined {
  const neutral = looks.filter(({ face }) => isNeutral(face.motion));
  const [best] = neutral.toSorted((a, b) => quality(b) - quality(a));
  if (!best) return undefined;
  const embeddings = Object.fromEntries(
    Object.keys(best.face.embeddings).map((model) => [
      model,
      meanDirection(neutral.flatMap(({ face }) => face.embeddings[model] ?? [])),
    ]),
  );
  return {
    embeddings,
    analysis: best.analysis,
    frames: looks.map(({ at, analysis }) => ({ at, analysis })),
  };
}

const quality = ({ analysis }: IdentityLook): number => faceQuality(analysis, { pad: true }).score;

/** One and the same face in all looks (LIVENESS.md §3). */
export function judgeContinuity(
  looks: readonly IdentityLook[],
  { analysis: { face: main } }: Pick<ChallengeIdentity, 'analysis'>,
  scorers: readonly ScorerEntry[],
): Evidence {
  const judged = looks.filter(({ face }) => Math.abs(face.motion.pose.yaw) <= LARGEST_YAW);
  const pairs = judged
    .slice(1)
    .map((later, i) => [judged[i]!, later] as const)
    .filter(
      ([a, b]) =>
        b.at - a.at <= NEIGHBOURS &&
        Math.abs(b.face.motion.pose.yaw - a.face.motion.pose.yaw) <= SAME_POSE &&
        Math.abs(b.face.motion.pose.pitch - a.face.motion.pose.pitch) <= SAME_POSE,
    )
    .map(([a, b]) => [a.face, b.face] as const);
  const { same, doubtful, details } = sameFace(
    main!,
    judged.map(({ face }) => face),
    pairs,
    scorers,
  );
  return {
    kind: 'continuity',
    passed: same,
    strength: same ? (doubtful ? 0.6 : 1) : 0,
    maturity: 'experimental',
    details: { ...details, doubtful, frames: judged.length },
  };
}
