import { setImmediate as pause } from 'node:timers/promises';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import { type ChallengeResult, type Evidence, takesSource } from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import type { Judged } from '../../uniqueness/index.ts';
import type { Attempt } from './judge-frame.ts';
import type { SessionParts } from './parts.ts';
import type { KeptFrames } from './record-session.ts';
import { isCameraSuspect, REPLAYED_FRAMES, REPLAYED_MOVEMENT } from './risk.ts';
import type { SessionLiveness, WholeSession } from './session.ts';
import { rulesIn, type SessionRules } from './session-rules.ts';
import { realmOf, type SessionRow, type StoredOutcome, sourceOfSession } from './session-store.ts';

/** One attempt at its end: all that its decision rests on. */
export interface EndedAttempt {
  row: SessionRow;
  opened: WholeSession;
  attempt: Attempt;
  result: ChallengeResult;
  /** Keyed hashes of what it showed. */
  hashes: readonly string[];
  /** What is kept of the frames against a replay. */
  kept: KeptFrames;
  /** What follows by its profile: `allow` where it moved the head, `record` where nothing speaks against the camera. */
  rules: SessionRules;
  /** Whether the profile takes frames of this source. */
  isSourceAllowed: boolean;
  outcome: Omit<StoredOutcome, 'risk'>;
  actor: Actor;
}

/** Hashes that are kept of one attempt. */
const HASHES_KEPT = 32;
/** Earlier attempts that a movement is compared with: the newest of the organization, and of the person. */
const MOST = { organization: 1_000, person: 200 } as const;
/** Milliseconds of comparing, after which others have their turn. */
const TURN = 5;
/** Milliseconds that the decision of another session takes at most, and how many are decided in them. */
const MEANWHILE = 60_000;
const MOST_MEANWHILE = 50;

/** What is decided about; undefined where the session is decided, or goes on with another attempt. */
export async function endedAttempt(
  parts: SessionParts,
  session: string,
  attempt: Attempt,
): Promise<EndedAttempt | undefined> {
  const { store, sealed, sealer, frames, movements, profiles, challenges, clock } = parts;
  const row = await store.byId(session);
  if (!row || row.decision !== null || row.attempts !== attempt.number) return undefined;
  const result = attempt.result(clock.now());
  const { organization, world } = realmOf(row);
  const hashes = frameHashes(sealer, organization, { bytes: attempt.bytes, pixels: result.frameHashes });
  const reasons: string[] = [...result.reasons];
  if (await frames.seenBefore(organization, hashes)) reasons.push(REPLAYED_FRAMES);
  else if (world === 'live' && (await showsEnrolled(parts, row, result))) reasons.push('REPLAYED_PICTURE');
  const opened = await sealed.whole(row);
  const profile = await profiles.get(organization, row.profile).catch(() => undefined);
  const rules = rulesIn(row.flow, profile, challenges);
  const { movement, passed, score, assurance } = result;
  const replay = await replayEvidence(parts, realmOf(row), result, rules);
  if (replay?.passed === false) reasons.push(REPLAYED_MOVEMENT);
  const evidence = [...result.evidence, ...(replay ? [replay] : [])];
  const liveness: SessionLiveness = { passed, score, assurance, evidence, reasons: result.reasons };
  const of = { ...realmOf(row), session, attempt: attempt.number, created_at: clock.now() };
  return {
    row,
    opened,
    attempt,
    result,
    hashes,
    rules: {
      ...rules,
      withoutMotion: assurance === 'passive-frames' ? rules.withoutMotion : 'allow',
      suspectCamera: isCameraSuspect(liveness) && !attempt.testOutcome ? rules.suspectCamera : 'record',
    },
    isSourceAllowed: profile === undefined || takesSource(profile, sourceOfSession(row)),
    kept: {
      hashes: hashesToKeep(hashes),
      movements: movement ? [await movements.seal(of, movement)] : [],
    },
    outcome: {
      reasons,
      liveness,
      challengesCompleted: result.completed,
      processingTimeMs: Math.max(0, clock.now() - attempt.startedAt),
      ...defined({ testOutcome: attempt.testOutcome }),
    },
    actor: { is: 'session', session: row.id },
  };
}

