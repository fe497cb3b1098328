import type { Selectable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import { createRecent } from '../../../lib/collections/recent.ts';
import type { KeyId, OrganizationId, World } from '../../../lib/id.ts';
import {
  isSound,
  type RowIntegrity,
  updateProtected,
  withMac,
} from '../../../storage/keys/protected-tables.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { ApiKey, KeyPrefix } from './api-key.ts';
import type { Scope } from './scope.ts';

export type KeyIntegrity = RowIntegrity;

type KeyRow = Selectable<Schema['api_key']>;

/** Keys that are not revoked and whose rows this service did not write as they are. */
export async function selectAltered(db: Db, integrity: KeyIntegrity): Promise<KeyId[]> {
  const rows = await db.selectFrom('api_key').selectAll().where('revoked_at', 'is', null).execute();
  return rows.filter((row) => !isSound(integrity, 'api_key', row)).map(({ id }) => id as KeyId);
}

export async function insertKey(
  tx: Tx,
  integrity: KeyIntegrity,
  key: ApiKey,
  secretHash: string,
): Promise<void> {
  const row = {
    id: key.id,
    organization: key.organization,
    name: key.name,
    prefix: key.prefix,
    world: key.world,
    secret_hash: secretHash,
    hint: key.hint,
    scopes: JSON.stringify(key.scopes),
    origins: JSON.stringify(key.origins),
    cidrs: JSON.stringify(key.cidrs),
    profiles: JSON.stringify(key.profiles),
    browser: key.browser ? 1 : 0,
    lineage: key.lineage,
    created_at: key.createdAt,
    expires_at: key.expiresAt ?? null,
    revoked_at: null,
    last_used_at: null,
    last_used_address: null,
  };
  await tx
    .insertInto('api_key')
    .values(withMac(integrity, 'api_key', row))
    .execute();
}

/** The newest first, older than `before`; all without a page. */
export async function selectKeys(
  db: Db,
  integrity: KeyIntegrity,
  organization: OrganizationId,
  { before, limit }: { before?: string; limit?: number } = {},
): Promise<ApiKey[]> {
  let query = db.selectFrom('api_key').selectAll().where('organization', '=', organization);
  if (before !== undefined) query = query.where('id', '<', before);
  if (limit !== undefined) query = query.limit(limit);
  const rows = await query.orderBy('id', 'desc').execute();
  return rows.map((row) => fromRow(row, integrity));
}

export const selectKeyNames = (
  db: Db,
  organization: OrganizationId,
  ids: readonly string[],
): Promise<{ id: string; name: string }[]> =>
  db
    .selectFrom('api_key')
    .select(['id', 'name'])
    .where('id', 'in', [...ids])
    .where('organization', '=', organization)
    .execute();

export async function selectKey(
  db: Db,
  integrity: KeyIntegrity,
  organization: OrganizationId,
  id: KeyId,
): Promise<ApiKey | undefined> {
  const row = await db
    .selectFrom('api_key')
    .selectAll()
    .where('organization', '=', organization)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && fromRow(row, integrity);
}

/** Keys whose parsed rows are held. */
const KEYS_HELD = 2_000;

/** Reads keys by the hashes of their secrets. The row is read each time; one that has not changed is not verified and parsed again. */
export function createKeyReads(db: Db, integrity: KeyIntegrity) {
  const held = createRecent<string, { row: KeyRow; key: ApiKey }>(KEYS_HELD);
  return async (secretHash: string): Promise<{ key: ApiKey; secretHash: string } | undefined> => {
    const row = await db
      .selectFrom('api_key')
      .selectAll()
      .where('secret_hash', '=', secretHash)
      .executeTakeFirst();
    if (!row) return undefined;
    const earlier = held.get(secretHash);
    if (earlier && isSameRow(earlier.row, row)) return { key: earlier.key, secretHash: row.secret_hash };
    const key = fromRow(row, integrity);
    held.set(secretHash, { row, key });
    return { key, secretHash: row.secret_hash };
  };
}

const isSameRow = (a: KeyRow, b: KeyRow): boolean =>
  (Object.keys(b) as (keyof KeyRow)[]).every((column) => a[column] === b[column]);

/** An altered row stays altered: it is refused either way. */
export async function updateRevoked(
  tx: Tx,
  integrity: KeyIntegrity,
  id: KeyId,
  revokedAt: number,
): Promise<void> {
  await updateProtected(tx, integrity, 'api_key', id, { revoked_at: revokedAt });
}

export async function updateSuccessor(
  tx: Tx,
  integrity: KeyIntegrity,
  id: KeyId,
  successor: KeyId,
  expiresAt: number,
): Promise<void> {
  await updateProtected(tx, integrity, 'api_key', id, { successor, expires_at: expiresAt });
}

export async function updateRestrictions(
  tx: Tx,
  integrity: KeyIntegrity,
  { id, scopes, origins, cidrs, profiles, expiresAt }: ApiKey,
): Promise<void> {
  await updateProtected(tx, integrity, 'api_key', id, {
    scopes: JSON.stringify(scopes),
    origins: JSON.stringify(origins),
    cidrs: JSON.stringify(cidrs),
    profiles: JSON.stringify(profiles),
    expires_at: expiresAt ?? null,
  });
}

/** A successor has the limits of the key it succeeds. */
export async function copyLimits(tx: Tx, from: KeyId, to: KeyId): Promise<void> {
  await tx
    .updateTable('api_key')
    .set((eb) => ({
      limits: eb.selectFrom('api_key as old').select('old.limits').where('old.id', '=', from),
    }))
    .where('id', '=', to)
    .execute();
}

/** Origins of all keys, also revoked and expired ones, so that their pages can read the error. */
export async function selectOrigins(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('api_key')
    .select('origins')
    .where('origins', '<>', '[]')
    .distinct()
    .execute();
  return rows.flatMap(({ origins }) => parseJson<string[]>(origins) ?? []);
}

/** The key with this id, and those of its lineage. */
export async function selectLineage(
  db: Db,
  integrity: KeyIntegrity,
  organization: OrganizationId,
  id: string,
): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_key')
    .selectAll()
    .where('organization', '=', organization)
    .where('lineage', 'in', (eb) =>
      eb
        .selectFrom('api_key as named')
        .select('named.lineage')
        .where('named.organization', '=', organization)
        .where('named.id', '=', id),
    )
    .orderBy('id')
    .execute();
  return rows.map((row) => fromRow(row, integrity));
}

