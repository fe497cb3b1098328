import type { Analysis, AnalysisRequest, FollowedFace } from '../../../inference/face.ts';
import type { Embeddings } from '../../matching/index.ts';
import type { ModelPlan, Profile } from '../../profiles/index.ts';
import type {
  ChosenPath,
  SessionDevice,
  SessionEvidence,
  SuspectCamera,
  Undecided,
  WithoutMotion,
} from '../session.ts';
import type { NotPassed } from '../sessions.ts';

export interface ChallengeStep {
  index: number;
  of: number;
  name: string;
  holdMs: number;
  limitMs: number;
  color?: string;
}

export interface ChallengeProgress {
  state: 'running' | 'passed' | 'failed';
  /** Of the step, 0..1. */
  progress: number;
  guidance?: { step: string; code: string };
}

export interface ChallengeResult {
  passed: boolean;
  score: number;
  assurance: string;
  evidence: SessionEvidence[];
  reasons: string[];
  /** Whether it counts: a step was revealed, or no frame came. */
  spent: boolean;
  completed: number;
  durationMs: number;
  /** Of the best neutral frames. */
  identity?: { embeddings: Embeddings; analysis: Analysis };
  /** `Analysis.pixelHash` of every frame. */
  frameHashes: string[];
  /** How the face moved, packed; absent where too little was seen. */
  movement?: Uint8Array;
}

/** One attempt, as engine/challenges runs it. */
export interface RunningChallenge {
  readonly step: ChallengeStep | undefined;
  readonly needs: 'landmarks' | 'identity';
  /** Where its face is expected. */
  readonly follow: FollowedFace | undefined;
  observe(frame: {
    at: number;
    receivedAt: number;
    analysis: Analysis;
    capture?: Omit<SessionDevice, 'address'>;
  }): ChallengeProgress;
  /** `now`: on the clock of `receivedAt`. */
  result(now: number): ChallengeResult;
}

/** What sessions need of engine/challenges. */
export interface Challenges {
  /** Draws a challenge by chance, for one attempt. */
  begin(profile: Profile, plan: ModelPlan, path: ChosenPath): RunningChallenge;
  /** What to ask the analyzer for the next frame of it. */
  request(
    challenge: RunningChallenge,
    plan: ModelPlan,
  ): Pick<AnalysisRequest, 'detector' | 'embedders'> & Partial<AnalysisRequest>;
  /** Steps that a challenge of the profile has. */
  steps(profile: Profile): number;
  /** Whether an earlier movement, packed, holds parts of this one: the person moved as before, which no one does. `still`: of the path without motion. */
  movementIn(movement: Uint8Array, path: { still: boolean }): (earlier: Uint8Array) => boolean;
  /** Whether a movement that was shown before is refused, or noted only. */
  refusesRepeats(profile: Profile): boolean;
  withoutMotion(profile: Profile): WithoutMotion;
  suspectCamera(profile: Profile): SuspectCamera;
  undecided(profile: Profile): Undecided;
  /** Whether the session's own page collects behavior. */
  collectsBehavior(profile: Profile): boolean;
  /** What the person may try next. */
  tryAgain(reasons: readonly string[]): NotPassed;
}
