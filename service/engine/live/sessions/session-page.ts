import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { requireSource } from '../../matching/index.ts';
import type { LinkDescription } from './link.ts';
import type { LiveSessions } from './live-sessions.ts';
import { requireAgreed } from './page-consent.ts';
import { SESSION_LIFE, type SessionParts } from './parts.ts';
import { consentColumns, type RecordingParts } from './record-session.ts';
import { beginHash, capabilityHash, over, planOf, requirePath, rulesIn, sameHash } from './session-rules.ts';
import { outcomeOf, realmOf, type SessionRow, sourceOfSession } from './session-store.ts';
import type { Sessions } from './sessions.ts';

export type Capability = { row: SessionRow; following: boolean };

/** The session of a capability. Throws MISSING_AUTH. */
export const createCapabilities =
  ({ store }: Pick<SessionParts, 'store'>) =>
  async (token: string): Promise<Capability> => {
    const hash = capabilityHash(token);
    const row = await store.byTokenHash(hash);
    if (row && sameHash(hash, row.token_hash)) return { row, following: false };
    if (row && sameHash(hash, row.follower_hash)) return { row, following: true };
    throw over();
  };

type PageSide = Pick<
  Sessions,
  'holder' | 'idOf' | 'describe' | 'open' | 'deny' | 'connect' | 'finalizeByToken'
>;

/** What the capability of a browser does. */
export function createPageSide(
  parts: RecordingParts,
  live: LiveSessions,
  find: (token: string) => Promise<Capability>,
): PageSide {
  const { store } = parts;

  /** Of the browser that has the session, not of one that follows. */
  async function own(token: string): Promise<SessionRow> {
    const { row, following } = await find(token);
    if (following) throw new Problem('CONFLICT', 'The session was handed over to another device.');
    return live.fresh(row.id);
  }

  return {
    ...consenting(parts, live, { find, own }),
    async holder(token) {
      const hash = capabilityHash(token);
      const row = await store.byTokenHash(hash);
      if (!row || !sameHash(hash, row.token_hash)) return undefined;
      const { id, realm, flow, browserOrigins, page } = await parts.sealed.whole(row);
      const agreed = row.consent_at !== null;
      return { id, realm, flow, browserOrigins, agreed, collects: page.behavior === true };
    },
    idOf: async (token) => (await find(token)).row.id,
    async describe(token) {
      const { row, following } = await find(token);
      return describeSession(parts, await live.fresh(row.id), following);
    },

    async connect(token, order) {
      const row = await own(token);
      if (row.consent_at === null && row.decision === null)
        throw new Problem(
          'CONFLICT',
          'The person has not agreed yet: no frame is taken before (POST /api/live/begin).',
        );
      return live.connect(row, order);
    },

    async finalizeByToken(token) {
      const { row } = await find(token);
      return finalizeRow(parts, live, row.id);
    },
  };
}

/** What the person agrees to, or does not. */
function consenting(
  parts: RecordingParts,
  live: LiveSessions,
  { find, own }: { find(token: string): Promise<Capability>; own(token: string): Promise<SessionRow> },
): Pick<Sessions, 'open' | 'deny'> {
  const { store, sealed, clock, record, inTransaction, turns } = parts;

  return {
    async open(token, { request, ...order }) {
      const { consent, path, device } = order;
      const begin = beginHash(order);
      const { row } = await find(token);
      return turns(row.id, async () => {
        const before = await own(token);
        requireUndecided(before);
        if (before.consent_at !== null) {
          // The answer to the first time was lost.
          if (begin !== null && sameHash(begin, before.follower_hash))
            return { sessionId: row.id, token, expiresAt: before.expires_at };
          throw new Problem('CONFLICT', 'This session was begun in another browser.');
        }
        const opened = await sealed.whole(before);
        const agreed = requireAgreed(opened.page, consent);
        const { profile } = await planOf(parts, opened);
        requireSource(profile, sourceOfSession(before));
        requirePath(path, rulesIn(before.flow, profile, parts.challenges).withoutMotion);
        const now = clock.now();
        const expiresAt = Math.min(before.expires_at, now + SESSION_LIFE);
        const change = {
          ...consentColumns({ consent: agreed, path }, now),
          expires_at: expiresAt,
          follower_hash: begin,
          device_sealed: await sealed.seal(before, 'device', device),
        };
        await inTransaction(async (tx) => {
          if (!(await record.opened(tx, before, { consent: agreed, path, request }, change))) throw over();
        });
        return { sessionId: row.id, token, expiresAt };
      });
    },

    // Also on the computer that handed over: it is the same person.
    async deny(token, request) {
      const { row } = await find(token);
      await live.settled(row.id);
      return turns(row.id, async () => {
        const before = await live.fresh((await find(token)).row.id);
        if (!isOver(before)) {
          const opened = await sealed.whole(before);
          const agreed = before.consent_at !== null;
          const outcome = {
            ...outcomeOf(before),
            reasons: [agreed ? 'CANCELLED_BY_PERSON' : 'CONSENT_DENIED'],
          };
          await inTransaction((tx) =>
            record.decided(tx, before, opened, {
              decision: agreed ? 'cancelled' : 'rejected',
              outcome,
              actor: { is: 'session', session: row.id },
              ...defined({ request }),
            }),
          );
          live.drop(row.id);
        }
        const after = (await store.byId(row.id)) ?? before;
        return defined({ redirect: (await sealed.result(after)).redirect, reference: row.id });
      });
    },
  };
}

/** Nothing more is asked of the person: decided, or a reviewer looks at it. */
export const isOver = (row: Pick<SessionRow, 'decision' | 'held_until'>) =>
  row.decision !== null || row.held_until !== null;

/** The decision, once there is one. Throws CONFLICT before the person has finished. */
export async function finalizeRow(parts: RecordingParts, live: LiveSessions, id: string) {
  await live.settled(id);
  const row = await live.fresh(id);
  if (!isOver(row))
    throw new Problem('CONFLICT', 'The person has not finished yet: the session has no decision.');
  return parts.sealed.result(row);
}

export function requireUndecided(row: SessionRow): void {
  if (row.decision === 'expired')
    throw new Problem('SESSION_EXPIRED', 'The time of this session is over: ask for a new link.');
  if (isOver(row)) throw new Problem('CONFLICT', 'This session has its decision already.');
}

export async function describeSession(
  parts: RecordingParts,
  row: SessionRow,
  following: boolean,
): Promise<LinkDescription> {
  const { organization, world } = realmOf(row);
  const { page, browserOrigins, testOutcome } = await parts.sealed.whole(row);
  const ended = isOver(row);
  const { profile } = await planOf(parts, { realm: realmOf(row), profile: row.profile });
  return {
    realm: { organization, world },
    state: ended ? 'ended' : following || row.consent_at !== null ? 'taken' : 'ready',
    flow: row.flow as LinkDescription['flow'],
    organization: await parts.organizations.brandingOf(organization),
    page,
    profile: row.profile,
    steps: parts.challenges.rules(profile).count,
    withoutMotion: rulesIn(row.flow, profile, parts.challenges).withoutMotion,
    expiresAt: row.expires_at,
    test: world === 'test',
    ...defined({ testOutcome }),
    openerOrigins: browserOrigins,
    ...(ended ? { result: await parts.sealed.result(row) } : {}),
  };
}
