import type { VerificationId } from '../../../lib/id.ts';
import type { ProblemCode } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import { takesSource } from '../../profiles/index.ts';
import type { JudgedLive } from '../../verification/index.ts';
import type { Opened } from '../decide.ts';
import { suspectCameraIn, undecidedIn, withoutMotionIn } from '../held/rules.ts';
import type { KeptFrames } from '../keep-frames.ts';
import { MOST_ATTEMPTS, type SessionParts } from '../parts.ts';
import { isCameraSuspect, REPLAYED_FRAMES, REPLAYED_MOVEMENT } from '../risk.ts';
import type {
  SessionEvidence,
  SessionLiveness,
  SuspectCamera,
  Undecided,
  WithoutMotion,
} from '../session.ts';
import { realmOf, type SessionRow, type StoredOutcome, sourceOfSession } from '../session-store.ts';
import type { Attempt } from './attempt.ts';
import type { ChallengeResult } from './challenge.ts';
import { frameHashes, keptHashes } from './frame-hashes.ts';
import { type ShownBefore, shownBefore } from './shown-before.ts';

/** One attempt at its end. */
export interface Finished {
  row: SessionRow;
  opened: Opened;
  attempt: Attempt;
  result: ChallengeResult;
  /** Keyed hashes of what it showed. */
  hashes: readonly string[];
  /** What is kept of the frames against a replay. */
  kept: KeptFrames;
  /** Whether a movement that was shown before is refused. */
  refusesRepeats: boolean;
  /** Whether the profile takes frames of this source. */
  isSourceAllowed: boolean;
  /** What follows when it was passed without motion of the head; `allow` where it was passed with it. */
  withoutMotion: WithoutMotion;
  /** What follows when it was passed; `record` where nothing speaks against the camera. */
  suspectCamera: SuspectCamera;
  /** What follows when its evidence neither suffices nor refuses. */
  undecidedRule: Undecided;
  /** It did so, and a person decides. */
  undecided: boolean;
  outcome: Omit<StoredOutcome, 'risk'>;
  actor: Actor;
}

/** How the attempt ends the session. */
export interface End {
  /** Whatever attempts are left. */
  final?: true;
  /** That was written. */
  verification?: VerificationId;
}

/** Refusals after which another attempt is of no use. */
const FINAL: ReadonlySet<string> = new Set<ProblemCode>(['CONSENT_WITHDRAWN', 'VERIFICATION_DISABLED']);

/** What is decided about; undefined where the session is decided, or goes on with another attempt. */
export async function gather(
  parts: SessionParts,
  session: string,
  attempt: Attempt,
): Promise<Finished | undefined> {
  const { store, sealed, sealer, frames, movements, profiles, challenges, clock } = parts;
  const row = await store.byId(session);
  if (!row || row.decision !== null || row.attempts !== attempt.number) return undefined;
  const result = attempt.challenge.result(attempt.timeOf(clock.now()));
  const { organization, world } = realmOf(row);
  const hashes = frameHashes(sealer, organization, { bytes: attempt.bytes, pixels: result.frameHashes });
  const reasons = [...result.reasons];
  if (await frames.seenBefore(organization, hashes)) reasons.push(REPLAYED_FRAMES);
  else if (world === 'live' && (await showsEnrolled(parts, row, result))) reasons.push('REPLAYED_PICTURE');
  const opened = await sealed.whole(row);
  const profile = await profiles.get(organization, row.profile).catch(() => undefined);
  const refusesRepeats = profile === undefined || challenges.refusesRepeats(profile);
  const { movement } = result;
  const before =
    movement && (await shownBefore(parts, realmOf(row), { movement, assurance: result.assurance }));
  if (before && refusesRepeats) reasons.push(REPLAYED_MOVEMENT);
  const { passed, score, assurance } = result;
  const evidence = [...result.evidence, ...(before ? [replayEvidence(before, refusesRepeats)] : [])];
  const liveness: SessionLiveness = { passed, score, assurance, evidence, reasons: result.reasons };
  const of = { ...realmOf(row), session, attempt: attempt.number, created_at: clock.now() };
  return {
    row,
    opened,
    attempt,
    result,
    hashes,
    refusesRepeats,
    isSourceAllowed: profile === undefined || takesSource(profile, sourceOfSession(row)),
    withoutMotion: assurance === 'passive-frames' ? withoutMotionIn(row.flow, profile, challenges) : 'allow',
    suspectCamera: isCameraSuspect(liveness) ? suspectCameraIn(row.flow, profile, challenges) : 'record',
    undecidedRule: undecidedIn(row.flow, profile, challenges),
    undecided: false,
    kept: {
      hashes: keptHashes(hashes),
      movements: movement ? [await movements.seal(of, movement)] : [],
    },
    outcome: {
      reasons,
      liveness,
      challengesCompleted: result.completed,
      processingTimeMs: Math.max(0, clock.now() - attempt.startedAt),
    },
    actor: { is: 'session', session: row.id },
  };
}

/** That a face moved as in an earlier attempt. */
export const replayEvidence = ({ session, attempt }: ShownBefore, refuses: boolean): SessionEvidence => ({
  kind: 'replay',
  ...(refuses && { passed: false }),
  maturity: 'experimental',
  details: { session, attempt },
});

async function showsEnrolled(
  { subjects }: SessionParts,
  row: SessionRow,
  { frameHashes: pixels }: ChallengeResult,
): Promise<boolean> {
  const known = pixels.filter((one) => one !== '');
  return known.length > 0 && (await subjects.ownerOfPicture(realmOf(row), known)) !== undefined;
}

/** It showed nothing of its draw: the person has it still. What was shown before is an attempt all the same. */
export const isUnspent = ({ result, outcome }: Finished): boolean =>
  !result.spent && outcome.reasons.join() === result.reasons.join();

export const isLast = (one: Finished, codes: readonly string[], end?: End): boolean =>
  end?.final === true ||
  codes.some((code) => FINAL.has(code)) ||
  (one.row.attempts >= MOST_ATTEMPTS && !isUnspent(one));

/** The id that the session was given is for the verification that decides. */
export const ordered = ({ row }: Finished, judged: JudgedLive): VerificationId =>
  (row.verification as VerificationId | null) ?? judged.verification;