/** Keyed hashes of what an attempt showed, of its bytes and of its pixels: the rows reveal no frame. */
function frameHashes(
  sealer: SessionParts['sealer'],
  organization: OrganizationId,
  { bytes, pixels }: { bytes: Iterable<string>; pixels: Iterable<string> },
): string[] {
  const keyed = (kind: string, all: Iterable<string>) =>
    [...new Set(all)]
      .filter((one) => one !== '')
      .map((one) => sealer.emailHash(organization, `${kind}/${one}`));
  return [...keyed('frame-bytes', bytes), ...keyed('frame-pixels', pixels)];
}

/**
 * The smallest. Their order depends on the key alone, so a replay cannot leave out the frames that are known; each repeated part of a
 * recording of some seconds holds some of them.
 */
const hashesToKeep = (hashes: readonly string[]): string[] => hashes.toSorted().slice(0, HASHES_KEPT);

async function showsEnrolled(
  { subjects }: SessionParts,
  row: SessionRow,
  { frameHashes: pixels }: ChallengeResult,
): Promise<boolean> {
  const known = pixels.filter((one) => one !== '');
  return known.length > 0 && (await subjects.ownerOfPicture(realmOf(row), known)) !== undefined;
}

type Movements = Pick<SessionParts, 'movements' | 'challenges' | 'clock'>;

/** The earlier attempt that is kept in which the face moved in the same way, as evidence; `person`: of that one alone. */
export async function replayEvidence(
  { movements, challenges }: Movements,
  realm: Realm,
  { movement, assurance }: Pick<ChallengeResult, 'movement' | 'assurance'>,
  { repeats }: Pick<SessionRules, 'repeats'>,
  person?: string,
): Promise<Evidence | undefined> {
  if (!movement) return undefined;
  const most = person === undefined ? MOST.organization : MOST.person;
  const isShownIn = challenges.movementIn(movement, { still: assurance === 'passive-frames' });
  let began = performance.now();
  const order = { most, ...defined({ person }) };
  for (const row of await movements.recent(realm, order)) {
    const earlier = await movements.open(row);
    if (earlier && isShownIn(earlier))
      return {
        kind: 'replay',
        ...(repeats === 'refuse' && { passed: false }),
        maturity: 'experimental',
        details: { session: row.session, attempt: row.attempt },
      };
    if (performance.now() - began < TURN) continue;
    await pause();
    began = performance.now();
  }
  return undefined;
}

/** What a session that was decided since this one was compared has shown too; in the transaction that decides. */
export async function shownMeanwhile(
  { frames, movements, challenges, clock }: Movements & Pick<SessionParts, 'frames'>,
  tx: Tx,
  { row, opened, hashes, result: { movement, assurance }, rules }: EndedAttempt,
): Promise<typeof REPLAYED_FRAMES | typeof REPLAYED_MOVEMENT | undefined> {
  if (await frames.seenBefore(opened.realm.organization, hashes, tx)) return REPLAYED_FRAMES;
  if (!movement || rules.repeats !== 'refuse') return undefined;
  const order = { since: clock.now() - MEANWHILE, most: MOST_MEANWHILE };
  const isShownIn = challenges.movementIn(movement, { still: assurance === 'passive-frames' });
  for (const other of await movements.recent(realmOf(row), order, tx)) {
    const earlier = await movements.open(other);
    if (earlier && isShownIn(earlier)) return REPLAYED_MOVEMENT;
  }
  return undefined;
}

/**
 * The evidence of an outcome, with that the face matches several people of a gallery, as a picture blended of them does. Recorded, and
 * never decisive: relatives, and people who were enrolled twice, give the same. No person is named in it.
 */
export function withMorph<Outcome extends { liveness?: SessionLiveness }>(
  outcome: Outcome,
  people: number | undefined,
): Outcome {
  const { liveness } = outcome;
  if (people === undefined || !liveness || liveness.evidence.some(({ kind }) => kind === 'morph'))
    return outcome;
  const found = { kind: 'morph', maturity: 'experimental' as const, details: { suspect: true, people } };
  return { ...outcome, liveness: { ...liveness, evidence: [...liveness.evidence, found] } };
}

/** The outcome of a session whose person was compared with its uniqueness scope. */
export const withCount = <Outcome extends { liveness?: SessionLiveness }>(
  outcome: Outcome,
  counted: Judged | undefined,
): Outcome & { counted?: Pick<Judged, 'outcome' | 'action'> } => ({
  ...withMorph(outcome, counted?.alike),
  ...(counted && { counted: { outcome: counted.outcome, action: counted.action } }),
});
