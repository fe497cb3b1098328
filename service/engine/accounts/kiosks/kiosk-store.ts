import type { Selectable } from 'kysely';
import type { AdministratorId, KioskId, OrganizationId, World } from '../../../lib/id.ts';
import { normalizeEmail } from '../../../storage/email-address.ts';
import { isSound, updateProtected, withMac } from '../../../storage/keys/protected-tables.ts';
import { changesRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import { fingerprintOf, type Kiosk, MOST_TRIES } from './kiosk.ts';

/** Detects rows that a writer of the database without keys made or changed. */
export type KioskIntegrity = RowIntegrity;

export { normalizeEmail };

type Row = Selectable<Schema['kiosk']>;

/** With the key that its sessions are opened with. */
export interface KnownKiosk extends Kiosk {
  publicKey: string;
}

function fromRow(row: Row): KnownKiosk {
  return {
    id: row.id as KioskId,
    organization: row.organization as OrganizationId,
    world: row.world as World,
    name: row.name,
    publicKey: row.public_key,
    fingerprint: fingerprintOf(row.public_key),
    pairedAt: row.paired_at,
    pinLocked: row.pin_failures >= MOST_TRIES,
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
    ...(row.last_seen_at === null ? {} : { lastSeenAt: row.last_seen_at }),
  };
}

export async function insertKiosk(
  tx: Tx,
  integrity: KioskIntegrity,
  kiosk: Pick<KnownKiosk, 'id' | 'organization' | 'world' | 'name' | 'publicKey' | 'pairedAt'>,
): Promise<void> {
  const row = {
    id: kiosk.id,
    organization: kiosk.organization,
    world: kiosk.world,
    name: kiosk.name,
    public_key: kiosk.publicKey,
    paired_at: kiosk.pairedAt,
    revoked_at: null,
    last_seen_at: null,
    pin_failures: 0,
    node: null,
  };
  await tx
    .insertInto('kiosk')
    .values(withMac(integrity, 'kiosk', row))
    .execute();
}

/** None for a row that something else than this service made or changed. */
export async function selectKiosk(
  db: Db,
  integrity: KioskIntegrity,
  id: string,
): Promise<KnownKiosk | undefined> {
  const row = await db.selectFrom('kiosk').selectAll().where('id', '=', id).executeTakeFirst();
  return row && isSound(integrity, 'kiosk', row) ? fromRow(row) : undefined;
}

/** The newest first. */
export async function selectKiosks(db: Db, organization: OrganizationId): Promise<Kiosk[]> {
  const rows = await db
    .selectFrom('kiosk')
    .selectAll()
    .where('organization', '=', organization)
    .orderBy('id', 'desc')
    .execute();
  return rows.map((row) => {
    const { publicKey: _, ...kiosk } = fromRow(row);
    return kiosk;
  });
}

export async function updateRevoked(
  tx: Tx,
  integrity: KioskIntegrity,
  id: KioskId,
  revokedAt: number,
): Promise<void> {
  await updateProtected(tx, integrity, 'kiosk', id, { revoked_at: revokedAt });
}

export async function updateSeen(tx: Tx, id: KioskId, at: number): Promise<void> {
  await tx.updateTable('kiosk').set({ last_seen_at: at }).where('id', '=', id).execute();
}

/** Run of the node that has its sessions. */
export async function selectNode(db: Db, id: string): Promise<string | undefined> {
  const row = await db.selectFrom('kiosk').select('node').where('id', '=', id).executeTakeFirst();
  return row?.node ?? undefined;
}

export async function updateNode(tx: Tx, id: KioskId, node: string): Promise<void> {
  await tx.updateTable('kiosk').set({ node }).where('id', '=', id).execute();
}

/** Counts one try, which is a failure until it is known to be none. False: there were too many already. */
export const countPinTry = (tx: Tx, id: KioskId): Promise<boolean> =>
  tx
    .updateTable('kiosk')
    .set((of) => ({ pin_failures: of('pin_failures', '+', 1) }))
    .where('id', '=', id)
    .where('pin_failures', '<', MOST_TRIES)
    .$call(changesRow);

export async function forgetPinTries(tx: Tx, id: KioskId): Promise<void> {
  await tx.updateTable('kiosk').set({ pin_failures: 0 }).where('id', '=', id).execute();
}

interface StoredPin {
  administrator: AdministratorId;
  /** argon2id, PHC form. */
  hash: string;
  setAt: number;
}

export async function putPin(tx: Tx, integrity: KioskIntegrity, pin: StoredPin): Promise<void> {
  await tx.deleteFrom('operator_pin').where('administrator', '=', pin.administrator).execute();
  const { administrator, hash, setAt } = pin;
  const row = { administrator, hash, set_at: setAt, failures: 0 };
  await tx
    .insertInto('operator_pin')
    .values(withMac(integrity, 'operator_pin', row))
    .execute();
}

export async function deletePin(tx: Tx, administrator: AdministratorId): Promise<void> {
  await tx.deleteFrom('operator_pin').where('administrator', '=', administrator).execute();
}

/** None for a row that something else than this service made or changed. */
export async function selectPin(
  db: Db,
  integrity: KioskIntegrity,
  administrator: AdministratorId,
): Promise<StoredPin | undefined> {
  const row = await db
    .selectFrom('operator_pin')
    .selectAll()
    .where('administrator', '=', administrator)
    .executeTakeFirst();
  if (!row || !isSound(integrity, 'operator_pin', row)) return undefined;
  return { administrator, hash: row.hash, setAt: row.set_at };
}

/** Counts one try, which is a failure until it is known to be none. False: there were too many already, at whatever kiosk. */
export const countOperatorTry = (tx: Tx, administrator: AdministratorId): Promise<boolean> =>
  tx
    .updateTable('operator_pin')
    .set((of) => ({ failures: of('failures', '+', 1) }))
    .where('administrator', '=', administrator)
    .where('failures', '<', MOST_TRIES)
    .$call(changesRow);

export async function forgetOperatorTries(tx: Tx, administrator: AdministratorId): Promise<void> {
  await tx
    .updateTable('operator_pin')
    .set({ failures: 0 })
    .where('administrator', '=', administrator)
    .execute();
}
