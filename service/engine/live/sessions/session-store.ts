import type { Insertable, Selectable, Updateable } from 'kysely';
import type { OrganizationId, SessionId, SubjectId, VerificationId, World } from '../../../lib/id.ts';
import { endsIn } from '../../../storage/id-end.ts';
import { isSound, macOf, type RowIntegrity } from '../../../storage/keys/protected-tables.ts';
import { changesRow, countRows } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type Foundation, readActor } from '../../audit/index.ts';
import type { Purpose } from '../../consent/index.ts';
import { type CaptureSource, sourceOfFrames, type TryAgain } from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import type { Session, SessionDecision, SessionFlow, SessionState, SessionWait } from './session.ts';
import type { SessionPageRequest } from './sessions.ts';

export type SessionRow = Selectable<Schema['live_session']>;
export type NewSessionRow = Insertable<Schema['live_session']>;
/** Newest sessions whose steps are not asked for again: a third of the sequences of `default`. */
const NOT_ASKED_AGAIN = 40;

export type SessionChange = Updateable<Schema['live_session']>;

/** The column `outcome`: everything about the end that names no person. */
export type StoredOutcome = Pick<
  Session,
  'reasons' | 'liveness' | 'risk' | 'counted' | 'challengesCompleted' | 'processingTimeMs' | 'testOutcome'
> & {
  composite?: number;
  otherPerson?: true;
  models?: Record<string, string>;
  /** Between two attempts: what the person is advised. */
  notPassed?: TryAgain;
  /** It was passed without motion of the head, or before a suspect camera, or its evidence did not suffice, and a person decides. */
  waits?: Exclude<SessionWait, 'uniqueness'>;
  /** Of reviewers, where two have to agree. */
  votes?: SessionVote[];
};

/** What one of the reviewers wants. */
export interface SessionVote {
  by: string;
  approve: boolean;
  at: number;
}

export const outcomeOf = ({ outcome }: Pick<SessionRow, 'outcome'>): StoredOutcome =>
  outcome === null
    ? { reasons: [], challengesCompleted: 0, processingTimeMs: 0 }
    : (JSON.parse(outcome) as StoredOutcome);

/** Of the last attempt that ended, in their order. */
const stepsDone = (row: SessionRow): string[] =>
  (outcomeOf(row).liveness?.evidence ?? []).flatMap(({ kind }) =>
    kind.startsWith('step:') ? [kind.slice('step:'.length)] : [],
  );

export const realmOf = ({ organization, world }: Pick<SessionRow, 'organization' | 'world'>): Realm => ({
  organization: organization as OrganizationId,
  world: world as World,
});

/** Where the frames of a session come from. */
export const sourceOfSession = ({ actor }: Pick<SessionRow, 'actor'>): CaptureSource =>
  sourceOfFrames(readActor(actor));

