import type { Analysis } from '../../../inference/face.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import {
  type ChallengeReason,
  type ChallengeResult,
  type ModelPlan,
  testPicture,
} from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import type { SessionParts } from './parts.ts';

/** How an attempt of a test person ends, and what it showed. */
export interface TestEnd {
  outcome: TestOutcome;
  analysis: Analysis;
}

const DEADLINE = 2_000;

/** Undefined in the live world, where the drawn picture is a picture like any other. */
export async function testEndOf(
  { analyzer }: Pick<SessionParts, 'analyzer'>,
  outcome: TestOutcome,
  { realm, plan, isMatched }: { realm: Realm; plan: ModelPlan; isMatched: boolean },
): Promise<TestEnd | undefined> {
  // Where no enrolled person is asked for, each one is new: the same face again would be a duplicate.
  const shown = outcome === 'verified' && !isMatched ? 'not-matched' : outcome;
  const { detector, embedders, pad } = plan;
  const analysis = await analyzer.analyze(testPicture(shown), {
    detector,
    embedders,
    portrait: true,
    deadline: DEADLINE,
    share: { ...realm, key: 'test-people' },
    ...(pad && { pad: pad.id }),
  });
  return analysis.testOutcome === undefined ? undefined : { outcome, analysis };
}

const failures: Partial<Record<TestOutcome, ChallengeReason>> = {
  'refused-by-liveness': 'PRESENTATION',
  'two-faces': 'SECOND_FACE',
};

/** As the challenge of a person would have ended. */
export function testResult({ outcome, analysis }: TestEnd): ChallengeResult {
  const reason = failures[outcome];
  return {
    passed: reason === undefined,
    score: reason === undefined ? 0.9 : 0.1,
    assurance: 'active',
    evidence: [],
    reasons: reason === undefined ? [] : [reason],
    spent: true,
    completed: 0,
    durationMs: 0,
    identity: { analysis, embeddings: analysis.face!.embeddings, frames: [] },
    frameHashes: [],
  };
}
