import type { Selectable } from 'kysely';
import type { GrantId, OrganizationId } from '../../../lib/id.ts';
import {
  isSound,
  type RowIntegrity,
  updateProtected,
  withMac,
} from '../../../storage/keys/protected-tables.ts';
import { findsRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Grant } from './destination.ts';

/** Whether there is such an organization that was not erased. */
export const isInUse = (tx: Tx, organization: OrganizationId): Promise<boolean> =>
  tx
    .selectFrom('organization')
    .select('id')
    .where('id', '=', organization)
    .where('erased_at', 'is', null)
    .$call(findsRow);

/** All of an organization, revoked ones too, the oldest first. */
export async function selectGrants(
  db: Db | Tx,
  integrity: RowIntegrity,
  organization: OrganizationId,
): Promise<Grant[]> {
  const rows = await db
    .selectFrom('destination_grant')
    .selectAll()
    .where('organization', '=', organization)
    .orderBy('id')
    .execute();
  return rows.map((row) => fromRow(row, integrity));
}

/** The newest first, older than `before`. */
export async function selectGrantPage(
  db: Db,
  integrity: RowIntegrity,
  organization: OrganizationId,
  { revoked, before, limit }: { revoked?: boolean; before?: string; limit: number },
): Promise<Grant[]> {
  let query = db.selectFrom('destination_grant').selectAll().where('organization', '=', organization);
  if (revoked !== undefined) query = query.where('revoked_at', revoked ? 'is not' : 'is', null);
  if (before !== undefined) query = query.where('id', '<', before);
  const rows = await query.orderBy('id', 'desc').limit(limit).execute();
  return rows.map((row) => fromRow(row, integrity));
}

/** Grants that were not revoked; with `altered` those that another program wrote, which are not in force. */
export async function selectActiveGrants(
  db: Db | Tx,
  integrity: RowIntegrity,
  organization: OrganizationId,
): Promise<Grant[]> {
  const rows = await db
    .selectFrom('destination_grant')
    .selectAll()
    .where('organization', '=', organization)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map((row) => fromRow(row, integrity));
}

export async function insertGrant(
  tx: Tx,
  integrity: RowIntegrity,
  { to, revoked: _, ...grant }: Grant,
): Promise<void> {
  const row = {
    id: grant.id,
    organization: grant.organization,
    kind: to.is,
    value: to.is === 'name' ? to.name : to.is === 'cidr' ? to.cidr : to.preset,
    port: grant.port ?? null,
    reach: grant.reach,
    note: grant.note,
    created_at: grant.createdAt,
    created_by: grant.createdBy,
    revoked_at: null,
    revoked_by: null,
  };
  await tx
    .insertInto('destination_grant')
    .values(withMac(integrity, 'destination_grant', row))
    .execute();
}

export async function markRevoked(
  tx: Tx,
  integrity: RowIntegrity,
  { id }: Pick<Grant, 'id'>,
  { at, by }: { at: number; by: string },
): Promise<void> {
  await updateProtected(tx, integrity, 'destination_grant', id, { revoked_at: at, revoked_by: by });
}

function fromRow(row: Selectable<Schema['destination_grant']>, integrity: RowIntegrity): Grant {
  const to = toOf(row);
  return {
    id: row.id as GrantId,
    organization: row.organization as OrganizationId,
    to: to ?? { is: 'name', name: row.value },
    port: row.port ?? undefined,
    reach: row.reach as Grant['reach'],
    note: row.note,
    createdAt: row.created_at,
    createdBy: row.created_by,
    revoked: row.revoked_at === null ? undefined : { at: row.revoked_at, by: row.revoked_by ?? '' },
    ...((!to || !isSound(integrity, 'destination_grant', row)) && { altered: true as const }),
  };
}

/** Undefined for a kind that is damaged, or that this version does not know. */
function toOf({ kind, value }: Selectable<Schema['destination_grant']>): Grant['to'] | undefined {
  switch (kind) {
    case 'name':
      return { is: 'name', name: value };
    case 'cidr':
      return { is: 'cidr', cidr: value };
    case 'preset':
      if (value === 'public-https') return { is: 'preset', preset: value };
  }
  return undefined;
}
