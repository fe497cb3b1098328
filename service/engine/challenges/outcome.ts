import { defined } from '../../lib/defined.ts';
import type { Collection } from './collection.ts';
import type { Assurance, DrawnChallenge } from './draw-challenge.ts';
import { type ChallengeReason, type Evidence, scoreOf } from './evidence.ts';
import type { FrameLog } from './frame-log.ts';
import type { ChallengeIdentity } from './identity.ts';
import { packMovement } from './movements/judge-repeats.ts';
import type { StepSequence } from './step-sequence.ts';
import type { Verdict } from './verdict.ts';

export interface ChallengeResult {
  passed: boolean;
  /** Liveness score, 0..1: never sent to the page. */
  score: number;
  assurance: Assurance;
  evidence: Evidence[];
  reasons: ChallengeReason[];
  /** Whether it counts: a step was revealed, or no frame came. Else it has shown nothing of its draw to a person who tried. */
  spent: boolean;
  /** Steps passed. */
  completed: number;
  /** From the first step's reveal to the last frame, on the client's clock. */
  durationMs: number;
  /** Absent unless enough frames were identified. */
  identity?: ChallengeIdentity;
  /** Of every frame, in their order. */
  frameHashes: string[];
  /** How the face moved, packed, for comparisons with other attempts; absent where no face was seen. */
  movement?: Uint8Array;
}

/** Milliseconds without a frame after which the attempt is given up. */
const SILENCE = 10_000;

/** The result of an attempt: its verdict, or without one what was seen until now. */
export function resultOf(
  verdict: Verdict | undefined,
  seen: { drawn: DrawnChallenge; log: FrameLog; sequence: StepSequence; collection: Collection; now: number },
): ChallengeResult {
  const { began, last, receivedAt } = seen.log.span;
  const asked = began !== undefined;
  const reasons = verdict
    ? [...verdict.reasons]
    : [unfinished({ asked, silent: seen.now - receivedAt > SILENCE })];
  const evidence = [...(verdict?.evidence ?? seen.sequence.evidence), ...seen.log.evidence()];
  const passed = reasons.length === 0;
  return {
    passed,
    score: scoreOf(passed, evidence),
    assurance: seen.drawn.assurance,
    evidence,
    reasons,
    spent: asked || receivedAt === 0,
    completed: evidence.filter(({ kind }) => kind.startsWith('step:')).length,
    durationMs: began === undefined ? 0 : Math.round(last - began),
    ...(verdict?.identity && { identity: verdict.identity }),
    frameHashes: seen.log.hashes(),
    ...defined({ movement: packMovement(seen.collection.trace) }),
  };
}

function unfinished({ asked, silent }: { asked: boolean; silent: boolean }): ChallengeReason {
  if (asked) return silent ? 'TIME_OVER' : 'UNFINISHED';
  return silent ? 'UNFINISHED' : 'NOT_SETTLED';
}
