import type { ScorerEntry } from '../../inference/manifest.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { Enrollment, Realm, Subjects } from '../subjects/index.ts';
import { confidence } from './confidence.ts';
import { matchRateForGallery, type Threshold, thresholdForFalseMatchRate } from './error-rate.ts';
import type { ModelPlan } from './model-plan.ts';
import { bestOf, type Comparison, type Embeddings } from './score.ts';
import type { Identification } from './verdict.ts';

/** Gallery rows whose people are compared again with everything they have enrolled. */
const CANDIDATES = 64;

/** How a probe did against one person, or against the best of many. */
export interface Decision {
  matched: boolean;
  /** Whom the probe was compared with: claimed (1:1) or the likeliest (1:N). */
  subject?: SubjectId;
  /** Absent when nothing could be compared. */
  comparison?: Comparison;
  /** The best one for which the comparison, or the plan, has everything. */
  scorer: ScorerEntry;
  threshold: Threshold;
  /** 0..1, 0.5 at the threshold; 0 when nothing was compared. */
  confidence: number;
}

type MatchPlan = Pick<ModelPlan, 'primary' | 'scorers'>;

export interface Matching {
  /** 1:1. Does the same work for nobody as for somebody. */
  against(
    realm: Realm,
    subject: SubjectId | undefined,
    probe: Embeddings,
    plan: MatchPlan,
    rate: number,
  ): Promise<Decision>;
  /**
   * 1:N over everybody in the realm whom `findable` lets be found: who may not be found is not compared either. The threshold
   * is that of everybody, so it is never laxer than the profile asks.
   */
  search(
    realm: Realm,
    probe: Embeddings,
    plan: MatchPlan,
    falseIdentificationRate: number,
    findable: (subject: SubjectId) => boolean,
  ): Promise<Decision & { identification: Identification }>;
}

const NOBODY = 'sub_nobody' as SubjectId;

export function createMatching({ subjects }: { subjects: Subjects }): Matching {
  return {
    async against(realm, subject, probe, { scorers }, rate) {
      const enrolled = await subjects.enrollments(realm, subject ?? NOBODY);
      const comparison = bestOf(scorers, probe, enrolled.map(embeddingsOf));
      return { ...decide(scorers, comparison, rate), ...(subject === undefined ? {} : { subject }) };
    },
    async search(realm, probe, { primary, scorers }, galleryRate, findable) {
      const gallerySize = subjects.people(realm);
      const nearest = await subjects.nearest(realm, probe[primary]!, CANDIDATES, findable);
      const enrolled = await subjects.enrollmentsOf(realm, nearest);
      let best: { subject: SubjectId; comparison: Comparison } | undefined;
      for (const [subject, enrollments] of enrolled) {
        const comparison = bestOf(scorers, probe, enrollments.map(embeddingsOf));
        if (comparison && (best === undefined || comparison.logRate < best.comparison.logRate))
          best = { subject, comparison };
      }
      const matchRate = matchRateForGallery(galleryRate, gallerySize);
      const decision = decide(scorers, best?.comparison, matchRate);
      const { threshold, fnmr, extrapolated } = decision.threshold;
      return {
        ...decision,
        ...(best ? { subject: best.subject } : {}),
        identification: { gallerySize, galleryRate, matchRate, threshold, fnmr, extrapolated },
      };
    },
  };
}

/** Whether the comparison holds the false-match rate. */
export function decide(
  scorers: MatchPlan['scorers'],
  comparison: Comparison | undefined,
  rate: number,
): Decision {
  const scorer = comparison?.scorer ?? scorers.at(-1)!;
  const threshold = thresholdForFalseMatchRate(scorer.calibration, rate);
  if (!comparison) return { matched: false, scorer, threshold, confidence: 0 };
  return {
    matched: comparison.score >= threshold.threshold,
    comparison,
    scorer,
    threshold,
    confidence: confidence(comparison.logRate, Math.log10(rate)),
  };
}

const embeddingsOf = ({ templates }: Enrollment): Embeddings =>
  Object.fromEntries(templates.map(({ embedder, vector }) => [embedder, vector]));