export function sessionOf(row: SessionRow): Session {
  const {
    composite: _c,
    otherPerson: _o,
    models: _m,
    notPassed: _n,
    waits,
    votes: _v,
    ...outcome
  } = outcomeOf(row);
  const held = row.decision === null && row.held_until !== null;
  return {
    id: row.id as SessionId,
    realm: realmOf(row),
    flow: row.flow as SessionFlow,
    state: row.state as SessionState,
    profile: row.profile,
    match: row.matching as Session['match'],
    createdBy: row.actor,
    source: sourceOfSession(row),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    attempts: row.attempts,
    held,
    ...(held && { waitsFor: waits ?? 'uniqueness', heldUntil: row.held_until! }),
    ...outcome,
    ...(row.opened_at === null ? {} : { openedAt: row.opened_at }),
    ...(row.consent_version === null || row.consent_at === null
      ? {}
      : {
          consent: {
            version: row.consent_version,
            at: row.consent_at,
            ...(row.consent_purposes !== null && { purposes: JSON.parse(row.consent_purposes) as Purpose[] }),
          },
        }),
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

export type SessionIntegrity = RowIntegrity;

export interface SessionStoreDeps extends Pick<Foundation, 'db' | 'log'> {
  integrity: SessionIntegrity;
}

/** The table `live_session`. A row that was changed by other means than these is no session: it is logged and left out. */
export const createSessionStore = (deps: SessionStoreDeps) => {
  const checks = createChecks(deps);
  const read = reads(deps.db, checks);
  return { ...read, ...writes(read.byId, checks) };
};

function createChecks({ integrity, log }: SessionStoreDeps) {
  const isOwn = (row: SessionRow): boolean => {
    if (isSound(integrity, 'live_session', row)) return true;
    log.error({ session: row.id }, 'the row of a live session was changed outside of Gatehouse');
    return false;
  };
  return {
    isOwn,
    one: (row: SessionRow | undefined) => (row && isOwn(row) ? row : undefined),
    sign: (row: Partial<SessionRow>) => macOf(integrity, 'live_session', row),
  };
}
type RowChecks = ReturnType<typeof createChecks>;

/** Sessions of one organization and world that are ended before it is the turn of the next. */
const IN_TURN = 10;

/** Whose turn it is, and its last session of the turn before. */
interface DueTurn {
  realm: Realm;
  after?: Pick<SessionRow, 'id' | 'expires_at'>;
}

/** Those that have due sessions; some of these may be held. The live world first. */
async function turnsOf(db: Db, now: number): Promise<DueTurn[]> {
  const turns: DueTurn[] = [];
  for (const world of ['live', 'test'] as const) {
    const rows = await db
      .selectFrom('organization')
      .select('organization.id')
      // One row of each: PostgreSQL would make a join of `exists`, which reads all that are due.
      .where(
        ({ selectFrom }) =>
          selectFrom('live_session')
            .select('live_session.id')
            .whereRef('live_session.organization', '=', 'organization.id')
            .where('live_session.world', '=', world)
            .where('live_session.decision', 'is', null)
            .where('live_session.expires_at', '<=', now)
            .limit(1),
        'is not',
        null,
      )
      .orderBy('organization.id')
      .execute();
    turns.push(...rows.map(({ id }) => ({ realm: { organization: id as OrganizationId, world } })));
  }
  return turns;
}

const dueIn = (db: Db, { organization, world }: Realm, now: number, after: DueTurn['after']) =>
  db
    .selectFrom('live_session')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('decision', 'is', null)
    .where('expires_at', '<=', now)
    .where((eb) => eb.or([eb('held_until', 'is', null), eb('held_until', '<=', now)]))
    .$if(after !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('expires_at', 'id'), '>', tuple(after!.expires_at, after!.id)),
      ),
    )
    .orderBy('expires_at')
    .orderBy('id')
    .limit(IN_TURN)
    .execute();

/** Sessions of a realm that were passed and wait for a person who decides; those of a uniqueness scope are in its own queue. */
export const countWaitingSessions = (db: Db, { organization, world }: Realm): Promise<number> =>
  db
    .selectFrom('live_session')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('decision', 'is', null)
    .where('held_until', 'is not', null)
    .where('outcome', 'like', '%"waits":"%')
    .$call(countRows);

/** Of an organization that is erased: what is sealed in them opens no more. */
export async function deleteSessionsOf(tx: Tx, organization: OrganizationId): Promise<void> {
  for (const table of ['live_session', 'live_movement', 'live_frame'] as const)
    await tx.deleteFrom(table).where('organization', '=', organization).execute();
}

