import { setImmediate as pause } from 'node:timers/promises';
import { defined } from '../../../lib/defined.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Realm } from '../../subjects/index.ts';
import { FRAMES_KEPT, type SessionParts } from '../parts.ts';
import { realmOf, type SessionRow } from '../session-store.ts';
import type { ChallengeResult } from './challenge.ts';

/** Earlier attempts that a movement is compared with: the newest of the organization, and of the person. */
const MOST = { organization: 1_000, person: 200 } as const;
/** Milliseconds of comparing, after which others have their turn. */
const TURN = 5;

const pathOf = ({ assurance }: { assurance: string }) => ({ still: assurance === 'passive-frames' });

export interface ShownBefore {
  session: string;
  attempt: number;
}

/** The earlier attempt of the last thirty days in which the face moved in the same way; `person`: of that one alone. */
export async function shownBefore(
  { movements, challenges, clock }: Pick<SessionParts, 'movements' | 'challenges' | 'clock'>,
  realm: Realm,
  shown: { movement: Uint8Array; assurance: string },
  person?: string,
): Promise<ShownBefore | undefined> {
  const since = clock.now() - FRAMES_KEPT;
  const most = person === undefined ? MOST.organization : MOST.person;
  const isShownIn = challenges.movementIn(shown.movement, pathOf(shown));
  let began = performance.now();
  for (const row of await movements.recent(realm, { since, most, ...defined({ person }) })) {
    const earlier = await movements.open(row);
    if (earlier && isShownIn(earlier)) return { session: row.session, attempt: row.attempt };
    if (performance.now() - began < TURN) continue;
    await pause();
    began = performance.now();
  }
  return undefined;
}

/** Milliseconds that the decision of another session takes at most, and how many are decided in them. */
const MEANWHILE = 60_000;
const MOST_MEANWHILE = 50;

/** Whether a session that was decided since this one was compared shows the same; in the transaction that decides. */
export async function shownMeanwhile(
  { movements, challenges, clock }: Pick<SessionParts, 'movements' | 'challenges' | 'clock'>,
  tx: Tx,
  {
    row,
    result: { movement, assurance },
    refusesRepeats,
  }: { row: SessionRow; result: ChallengeResult; refusesRepeats: boolean },
): Promise<boolean> {
  if (!movement || !refusesRepeats) return false;
  const order = { since: clock.now() - MEANWHILE, most: MOST_MEANWHILE };
  const isShownIn = challenges.movementIn(movement, pathOf({ assurance }));
  for (const other of await movements.recent(realmOf(row), order, tx)) {
    const earlier = await movements.open(other);
    if (earlier && isShownIn(earlier)) return true;
  }
  return false;
}
