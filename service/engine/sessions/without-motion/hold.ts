import type { Tx } from '../../../storage/transaction.ts';
import { DecidedMeanwhile, type Ending } from '../decide.ts';
import { keepFrames } from '../keep-frames.ts';
import { REVIEW_LIFE, type SessionParts } from '../parts.ts';
import { riskOf } from '../risk.ts';
import type { SessionWait } from '../session.ts';
import { realmOf, type SessionRow } from '../session-store.ts';

/** Why a session that was passed waits for a person. */
export const WITHOUT_MOTION = 'WITHOUT_MOTION';

/** Leaves a passed session to a reviewer; without a decision the time decides. Throws DecidedMeanwhile. */
export async function hold(
  { store, frames, movements, clock, behaviors, audit }: SessionParts,
  tx: Tx,
  row: SessionRow,
  { outcome: found, person, verification, resealed, frames: kept, actor }: Ending,
  { waitsFor, waiting = null }: { waitsFor: SessionWait; waiting?: Uint8Array | null },
): Promise<void> {
  const { waits: _, votes: __, ...outcome } = behaviors.added(row.id, found);
  const risk = riskOf({ ...outcome, attempts: row.attempts });
  const now = clock.now();
  const wait =
    waitsFor === 'without-motion'
      ? { waits: waitsFor, reasons: [...new Set([...outcome.reasons, WITHOUT_MOTION])] }
      : {};
  const held = await store.changeUndecided(tx, row.id, {
    running_since: null,
    held_until: now + REVIEW_LIFE,
    outcome: JSON.stringify({ ...outcome, ...wait, risk }),
    waiting_sealed: waiting,
    ...(verification === undefined ? {} : { verification }),
    ...(person === undefined ? {} : { subject: person.id, ...resealed }),
  });
  if (!held) throw new DecidedMeanwhile();
  const { organization, world } = realmOf(row);
  await keepFrames({ frames, movements }, tx, { organization, session: row.id, at: now }, kept);
  if (waitsFor === 'without-motion')
    await audit.add(tx, {
      actor,
      action: 'session.hold',
      organization,
      target: row.id,
      details: { world, flow: row.flow, profile: row.profile, reason: WITHOUT_MOTION },
    });
}
