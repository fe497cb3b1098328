import type { AnalyzedFace } from '../../inference/face.ts';
import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { thresholdForFalseMatchRate } from './error-rate.ts';
import { meanEmbeddings, scoreOf } from './score.ts';

/** Degrees: faces turned less are neutral. */
const NEUTRAL_YAW = 10;

interface Limits {
  /** Every face against the main picture's, and against the mean of the other neutral ones. */
  same: number;
  /** Up to here one and the same is noted as doubtful. */
  sure: number;
  /** Neighbouring frames. */
  neighbours: number;
  from: string;
}

export interface Sameness {
  same: boolean;
  /** Above the limit, but not by much. */
  doubtful: boolean;
  details: Record<string, unknown>;
}

/**
 * Whether all faces are the main picture's: each against it and against the mean of the other neutral ones (LIVENESS.md
 * §3), and `pairs` of frames that follow one another within a second by a stricter limit. All of them face the camera.
 * Not the same where no scorer has the embeddings it needs.
 */
export function sameFace(
  main: AnalyzedFace,
  faces: readonly AnalyzedFace[],
  pairs: readonly (readonly [AnalyzedFace, AnalyzedFace])[],
  scorers: readonly ScorerEntry[],
): Sameness {
  const all = [main, ...faces];
  const scorer = scorers.findLast(({ terms }) =>
    all.every(({ embeddings }) => terms.every(({ model }) => embeddings[model] !== undefined)),
  );
  if (!scorer) return { same: false, doubtful: true, details: { identity: 'No scorer has its embeddings.' } };
  const limits = limitsOf(scorer);
  const direct = faces.map((face) => scoreOf(scorer, main.embeddings, face.embeddings)!);
  const neutral = all.filter(({ quality }) => Math.abs(quality.pose.yaw) <= NEUTRAL_YAW);
  const together = all.map((face) => {
    const others = neutral.filter((one) => one !== face);
    const rest = others.length > 0 ? others : all.filter((one) => one !== face);
    const mean = meanEmbeddings(
      scorer,
      rest.map(({ embeddings }) => embeddings),
    );
    return scoreOf(scorer, mean, face.embeddings)!;
  });
  const steps = pairs.map(([a, b]) => scoreOf(scorer, a.embeddings, b.embeddings)!);
  const least = Math.min(...direct, ...together);
  const leastStep = steps.length > 0 ? Math.min(...steps) : undefined;
  return {
    same: least >= limits.same && (leastStep ?? limits.neighbours) >= limits.neighbours,
    doubtful: least < limits.sure,
    details: {
      scorer: scorer.id,
      least: round(least),
      limit: round(limits.same),
      limitFrom: limits.from,
      ...(leastStep === undefined
        ? {}
        : { leastOfNeighbours: round(leastStep), neighbourLimit: round(limits.neighbours) }),
    },
  };
}

/** As the manifest measures them for the scorer, else the thresholds of the same false-match rates. */
function limitsOf(scorer: ScorerEntry): Limits {
  if (scorer.continuity) {
    const { source, ...limits } = scorer.continuity;
    return { ...limits, from: source };
  }
  const at = (fmr: number) => thresholdForFalseMatchRate(scorer.calibration, fmr).threshold;
  return {
    same: at(1e-3),
    sure: at(1e-4),
    neighbours: at(1e-5),
    from: 'false-match rates 1e-3, 1e-4 and 1e-5',
  };
}

const round = (value: number) => Math.round(value * 1000) / 1000;
