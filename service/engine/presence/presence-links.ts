import { defined } from '../../lib/defined.ts';
import type { OrganizationId, PresenceId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { readActor } from '../audit/index.ts';
import {
  type LinkDescription,
  type LinkResolver,
  pageConsent,
  type SessionMatch,
  type SessionPage,
} from '../sessions/index.ts';
import { hashOfLink } from './link-hash.ts';
import type { PresenceDeps } from './presence.ts';
import type { KeptRequest, PresenceRequest, PresenceState } from './presence-session.ts';
import {
  openColumn,
  type PresenceRow,
  selectPresenceBy,
  updateBegun,
  updateCancelled,
} from './presence-store.ts';
import { readRow } from './read-row.ts';

/** The page of a link. Only `begin` and `deny` change anything: mail and chat previews open links. */
export function createPresenceLinks(deps: PresenceDeps): LinkResolver {
  const { clock } = deps;
  const { find, pageOf, requestOf, originsOf } = createLinkReading(deps);
  return {
    async describe(link) {
      const row = await find(link);
      const { state } = readRow(row, undefined, clock.now());
      const request = await requestOf(row);
      const { page } = await pageOf(row, request);
      return {
        realm: realmOf(row),
        state: stateOf(state),
        flow: 'presence',
        organization: await deps.organizations.lookOf(realmOf(row).organization),
        page,
        ...defined({ profiles: request.profiles }),
        expiresAt: row.expires_at,
        test: row.world === 'test',
        openerOrigins: await originsOf(row),
      };
    },
    begin: createBegin(deps),
    deny: createDeny(deps),
    async originsOf(link) {
      const row = await selectPresenceBy(deps.db, 'link_hash', hashOfLink(link));
      return row ? originsOf(row) : [];
    },
  };
}

function stateOf(state: PresenceState): LinkDescription['state'] {
  if (state.is === 'pending') return state.begun ? 'taken' : 'ready';
  return state.is === 'expired' ? 'ended' : 'finished';
}

function createLinkReading({ db, sealer, access, organizations, clock }: PresenceDeps) {
  const unknown = () => new Problem('NOT_FOUND', 'This link leads nowhere: ask for a new one.');

  async function find(link: string): Promise<PresenceRow> {
    const row = await selectPresenceBy(db, 'link_hash', hashOfLink(link));
    if (row) return row;
    throw unknown();
  }
  return {
    find,
    originsOf: (row: PresenceRow) => access.originsOf(realmOf(row).organization, readActor(row.created_by)),
    /** Throws unless the link waits to be used. */
    async findReady(link: string): Promise<PresenceRow> {
      const row = await find(link);
      const { state } = readRow(row, undefined, clock.now());
      if (state.is === 'expired')
        throw new Problem('SESSION_EXPIRED', 'This link has expired: ask for a new one.');
      if (state.is !== 'pending' || state.begun) throw used();
      return row;
    },
    async requestOf(row: PresenceRow): Promise<KeptRequest> {
      const request = await openColumn<KeptRequest>(sealer, row, 'request', row.request_sealed);
      if (request) return request;
      throw unknown();
    },
    async pageOf(row: PresenceRow, request: PresenceRequest): Promise<{ page: SessionPage }> {
      const { name } = await organizations.get(realmOf(row).organization);
      const consent = pageConsent(name, matchOf(request));
      return { page: { purpose: request.purpose, consent } };
    },
  };
}

/** The link's one use, with the live session that it opens. */
function createBegin(deps: PresenceDeps): LinkResolver['begin'] {
  const { inTransaction, sessions, audit, clock } = deps;
  const { findReady, pageOf, requestOf, originsOf } = createLinkReading(deps);
  return async function begin(link, { consent, path, device, request }) {
    const row = await findReady(link);
    const asked = await requestOf(row);
    const realm = realmOf(row);
    const { page } = await pageOf(row, asked);
    const prepared = await sessions.prepare({
      flow: 'presence',
      realm,
      page,
      expiresAt: row.expires_at,
      actor: readActor(row.created_by),
      browserOrigins: await originsOf(row),
      match: matchOf(asked),
      opened: { consent, path, device },
      ...defined({ profiles: asked.profiles, request }),
    });
    const { id: sessionId, token, expiresAt } = prepared;
    await inTransaction(async (tx) => {
      if (!(await updateBegun(tx, row.id as PresenceId, sessionId, clock.now()))) throw used();
      await prepared.write(tx);
      await audit.add(tx, {
        actor: { is: 'session', session: sessionId },
        action: 'presence.begin',
        organization: realm.organization,
        target: row.id,
        ...defined({ request }),
        details: { world: realm.world, session: sessionId },
      });
    });
    return { sessionId, token, expiresAt };
  };
}

/** The person does not agree. */
function createDeny(deps: PresenceDeps): LinkResolver['deny'] {
  const { inTransaction, audit, clock } = deps;
  const { findReady } = createLinkReading(deps);
  return async function deny(link, { request }) {
    const row = await findReady(link);
    await inTransaction(async (tx) => {
      const order = { reason: 'declined', now: clock.now(), unopened: true } as const;
      if (!(await updateCancelled(tx, row.id as PresenceId, order))) throw used();
      await audit.add(tx, {
        actor: { is: 'session', session: row.id },
        action: 'presence.decline',
        organization: realmOf(row).organization,
        target: row.id,
        ...defined({ request }),
        details: { world: row.world },
      });
    });
    return {};
  };
}

const used = () => new Problem('CONFLICT', 'This link was used already: ask for a new one.');
const realmOf = (row: PresenceRow) => ({
  organization: row.organization as OrganizationId,
  world: row.world as World,
});
const matchOf = ({ email }: PresenceRequest): SessionMatch => (email === undefined ? 'any' : { email });
