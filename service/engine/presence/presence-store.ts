import type { Selectable } from 'kysely';
import type { OrganizationId, PresenceId, SubjectId, World } from '../../lib/id.ts';
import { protectRows, type RowProtection } from '../../storage/keys/protected-rows.ts';
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

/** What the HMAC covers. */
const protectedColumns = [
  ...(['id', 'organization', 'world', 'lineage', 'created_by', 'link_hash', 'state', 'reason'] as const),
  ...(['email_hash', 'subject', 'ttl_seconds', 'single_use', 'created_at', 'expires_at'] as const),
  ...(['session', 'begun_at', 'decided_at', 'token_id', 'token_expires_at'] as const),
];

export interface PresenceStoreDeps extends RowProtection {
  db: Db;
}

/** The table `presence_session`. A row that was changed by other means than these is none: it is logged and left out. */
export function createPresenceStore({ db, ...protection }: PresenceStoreDeps) {
  const checks = protectRows<PresenceRow>('presence-session', protectedColumns, protection);
  const { one, sign } = checks;
  const change = createChange(checks);

  const isOpen = ({ state, expires_at }: PresenceRow, now: number) => state === 'pending' && expires_at > now;

  return {
    async insert(tx: Tx, row: Omit<PresenceRow, 'mac'>): Promise<void> {
      await tx
        .insertInto('presence_session')
        .values({ ...row, mac: sign(row) })
        .execute();
    },
    inRealm: async (
      { organization, world }: { organization: OrganizationId; world: World },
      id: string,
    ): Promise<PresenceRow | undefined> =>
      one(
        await db
          .selectFrom('presence_session')
          .selectAll()
          .where('organization', '=', organization)
          .where('world', '=', world)
          .where('id', '=', id)
          .executeTakeFirst(),
      ),
    /** By the link's hash, the `jti`, or the live session. */
    by: async (
      column: 'link_hash' | 'token_id' | 'session',
      value: string,
      from: Db | Tx = db,
    ): Promise<PresenceRow | undefined> =>
      one(await from.selectFrom('presence_session').selectAll().where(column, '=', value).executeTakeFirst()),
    /** The link was used for this live session. False where it was used before, or the session is over. */
    begun: (tx: Tx, id: PresenceId, session: string, now: number): Promise<boolean> =>
      change(tx, id, { session, begun_at: now }, (row) => isOpen(row, now) && row.session === null),
    /** False where it was decided before, or is past its end; with `unopened` also where its link was used. */
    cancelled: (
      tx: Tx,
      id: PresenceId,
      { reason, now, unopened = false }: { reason: CancelReason; now: number; unopened?: boolean },
    ): Promise<boolean> =>
      change(
        tx,
        id,
        { state: 'cancelled', reason, decided_at: now },
        (row) => isOpen(row, now) && !(unopened && row.session !== null),
      ),
    /** Over before its end. */
    async ended(tx: Tx, id: PresenceId, now: number): Promise<void> {
      await change(tx, id, { expires_at: now }, (row) => isOpen(row, now));
    },
    async verified(
      tx: Tx,
      id: PresenceId,
      changed: Pick<
        PresenceRow,
        'subject' | 'request_sealed' | 'decided_at' | 'token_id' | 'token_sealed' | 'token_expires_at'
      >,
    ): Promise<void> {
      await change(tx, id, { state: 'verified', ...changed }, () => true);
    },
  };
}

/** False, and nothing changed, where it is not as it is wanted; read again where another change came between. */
function createChange({ one, sign }: ReturnType<typeof protectRows<PresenceRow>>) {
  return async function change(
    tx: Tx,
    id: string,
    changed: Partial<PresenceRow>,
    isWanted: (row: PresenceRow) => boolean,
  ): Promise<boolean> {
    for (;;) {
      const row = one(
        await tx.selectFrom('presence_session').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      if (!row || !isWanted(row)) return false;
      const { numUpdatedRows } = await tx
        .updateTable('presence_session')
        .set({ ...changed, mac: sign({ ...row, ...changed }) })
        .where('id', '=', id)
        .where('mac', '=', row.mac)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) return true;
    }
  };
}

export type PresenceStore = ReturnType<typeof createPresenceStore>;

/** Of an organization that is erased. */
export async function deletePresenceOf(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.deleteFrom('presence_session').where('organization', '=', organization).execute();
}
