import type { Insertable, Selectable, Updateable } from 'kysely';
import type { OrganizationId, SessionId, SubjectId, VerificationId, World } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from '../subjects/index.ts';
import type { Session, SessionDecision, SessionFlow, SessionState } from './session.ts';
import type { SessionPageOrder } from './sessions.ts';

export type SessionRow = Selectable<Schema['live_session']>;
export type NewSessionRow = Insertable<Schema['live_session']>;
export type SessionChange = Updateable<Schema['live_session']>;

/** The column `outcome`: everything about the end that names no person. */
export type StoredOutcome = Pick<
  Session,
  'reasons' | 'liveness' | 'risk' | 'counted' | 'challengesCompleted' | 'processingTimeMs'
> & {
  composite?: number;
  otherPerson?: true;
  models?: Record<string, string>;
  /** Between two attempts: what the person is advised. */
  notPassed?: string;
};

export const outcomeOf = ({ outcome }: Pick<SessionRow, 'outcome'>): StoredOutcome =>
  outcome === null
    ? { reasons: [], challengesCompleted: 0, processingTimeMs: 0 }
    : (JSON.parse(outcome) as StoredOutcome);

export const realmOf = ({ organization, world }: Pick<SessionRow, 'organization' | 'world'>): Realm => ({
  organization: organization as OrganizationId,
  world: world as World,
});

export function sessionOf(row: SessionRow): Session {
  const { composite: _c, otherPerson: _o, models: _m, notPassed: _n, ...outcome } = outcomeOf(row);
  return {
    id: row.id as SessionId,
    realm: realmOf(row),
    flow: row.flow as SessionFlow,
    state: row.state as SessionState,
    profile: row.profile,
    match: row.matching as Session['match'],
    createdBy: row.actor,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    attempts: row.attempts,
    held: row.decision === null && row.held_until !== null,
    ...outcome,
    ...(row.opened_at === null ? {} : { openedAt: row.opened_at }),
    ...(row.consent_version === null || row.consent_at === null
      ? {}
      : { consent: { version: row.consent_version, at: row.consent_at } }),
    ...(row.flash === null || row.motion === null
      ? {}
      : { path: { flash: row.flash === 1, motion: row.motion === 1 } }),
    ...(row.running_since === null ? {} : { runningSince: row.running_since }),
    ...(row.decision === null ? {} : { decision: row.decision as SessionDecision }),
    ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
    ...(row.verification === null ? {} : { verification: row.verification as VerificationId }),
    ...(row.subject === null ? {} : { subject: row.subject as SubjectId }),
  };
}

/** The table `live_session`. */
export const createSessionStore = ({ db }: { db: Db }) => ({ ...reads(db), ...writes });

function reads(db: Db) {
  return {
    byId: (id: string, tx?: Tx): Promise<SessionRow | undefined> =>
      (tx ?? db).selectFrom('live_session').selectAll().where('id', '=', id).executeTakeFirst(),
    inRealm: ({ organization, world }: Realm, id: string): Promise<SessionRow | undefined> =>
      db
        .selectFrom('live_session')
        .selectAll()
        .where('id', '=', id)
        .where('organization', '=', organization)
        .where('world', '=', world)
        .executeTakeFirst(),
    /** By the capability, or as the device that handed it over. */
    byTokenHash: (hash: string): Promise<SessionRow | undefined> =>
      db
        .selectFrom('live_session')
        .selectAll()
        .where((eb) => eb.or([eb('token_hash', '=', hash), eb('follower_hash', '=', hash)]))
        .executeTakeFirst(),
    page: (
      { organization, world }: Realm,
      { state, flow, decision, before, limit }: SessionPageOrder,
    ): Promise<SessionRow[]> =>
      db
        .selectFrom('live_session')
        .selectAll()
        .where('organization', '=', organization)
        .where('world', '=', world)
        .$if(state !== undefined, (query) => query.where('state', '=', state!))
        .$if(flow !== undefined, (query) => query.where('flow', '=', flow!))
        .$if(decision !== undefined, (query) => query.where('decision', '=', decision!))
        .$if(before !== undefined, (query) => query.where('id', '<', before!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    /** Undecided ones whose time, or the time of their review, is over. */
    due: (now: number, limit: number): Promise<SessionRow[]> =>
      db
        .selectFrom('live_session')
        .selectAll()
        .where('decision', 'is', null)
        .where('expires_at', '<=', now)
        .where((eb) => eb.or([eb('held_until', 'is', null), eb('held_until', '<=', now)]))
        .orderBy('expires_at')
        .limit(limit)
        .execute(),
    /** Whose attempt was in progress. */
    running: (): Promise<SessionRow[]> =>
      db
        .selectFrom('live_session')
        .selectAll()
        .where('decision', 'is', null)
        .where('running_since', 'is not', null)
        .execute(),
  };
}

const writes = {
  insert: async (tx: Tx, row: NewSessionRow): Promise<void> => {
    await tx.insertInto('live_session').values(row).execute();
  },
  /** False, and nothing changed, once the session is decided. */
  async changeUndecided(tx: Tx, id: string, change: SessionChange): Promise<boolean> {
    const { numUpdatedRows } = await tx
      .updateTable('live_session')
      .set(change)
      .where('id', '=', id)
      .where('decision', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  },
  /** Counts an attempt. False where there is none left, one is in progress, or the session is decided or held. */
  async beginAttempt(tx: Tx, id: string, { now, most }: { now: number; most: number }): Promise<boolean> {
    const { numUpdatedRows } = await tx
      .updateTable('live_session')
      .set((of) => ({
        attempts: of('attempts', '+', 1),
        running_since: now,
        state: 'processing',
      }))
      .where('id', '=', id)
      .where('decision', 'is', null)
      .where('held_until', 'is', null)
      .where('running_since', 'is', null)
      .where('consent_at', 'is not', null)
      .where('expires_at', '>', now)
      .where('attempts', '<', most)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  },
  async setAnswer(tx: Tx, id: string, answer: Uint8Array): Promise<void> {
    await tx.updateTable('live_session').set({ answer_sealed: answer }).where('id', '=', id).execute();
  },
};

export type SessionStore = ReturnType<typeof createSessionStore>;
