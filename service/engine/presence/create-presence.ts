import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/time.ts';
import type { Actor } from '../audit/index.ts';
import { createCancelSession } from './cancel-session.ts';
import { createNewSession } from './new-session.ts';
import type { Presence, PresenceDeps } from './presence.ts';
import { createPresenceEnd } from './presence-end.ts';
import { createPresenceLinks } from './presence-links.ts';
import type { PresenceCaller, PresenceSession } from './presence-session.ts';
import {
  openColumn,
  type PresenceRow,
  type SealedProof,
  selectPresence,
  selectPresenceBy,
} from './presence-store.ts';
import { readRow } from './read-row.ts';
import { createVerifyToken } from './verify-token.ts';

export function createPresence(deps: PresenceDeps): Presence {
  const { db, inTransaction, sealer, audit, clock } = deps;

  async function rowOf(caller: PresenceCaller, id: string): Promise<PresenceRow> {
    const row = await selectPresence(db, caller, id);
    if (!row) throw new Problem('NOT_FOUND', `There is no presence session with the id ${id}.`);
    if (row.lineage === caller.lineage) return row;
    throw new Problem(
      'SESSION_KEY_MISMATCH',
      'Another API key created this session: use that key, or the one it was rotated to.',
    );
  }

  async function read(caller: PresenceCaller, id: string) {
    const row = await rowOf(caller, id);
    const proof =
      row.token_sealed === null
        ? undefined
        : await openColumn<SealedProof>(sealer, row, 'token', row.token_sealed);
    return { row, proof, session: readRow(row, proof, clock.now()) };
  }

  const noteRead = ({ id, organization, world, subject }: PresenceRow, action: string, actor: Actor) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action,
        organization: organization as OrganizationId,
        target: id,
        details: { world, ...(subject !== null && { subject }) },
      }),
    );

  async function get(caller: PresenceCaller, id: string, actor: Actor): Promise<PresenceSession> {
    const { row, session } = await read(caller, id);
    if (session.state.is === 'verified') await noteRead(row, 'presence.read', actor);
    return session;
  }

  const stands: Presence['stands'] = async ({ organization, world }, { jti }) => {
    const row = await selectPresenceBy(db, 'token_id', jti);
    return row?.organization === organization && row.world === world;
  };

  return {
    create: createNewSession(deps),
    get,
    cancel: createCancelSession(deps, { rowOf, get }),
    async token(caller, id, actor) {
      const { row, proof, session } = await read(caller, id);
      if (session.state.is !== 'verified' || !proof) throw noToken(session);
      const expiresAt = row.token_expires_at!;
      if (clock.now() >= expiresAt)
        throw new Problem(
          'SESSION_EXPIRED',
          `The token of this session expired at ${time(expiresAt)}: create another session.`,
        );
      await noteRead(row, 'presence.token', actor);
      const { token, email } = proof;
      return {
        token,
        jti: row.token_id!,
        verifiedAt: session.state.at,
        expiresAt,
        ...defined({ email }),
      };
    },
    verifyToken: createVerifyToken(deps, stands),
    stands,
    links: createPresenceLinks(deps),
    end: createPresenceEnd(deps),
  };
}

function noToken({ state }: PresenceSession): Problem {
  if (state.is === 'expired')
    return new Problem('SESSION_EXPIRED', 'The session has expired: create another one.');
  if (state.is === 'pending')
    return new Problem('CONFLICT', 'The person has not been recognized yet: ask again in some seconds.');
  if (state.is === 'cancelled' && state.reason === 'another-person')
    return new Problem(
      'EMAIL_MISMATCH',
      'The session is locked to an e-mail address, and another person appeared: create another session.',
    );
  return new Problem('CONFLICT', 'The session ended without a recognized person: create another one.');
}
