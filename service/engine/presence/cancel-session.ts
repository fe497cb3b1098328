import type { PresenceId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Presence, PresenceDeps } from './presence.ts';
import type { PresenceCaller } from './presence-session.ts';
import { type PresenceRow, updateCancelled } from './presence-store.ts';
import { readRow } from './read-row.ts';

interface Reading extends Pick<Presence, 'get'> {
  rowOf(caller: PresenceCaller, id: string): Promise<PresenceRow>;
}

/** Before its link was used, here; afterwards its live session is cancelled, which ends it too. */
export function createCancelSession(
  { inTransaction, sessions, audit, clock }: PresenceDeps,
  { rowOf, get }: Reading,
): Presence['cancel'] {
  return async function cancel(caller, id, actor) {
    const { organization, world } = caller;
    const { id: target } = await rowOf(caller, id);
    const done = await inTransaction(async (tx) => {
      const order = { reason: 'caller', now: clock.now(), unopened: true } as const;
      if (!(await updateCancelled(tx, target as PresenceId, order))) return false;
      await audit.add(tx, { actor, action: 'presence.cancel', organization, target, details: { world } });
      return true;
    });
    if (!done) await sessions.cancel({ organization, world }, await liveSession(), actor);
    return get(caller, id, actor);

    async function liveSession(): Promise<string> {
      const row = await rowOf(caller, id);
      const { state } = readRow(row, undefined, clock.now());
      if (state.is === 'pending' && row.session !== null) return row.session;
      if (state.is === 'expired')
        throw new Problem('SESSION_EXPIRED', 'The session has expired: there is nothing to cancel.');
      throw new Problem('CONFLICT', `The session is ${state.is} already: it cannot be cancelled.`);
    }
  };
}
