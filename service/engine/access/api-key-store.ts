import type { Selectable } from 'kysely';
import type { KeyId, OrganizationId, World } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { ApiKey, KeyPrefix, Scope } from './api-key.ts';

export async function insertKey(tx: Tx, key: ApiKey, secretHash: string): Promise<void> {
  await tx
    .insertInto('api_key')
    .values({
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
      browser: key.browser ? 1 : 0,
      lineage: key.lineage,
      created_at: key.createdAt,
      expires_at: key.expiresAt ?? null,
      revoked_at: null,
      last_used_at: null,
      last_used_address: null,
    })
    .execute();
}

export async function selectKeys(db: Db, organization: OrganizationId): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_key')
    .selectAll()
    .where('organization', '=', organization)
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

export async function selectKey(
  db: Db,
  organization: OrganizationId,
  id: KeyId,
): Promise<ApiKey | undefined> {
  const row = await db
    .selectFrom('api_key')
    .selectAll()
    .where('organization', '=', organization)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function selectKeyByHash(
  db: Db,
  secretHash: string,
): Promise<{ key: ApiKey; secretHash: string } | undefined> {
  const row = await db
    .selectFrom('api_key')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst();
  return row && { key: fromRow(row), secretHash: row.secret_hash };
}

export async function updateRevoked(tx: Tx, id: KeyId, revokedAt: number): Promise<void> {
  await tx.updateTable('api_key').set({ revoked_at: revokedAt }).where('id', '=', id).execute();
}

export async function updateSuccessor(tx: Tx, id: KeyId, successor: KeyId, expiresAt: number): Promise<void> {
  await tx.updateTable('api_key').set({ successor, expires_at: expiresAt }).where('id', '=', id).execute();
}

export async function updateRestrictions(
  tx: Tx,
  { id, scopes, origins, cidrs, expiresAt }: ApiKey,
): Promise<void> {
  await tx
    .updateTable('api_key')
    .set({
      scopes: JSON.stringify(scopes),
      origins: JSON.stringify(origins),
      cidrs: JSON.stringify(cidrs),
      expires_at: expiresAt ?? null,
    })
    .where('id', '=', id)
    .execute();
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

/** Of every key that was not revoked. */
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

function fromRow(row: Selectable<Schema['api_key']>): ApiKey {
  return {
    id: row.id as KeyId,
    organization: row.organization as OrganizationId,
    name: row.name,
    prefix: row.prefix as KeyPrefix,
    world: row.world as World,
    hint: row.hint,
    scopes: JSON.parse(row.scopes) as Scope[],
    origins: JSON.parse(row.origins) as string[],
    cidrs: JSON.parse(row.cidrs) as string[],
    browser: row.browser === 1,
    lineage: row.lineage,
    ...(row.successor !== null && { successor: row.successor as KeyId }),
    createdAt: row.created_at,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
    ...(row.last_used_address !== null && { lastUsedAddress: row.last_used_address }),
  };
}
