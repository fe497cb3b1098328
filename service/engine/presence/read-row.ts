import { defined } from '../../lib/defined.ts';
import type { OrganizationId, PresenceId, SubjectId, World } from '../../lib/id.ts';
import type { CancelReason, PresenceSession, PresenceState } from './presence-session.ts';
import type { PresenceRow, SealedProof } from './presence-store.ts';

/** A session as it stands at `now`: a pending one is over at its end, whatever the row says. */
export const readRow = (row: PresenceRow, proof: SealedProof | undefined, now: number): PresenceSession => ({
  id: row.id as PresenceId,
  organization: row.organization as OrganizationId,
  world: row.world as World,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  state: stateOf(row, proof, now),
});

function stateOf(row: PresenceRow, proof: SealedProof | undefined, now: number): PresenceState {
  switch (row.state) {
    case 'verified':
      return {
        is: 'verified',
        at: row.decided_at!,
        subject: row.subject as SubjectId,
        ...defined({ email: proof?.email }),
      };
    case 'cancelled':
      return { is: 'cancelled', reason: row.reason as CancelReason };
    default:
      return now < row.expires_at ? { is: 'pending', begun: row.session !== null } : { is: 'expired' };
  }
}
