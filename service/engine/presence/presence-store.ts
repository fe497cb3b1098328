import type { Selectable } from 'kysely';
import type { OrganizationId, PresenceId, SubjectId, World } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import { sealJson } from '../../storage/sealing/seal-json.ts';
import type { Sealer } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { CancelReason, KeptRequest } from './presence-session.ts';

export type PresenceSealer = Pick<Sealer, 'seal' | 'sealOwn' | 'openMany' | 'openOwn' | 'emailHash'>;
export type PresenceRow = Selectable<Schema['presence_session']>;

/** What is sealed beside the token. */
export interface SealedProof {
  token: string;
  email?: string;
}

type Column = 'request' | 'token';
type Owner = Pick<PresenceRow, 'id' | 'organization' | 'world' | 'subject'>;

const VERSION = 1;
const fieldOf = (row: Pick<PresenceRow, 'id'>, column: Column) => `presence_session.${column}/${row.id}`;

/** Position of a sealed column of a row that belongs to a person. */
export const placeOf = (row: Owner & { subject: string }, column: Column) => ({
  organization: row.organization as OrganizationId,
  world: row.world as World,
  subject: row.subject as SubjectId,
  field: fieldOf(row, column),
  version: VERSION,
});

/** Under the key of the row's person; under the organization's own where it has none. */
export function sealColumn(
  sealer: PresenceSealer,
  row: Owner,
  column: Column,
  value: KeptRequest | SealedProof,
): Promise<Uint8Array> | Uint8Array {
  if (row.subject !== null) return sealJson(sealer, placeOf({ ...row, subject: row.subject }, column), value);
  const place = {
    organization: row.organization as OrganizationId,
    field: fieldOf(row, column),
    version: VERSION,
  };
  return sealer.sealOwn(place, new TextEncoder().encode(JSON.stringify(value)));
}

/** Undefined once the person was erased, and for what was changed on disk. */
export async function openColumn<T>(
  sealer: PresenceSealer,
  row: Owner,
  column: Column,
  sealed: Uint8Array,
): Promise<T | undefined> {
  const plain = await plainOf();
  return plain && (JSON.parse(new TextDecoder().decode(plain)) as T);

  async function plainOf(): Promise<Uint8Array | undefined> {
    if (row.subject !== null) {
      const place = placeOf({ ...row, subject: row.subject }, column);
      const [opened] = await sealer.openMany([{ place, sealed }]);
      return opened?.is === 'open' ? opened.plain : undefined;
    }
    try {
      const organization = row.organization as OrganizationId;
      return sealer.openOwn({ organization, field: fieldOf(row, column), version: VERSION }, sealed);
    } catch {
      return undefined;
    }
  }
}

export async function insertPresence(tx: Tx, row: PresenceRow): Promise<void> {
  await tx.insertInto('presence_session').values(row).execute();
}

export const selectPresence = (
  from: Db | Tx,
  { organization, world }: { organization: OrganizationId; world: World },
  id: string,
): Promise<PresenceRow | undefined> =>
  from
    .selectFrom('presence_session')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('id', '=', id)
    .executeTakeFirst();

/** By the link's hash, the `jti`, or the live session. */
export const selectPresenceBy = (
  from: Db | Tx,
  column: 'link_hash' | 'token_id' | 'session',
  value: string,
): Promise<PresenceRow | undefined> =>
  from.selectFrom('presence_session').selectAll().where(column, '=', value).executeTakeFirst();

/** The link was used for this live session. False where it was used before, or the session is over. */
export async function updateBegun(tx: Tx, id: PresenceId, session: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('presence_session')
    .set({ session, begun_at: now })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('session', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** False where it was decided before, or is past its end; with `unopened` also where its link was used. */
export async function updateCancelled(
  tx: Tx,
  id: PresenceId,
  { reason, now, unopened = false }: { reason: CancelReason; now: number; unopened?: boolean },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('presence_session')
    .set({ state: 'cancelled', reason, decided_at: now })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('expires_at', '>', now)
    .$if(unopened, (query) => query.where('session', 'is', null))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Over before its end. */
export async function updateEnded(tx: Tx, id: PresenceId, now: number): Promise<void> {
  await tx
    .updateTable('presence_session')
    .set({ expires_at: now })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('expires_at', '>', now)
    .execute();
}

export async function updateVerified(
  tx: Tx,
  id: PresenceId,
  change: Pick<
    PresenceRow,
    'subject' | 'request_sealed' | 'decided_at' | 'token_id' | 'token_sealed' | 'token_expires_at'
  >,
): Promise<void> {
  await tx
    .updateTable('presence_session')
    .set({ state: 'verified', ...change })
    .where('id', '=', id)
    .execute();
}

/** Of an organization that is erased. */
export async function deletePresenceOf(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.deleteFrom('presence_session').where('organization', '=', organization).execute();
}