function reads(db: Db, { isOwn, one }: RowChecks) {
  return {
    byId: async (id: string, tx?: Tx): Promise<SessionRow | undefined> =>
      one(await (tx ?? db).selectFrom('live_session').selectAll().where('id', '=', id).executeTakeFirst()),
    inRealm: async ({ organization, world }: Realm, id: string): Promise<SessionRow | undefined> =>
      one(
        await db
          .selectFrom('live_session')
          .selectAll()
          .where('id', '=', id)
          .where('organization', '=', organization)
          .where('world', '=', world)
          .executeTakeFirst(),
      ),
    /** By the capability, or as the device that handed it over. */
    byTokenHash: async (hash: string): Promise<SessionRow | undefined> =>
      one(
        await db
          .selectFrom('live_session')
          .selectAll()
          .where((eb) => eb.or([eb('token_hash', '=', hash), eb('follower_hash', '=', hash)]))
          .executeTakeFirst(),
      ),
    /** Sequences of steps that were done in the newest sessions for the same address that asked for some, and in this one. */
    stepsBefore: async (row: SessionRow): Promise<string[][]> => {
      const { organization, world, email_hash: address } = row;
      const others =
        address === null
          ? []
          : await db
              .selectFrom('live_session')
              .selectAll()
              .where('email_hash', '=', address)
              .where('organization', '=', organization)
              .where('world', '=', world)
              .where('outcome', 'like', '%"step:%')
              .orderBy('id', 'desc')
              .limit(NOT_ASKED_AGAIN)
              .execute();
      return [row, ...others.filter(isOwn)].map(stepsDone);
    },
    page: async (
      { organization, world }: Realm,
      { state, flow, decision, held, reference, person, before, limit }: SessionPageRequest,
    ): Promise<SessionRow[]> => {
      const rows = await db
        .selectFrom('live_session')
        .selectAll()
        .where('organization', '=', organization)
        .where('world', '=', world)
        .$if(state !== undefined, (query) => query.where('state', '=', state!))
        .$if(flow !== undefined, (query) => query.where('flow', '=', flow!))
        .$if(held === true, (query) =>
          query.where('decision', 'is', null).where('held_until', 'is not', null),
        )
        .$if(reference !== undefined, (query) => query.where(endsIn(reference!)))
        .$if(person !== undefined, (query) => query.where('subject', '=', person!))
        .$if(decision !== undefined, (query) => query.where('decision', '=', decision!))
        .$if(before !== undefined, (query) => query.where('id', '<', before!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.filter(isOwn);
    },
    /**
     * Undecided ones whose time, or the time of their review, is over: some of each organization in turn, those of the live world first, and
     * of each the oldest first, so that none waits for the many of another. `goesOn`: asked when each had its turn.
     */
    async *due(now: number, goesOn: () => boolean): AsyncGenerator<SessionRow[]> {
      let turns: DueTurn[] = await turnsOf(db, now);
      while (turns.length > 0 && goesOn()) {
        const next: DueTurn[] = [];
        for (const { realm, after } of turns) {
          const rows = await dueIn(db, realm, now, after);
          yield rows.filter(isOwn);
          if (rows.length === IN_TURN) next.push({ realm, after: rows.at(-1)! });
        }
        turns = next;
      }
    },
    /** Whose attempt was in progress, by which run. */
    running: async (): Promise<SessionRow[]> => {
      const rows = await db
        .selectFrom('live_session')
        .selectAll()
        .where('decision', 'is', null)
        .where('running_since', 'is not', null)
        .orderBy('running_since')
        .execute();
      return rows.filter(isOwn);
    },
  };
}

function writes(byId: (id: string, tx: Tx) => Promise<SessionRow | undefined>, { sign }: RowChecks) {
  async function change(tx: Tx, row: SessionRow, change: SessionChange): Promise<boolean> {
    const changed = change.running_since === null ? { ...change, running_by: null } : change;
    const mac = sign({ ...row, ...changed } as SessionRow);
    return tx
      .updateTable('live_session')
      .set({ ...changed, mac })
      .where('id', '=', row.id)
      .where('decision', 'is', null)
      .$call(changesRow);
  }

  return {
    insert: async (tx: Tx, row: NewSessionRow): Promise<void> => {
      await tx
        .insertInto('live_session')
        .values({ ...row, mac: sign(row as Partial<SessionRow>) })
        .execute();
    },
    /** False, and nothing changed, once the session is decided. */
    async changeUndecided(tx: Tx, id: string, changed: SessionChange): Promise<boolean> {
      const row = await byId(id, tx);
      return row !== undefined && row.decision === null && change(tx, row, changed);
    },
    /** Counts an attempt. False where there is none left, one is in progress, or the session is decided or held. */
    async beginAttempt(
      tx: Tx,
      id: string,
      { now, by, most }: { now: number; by: string; most: number },
    ): Promise<boolean> {
      const row = await byId(id, tx);
      const isOpen =
        row?.decision === null &&
        row.held_until === null &&
        row.running_since === null &&
        row.consent_at !== null &&
        row.expires_at > now &&
        row.attempts < most;
      if (!isOpen) return false;
      const begun = { running_since: now, running_by: by, state: 'processing' };
      return change(tx, row, { ...begun, attempts: row.attempts + 1 });
    },
    async setAnswer(tx: Tx, id: string, answer: Uint8Array): Promise<void> {
      await tx.updateTable('live_session').set({ answer_sealed: answer }).where('id', '=', id).execute();
    },
  };
}

export type SessionStore = ReturnType<typeof createSessionStore>;
