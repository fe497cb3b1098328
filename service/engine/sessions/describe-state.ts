import { defined } from '../../lib/defined.ts';
import type { Room } from './attempts/rooms.ts';
import { MOST_ATTEMPTS, type SessionParts } from './parts.ts';
import type { SessionResult } from './session.ts';
import { outcomeOf, type SessionRow } from './session-store.ts';
import type { LiveState, NotPassed } from './sessions.ts';

/** What the page shows; never a score, and never why an attempt was not passed. */
export async function describeState(
  { sealed }: Pick<SessionParts, 'sealed'>,
  room: Room | undefined,
  row: SessionRow,
): Promise<LiveState> {
  const base = {
    is: 'state' as const,
    attempt: row.attempts,
    attemptsLeft: Math.max(0, MOST_ATTEMPTS - row.attempts),
  };
  if (row.decision !== null || row.held_until !== null) {
    const result = await resultOf({ sealed }, row);
    const ended = row.decision === 'expired' || row.decision === 'cancelled';
    return { ...base, attemptsLeft: 0, state: ended ? 'ended' : 'decided', result };
  }
  if (room?.finishing) return { ...base, state: 'checking' };
  if (room && room.position > 0) {
    const { position, waitSeconds } = room;
    return { ...base, state: 'queued', position, waitSeconds };
  }
  if (room?.attempt) {
    const { challenge, progress } = room.attempt;
    const { guidance } = room;
    const step = challenge.step && stepOf(challenge.step, progress);
    return { ...base, state: 'running', ...defined({ step, guidance }) };
  }
  const guidance = defined({ guidance: room?.guidance });
  const { notPassed } = outcomeOf(row);
  if (row.attempts > 0 || notPassed !== undefined) {
    const code = (notPassed ?? 'UNSURE') as NotPassed;
    return { ...base, ...guidance, state: 'between', notPassed: { code } };
  }
  return { ...base, ...guidance, state: room?.looked ? 'guiding' : 'ready' };
}

const stepOf = (
  { index, of, name, holdMs, limitMs, color }: NonNullable<Room['attempt']>['challenge']['step'] & object,
  progress: number,
): NonNullable<LiveState['step']> => ({
  index,
  of,
  name,
  holdMs,
  limitMs,
  // A fine scale would show how near the judge's threshold is.
  progress: Math.floor(progress * 20) / 20,
  ...defined({ color }),
});

/** What the browser and the relying party get of a decision. */
export async function resultOf(
  { sealed }: Pick<SessionParts, 'sealed'>,
  row: SessionRow,
): Promise<SessionResult> {
  const passed = row.decision === 'approved';
  const order = await sealed.open(row, 'order');
  const answer = (await sealed.open(row, 'answer')) ?? {};
  const { success, failure } = order?.page.redirect ?? {};
  const undecided = row.decision === null;
  // A person decides: the page leads on only where every result leads to the same address.
  const led = undecided ? (success === failure ? success : undefined) : passed ? success : failure;
  const redirect = answer.redirect ?? led;
  return {
    passed,
    decision: row.decision as SessionResult['decision'],
    reference: row.id as SessionResult['reference'],
    ...defined({ redirect, passToken: answer.passToken, passExpiresAt: answer.passExpiresAt }),
  };
}
