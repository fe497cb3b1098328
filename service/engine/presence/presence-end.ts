import { defined } from '../../lib/defined.ts';
import type { PresenceId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { DecidedSession, FlowEnd } from '../sessions/index.ts';
import type { PresenceClaims } from '../tokens/index.ts';
import type { Presence, PresenceDeps } from './presence.ts';
import type { CancelReason, KeptRequest } from './presence-session.ts';
import {
  openColumn,
  type PresenceRow,
  sealColumn,
  selectPresenceBy,
  updateCancelled,
  updateEnded,
  updateVerified,
} from './presence-store.ts';
import { readRow } from './read-row.ts';

/**
 * In the transaction that decides the live session: an approval makes the token, every other end closes the presence session. One that
 * is closed already stays so: a caller who was answered EXPIRED is never answered VERIFIED later.
 */
export function createPresenceEnd({ sealer, tokens, audit, clock }: PresenceDeps): Presence['end'] {
  const note = (tx: Tx, row: PresenceRow, session: DecidedSession, reason?: CancelReason) =>
    audit.add(tx, {
      actor: session.actor,
      action: 'presence.decide',
      organization: session.realm.organization,
      target: row.id,
      outcome: session.decision === 'approved' && reason === undefined ? 'done' : 'refused',
      details: {
        world: row.world,
        session: session.id,
        ...defined({ reason, verification: session.verification, subject: session.person?.id }),
      },
    });

  async function end(tx: Tx, row: PresenceRow, session: DecidedSession, reason: CancelReason): Promise<void> {
    if (!(await updateCancelled(tx, row.id as PresenceId, { reason, now: clock.now() }))) return;
    await note(tx, row, session, reason);
  }

  async function verify(tx: Tx, row: PresenceRow, session: DecidedSession): Promise<boolean> {
    const { person, liveness } = session;
    const request = await openColumn<KeptRequest>(sealer, row, 'request', row.request_sealed);
    if (!person || !liveness || !request) return false;
    const { purpose, nonce } = request;
    const composite = session.composite;
    const { token, jti, expiresAt } = await tokens.presence.issue(
      session.realm,
      {
        sub: person.email ?? person.id,
        userId: person.id,
        sessionId: row.id,
        purpose,
        ...defined({ nonce }),
        checks: {
          ...(composite !== undefined && { compositeScore: shown(composite) }),
          liveness: shown(liveness.score),
        },
        assurance: liveness.assurance as PresenceClaims['assurance'],
        models: session.models,
        ...(row.single_use === 1 && { singleUse: true as const }),
      },
      row.ttl_seconds * 1000,
    );
    const owned = { ...row, subject: person.id };
    try {
      await updateVerified(tx, row.id as PresenceId, {
        subject: person.id,
        request_sealed: await sealColumn(sealer, owned, 'request', request),
        decided_at: clock.now(),
        token_id: jti,
        token_expires_at: expiresAt,
        token_sealed: await sealColumn(sealer, owned, 'token', {
          token,
          ...defined({ email: person.email }),
        }),
      });
    } catch (error) {
      // The person is being erased.
      if (error instanceof Problem && error.code === 'SUBJECT_NOT_FOUND') return false;
      throw error;
    }
    await note(tx, row, session);
    return true;
  }

  return {
    async decided(tx, session) {
      const row = await selectPresenceBy(tx, 'session', session.id);
      if (row === undefined) return undefined;
      if (readRow(row, undefined, clock.now()).state.is !== 'pending') return undefined;
      if (session.decision === 'expired') await updateEnded(tx, row.id as PresenceId, clock.now());
      else if (session.decision !== 'approved') await end(tx, row, session, reasonOf(session));
      else if (!(await verify(tx, row, session))) await end(tx, row, session, 'not-verified');
      return undefined;
    },
  } satisfies FlowEnd;
}

function reasonOf({ decision, match, liveness, otherPerson, reasons }: DecidedSession): CancelReason {
  if (reasons.includes('CONSENT_DENIED') || reasons.includes('CANCELLED_BY_PERSON')) return 'declined';
  if (decision === 'cancelled') return 'caller';
  return match === 'email' && liveness?.passed && otherPerson ? 'another-person' : 'not-verified';
}

/** Two digits, as in replies: more would help to tune an attack. */
const shown = (score: number) => Math.round(score * 100) / 100;