/** Hashes of all keys that are not revoked. */
export async function selectHashes(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('api_key').select('secret_hash').where('revoked_at', 'is', null).execute();
  return rows.map(({ secret_hash }) => secret_hash);
}

export async function updateLastUsed(db: Db, id: KeyId, at: number, address?: string): Promise<void> {
  await db
    .updateTable('api_key')
    .set({ last_used_at: at, last_used_address: address ?? null })
    .where('id', '=', id)
    .execute();
}

/** Whether it is there, and when it was erased. */
export async function selectOwner(
  tx: Tx,
  organization: OrganizationId,
): Promise<{ id: OrganizationId; erasedAt: number | undefined } | undefined> {
  const row = await tx
    .selectFrom('organization')
    .select('erased_at')
    .where('id', '=', organization)
    .executeTakeFirst();
  return row && { id: organization, erasedAt: row.erased_at ?? undefined };
}

function fromRow(row: KeyRow, integrity: KeyIntegrity): ApiKey {
  return {
    id: row.id as KeyId,
    organization: row.organization as OrganizationId,
    name: row.name,
    prefix: row.prefix as KeyPrefix,
    world: row.world as World,
    hint: row.hint,
    scopes: parseJson<Scope[]>(row.scopes) ?? [],
    origins: parseJson<string[]>(row.origins) ?? [],
    cidrs: parseJson<string[]>(row.cidrs) ?? [],
    profiles: parseJson<string[]>(row.profiles) ?? [],
    browser: row.browser === 1,
    lineage: row.lineage,
    ...(row.successor !== null && { successor: row.successor as KeyId }),
    createdAt: row.created_at,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
    ...(row.last_used_address !== null && { lastUsedAddress: row.last_used_address }),
    ...(!isSound(integrity, 'api_key', row) && { altered: true as const }),
  };
}
