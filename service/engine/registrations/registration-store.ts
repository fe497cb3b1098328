import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, RegistrationId, SessionId, SubjectId, World } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { OwnPlace, SealedPlace, Sealer } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

import type { Realm } from '../subjects/index.ts';
import type {
  DataRequest,
  FailureCode,
  Registration,
  RegistrationRequest,
  RegistrationState,
  WholeRegistration,
} from './registration.ts';

export type RegistrationRow = Selectable<Schema['registration']>;
export type RegistrationSealer = Pick<Sealer, 'seal' | 'sealOwn' | 'openOwn' | 'emailHash'>;

const VERSION = 1;
const encoder = new TextEncoder();

const fieldOf = (id: string) => `registration.request/${id}`;
const ownPlace = (row: Pick<RegistrationRow, 'id' | 'organization'>): OwnPlace => ({
  organization: row.organization as OrganizationId,
  field: fieldOf(row.id),
  version: VERSION,
});
/** Once the person is known. */
export const requestPlace = (
  row: Pick<RegistrationRow, 'id' | 'organization' | 'world'>,
  subject: string,
): SealedPlace => ({
  organization: row.organization as OrganizationId,
  world: row.world as World,
  subject: subject as SubjectId,
  field: fieldOf(row.id),
  version: VERSION,
});

/** What is written at the end. */
export interface Ending {
  state: Exclude<RegistrationState, 'pending'>;
  at: number;
  failure?: FailureCode;
  humanness?: number;
  humanId?: string;
  /** The person, under whose key the request is sealed from now on. */
  subject?: SubjectId;
}

/** The table `registration`. */
export function createRegistrationStore({ db, sealer }: { db: Db; sealer: RegistrationSealer }) {
  /** A reference is compared as it is, in its case; the keyed hash is over its digest, because addresses are normalized. */
  const hashOf = ({ organization }: Realm, reference: string) =>
    sealer.emailHash(organization, `reference:${createHash('sha256').update(reference).digest('hex')}`);
  const rows = (from: Db | Tx) => from.selectFrom('registration').selectAll();
  /** Of a user who is not known yet. */
  const open = (row: RegistrationRow): WholeRegistration => ({
    ...fromRow(row),
    request: JSON.parse(
      new TextDecoder().decode(sealer.openOwn(ownPlace(row), row.request_sealed)),
    ) as RegistrationRequest,
  });

  return {
    async insert(tx: Tx, registration: WholeRegistration, tokenHash: string): Promise<void> {
      const { id, realm, request } = registration;
      await tx
        .insertInto('registration')
        .values({
          id,
          ...realm,
          token_hash: tokenHash,
          reference_hash: hashOf(realm, request.reference),
          request_sealed: sealer.sealOwn(ownPlace({ id, ...realm }), encoder.encode(JSON.stringify(request))),
          region: registration.region,
          data_request: registration.dataRequest,
          created_at: registration.createdAt,
          created_by: registration.createdBy,
          expires_at: registration.expiresAt,
          status: registration.state,
        })
        .execute();
    },
    /** The newest of the user that no other replaced. */
    async newest(
      from: Db | Tx | undefined,
      realm: Realm,
      reference: string,
    ): Promise<Registration | undefined> {
      const row = await rows(from ?? db)
        .where('organization', '=', realm.organization)
        .where('world', '=', realm.world)
        .where('reference_hash', '=', hashOf(realm, reference))
        .where('status', '!=', 'replaced')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    async byToken(tokenHash: string): Promise<WholeRegistration | Registration | undefined> {
      const row = await rows(db).where('token_hash', '=', tokenHash).executeTakeFirst();
      return row && (row.subject === null ? open(row) : fromRow(row));
    },
    /** One that waits for the end of its session. */
    async waiting(tx: Tx, session: SessionId): Promise<WholeRegistration | undefined> {
      const row = await rows(tx)
        .where('session', '=', session)
        .where('status', '=', 'pending')
        .executeTakeFirst();
      return row && open(row);
    },
    /** Invitations that were not opened in time. */
    async due(now: number, limit: number): Promise<Registration[]> {
      const found = await rows(db)
        .where('status', '=', 'pending')
        .where('expires_at', '<=', now)
        .where('opened_at', 'is', null)
        .orderBy('expires_at')
        .limit(limit)
        .execute();
      return found.map(fromRow);
    },
    ...registrationChanges,
    end: createEnd(sealer),
  };
}

const registrationChanges = {
  /** False when another browser was first, or the invitation is over. */
  async take(tx: Tx, id: RegistrationId, now: number): Promise<boolean> {
    const { numUpdatedRows } = await tx
      .updateTable('registration')
      .set({ opened_at: now })
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .where('opened_at', 'is', null)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
  async setSession(tx: Tx, id: RegistrationId, session: SessionId): Promise<void> {
    await tx.updateTable('registration').set({ session }).where('id', '=', id).execute();
  },
  async removeOf(tx: Tx, organization: OrganizationId): Promise<void> {
    await tx.deleteFrom('registration').where('organization', '=', organization).execute();
  },
};

/** False for one that has ended; `unopened`: also for one that was opened. */
function createEnd(sealer: RegistrationSealer) {
  return async function end(
    tx: Tx,
    { id, realm }: Registration,
    { state, at, failure, humanness, humanId, subject }: Ending,
    { request, unopened = false }: { request?: RegistrationRequest; unopened?: boolean } = {},
  ): Promise<boolean> {
    const resealed =
      subject !== undefined && request !== undefined
        ? {
            subject,
            request_sealed: await sealer.seal(
              requestPlace({ id, ...realm }, subject),
              encoder.encode(JSON.stringify(request)),
            ),
          }
        : {};
    const { numUpdatedRows } = await tx
      .updateTable('registration')
      .set({
        status: state,
        completed_at: at,
        failure_code: failure ?? null,
        ...resealed,
        humanness_score: humanness ?? null,
        unique_human: humanId ?? null,
      })
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .$if(unopened, (query) => query.where('opened_at', 'is', null))
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  };
}

export type RegistrationStore = ReturnType<typeof createRegistrationStore>;

const fromRow = (row: RegistrationRow): Registration => ({
  id: row.id as RegistrationId,
  realm: { organization: row.organization as OrganizationId, world: row.world as World },
  region: row.region,
  dataRequest: row.data_request as DataRequest,
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  state: row.status as RegistrationState,
  ...defined({
    session: (row.session ?? undefined) as SessionId | undefined,
    openedAt: row.opened_at ?? undefined,
    failure: (row.failure_code ?? undefined) as FailureCode | undefined,
    humanness: row.humanness_score ?? undefined,
    humanId: row.unique_human ?? undefined,
    completedAt: row.completed_at ?? undefined,
  }),
});
