import type { Tx } from '../../../storage/transaction.ts';
import { DecidedMeanwhile, type Ending } from '../decide.ts';
import { keepFrames } from '../keep-frames.ts';
import { REVIEW_LIFE, type SessionParts } from '../parts.ts';
import { riskOf } from '../risk.ts';
import type { SessionWait, SuspectCamera, WithoutMotion } from '../session.ts';
import { realmOf, type SessionRow } from '../session-store.ts';

/** Why a session waits for a person. */
const WITHOUT_MOTION = 'WITHOUT_MOTION';
export const SUSPECT_CAMERA = 'SUSPECT_CAMERA';
export const UNDECIDED = 'UNDECIDED';

/** What an attempt waits for, and why; undefined where it is decided at once. The weightier comes first: the reviewer sees all reasons. */
export function waitOf({
  undecided,
  withoutMotion,
  suspectCamera,
}: {
  undecided: boolean;
  withoutMotion: WithoutMotion;
  suspectCamera: SuspectCamera;
}): Wait | undefined {
  const reasons = [
    ...(undecided ? [UNDECIDED] : []),
    ...(withoutMotion === 'allow' ? [] : [WITHOUT_MOTION]),
    ...(suspectCamera === 'record' ? [] : [SUSPECT_CAMERA]),
  ];
  if (reasons.length === 0) return undefined;
  const waitsFor = undecided ? 'undecided' : withoutMotion === 'allow' ? 'camera' : 'without-motion';
  return { waitsFor, reasons };
}

/** Reasons that end with the decision of a person. */
export const isWaiting = (reason: string): boolean =>
  reason === WITHOUT_MOTION || reason === SUSPECT_CAMERA || reason === UNDECIDED;

interface Wait {
  waitsFor: Exclude<SessionWait, 'uniqueness'>;
  reasons: readonly string[];
}

/** Leaves a session to a reviewer; without a decision the time decides. Throws DecidedMeanwhile. */
export async function hold(
  { store, frames, movements, clock, behaviors, audit }: SessionParts,
  tx: Tx,
  row: SessionRow,
  { outcome: found, person, verification, resealed, frames: kept, actor }: Ending,
  {
    wait,
    waiting = null,
    pictures = null,
  }: { wait: Wait | 'uniqueness'; waiting?: Uint8Array | null; pictures?: Uint8Array | null },
): Promise<void> {
  const { waits: _, votes: __, ...outcome } = behaviors.added(row.id, found);
  const risk = riskOf({ ...outcome, attempts: row.attempts });
  const now = clock.now();
  const waits =
    wait === 'uniqueness'
      ? {}
      : { waits: wait.waitsFor, reasons: [...new Set([...outcome.reasons, ...wait.reasons])] };
  const held = await store.changeUndecided(tx, row.id, {
    running_since: null,
    held_until: now + REVIEW_LIFE,
    outcome: JSON.stringify({ ...outcome, ...waits, risk }),
    waiting_sealed: waiting,
    pictures_sealed: pictures,
    ...(verification === undefined ? {} : { verification }),
    ...(person === undefined ? {} : { subject: person.id, ...resealed }),
  });
  if (!held) throw new DecidedMeanwhile();
  const { organization, world } = realmOf(row);
  await keepFrames({ frames, movements }, tx, { organization, session: row.id, at: now }, kept);
  if (wait !== 'uniqueness')
    await audit.add(tx, {
      actor,
      action: 'session.hold',
      organization,
      target: row.id,
      details: { world, flow: row.flow, profile: row.profile, reason: wait.reasons.join(', ') },
    });
}
