import { randomFillSync } from 'node:crypto';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { describeActor } from '../audit/index.ts';
import { hashOfLink } from './link-hash.ts';
import type { Presence, PresenceDeps } from './presence.ts';
import { SESSION_LIFE, TOKEN_LIFE } from './presence-session.ts';
import { insertPresence, type PresenceRow, sealColumn } from './presence-store.ts';
import { readRow } from './read-row.ts';

export function createNewSession(deps: PresenceDeps): Presence['create'] {
  const { inTransaction, sealer, subjects, sessions, audit, ids, clock, random = randomFillSync } = deps;

  return async function create({ organization, world, lineage, profiles }, order, actor) {
    const { orgId, ttlSeconds = TOKEN_LIFE.usual, singleUse = false, ...request } = order;
    if (orgId !== organization)
      throw new Problem(
        'ORGANIZATION_MISMATCH',
        `The API key belongs to the organization ${organization}, not to the one in "orgId".`,
      );
    await sessions.requireBrowser({ organization, world }, defined({ profiles }));
    const { email } = request;
    const known = email === undefined ? undefined : await subjects.find({ organization, world }, email);
    const secret = new Uint8Array(32);
    random(secret);
    const link = Buffer.from(secret).toString('base64url');
    const now = clock.now();
    const id = ids.next('presence');
    const sealed = await sealRequest({ id, organization, world, subject: known?.id ?? null });
    const row: PresenceRow = {
      id,
      organization,
      world,
      lineage,
      created_by: describeActor(actor),
      link_hash: hashOfLink(link),
      state: 'pending',
      reason: null,
      ...sealed,
      email_hash: email === undefined ? null : sealer.emailHash(organization, email),
      ttl_seconds: ttlSeconds,
      single_use: Number(singleUse),
      created_at: now,
      expires_at: now + SESSION_LIFE,
      session: null,
      begun_at: null,
      decided_at: null,
      token_id: null,
      token_sealed: null,
      token_expires_at: null,
    };
    await inTransaction(async (tx) => {
      await insertPresence(tx, row);
      const bound = { email: email !== undefined, nonce: request.nonce !== undefined };
      const details = { world, ttlSeconds, singleUse, bound };
      await audit.add(tx, { actor, action: 'presence.create', organization, target: id, details });
    });
    return { session: readRow(row, undefined, now), link };

    /** Under the organization's own key where no such person is enrolled, or one is being erased. */
    async function sealRequest(owner: Pick<PresenceRow, 'id' | 'organization' | 'world' | 'subject'>) {
      const value = { ...defined({ ...request, profiles }), purpose: request.purpose };
      try {
        return { subject: owner.subject, request_sealed: await sealColumn(sealer, owner, 'request', value) };
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'SUBJECT_NOT_FOUND') throw error;
        const own = { ...owner, subject: null };
        return { subject: null, request_sealed: await sealColumn(sealer, own, 'request', value) };
      }
    }
  };
}
