import type { Selectable } from 'kysely';
import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';
import { holdsSame, isSound, updateProtected, withMac } from '../../../storage/keys/protected-tables.ts';
import { changesRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { SignInIntegrity } from './administrator-store.ts';

export interface FaceRow {
  administrator: AdministratorId;
  organization: OrganizationId;
  sealed: Uint8Array;
  /** Keyed hashes of pictures that were used, the newest last. */
  seen: string[];
  /** Version of the text that was consented to. */
  consent: string;
  createdAt: number;
  lastUsedAt?: number;
}

type Stored = Omit<Selectable<Schema['administrator_face']>, 'mac'>;

const toStored = (row: FaceRow): Stored => ({
  administrator: row.administrator,
  organization: row.organization,
  template_sealed: row.sealed,
  seen: JSON.stringify(row.seen),
  consent: row.consent,
  created_at: row.createdAt,
  last_used_at: row.lastUsedAt ?? null,
});

const sealed = (integrity: SignInIntegrity, row: FaceRow) => {
  const stored = toStored(row);
  return withMac(integrity, 'administrator_face', stored);
};

/** In the place of one that is there. */
export async function putFace(tx: Tx, integrity: SignInIntegrity, row: FaceRow): Promise<void> {
  await deleteFace(tx, row.administrator);
  await tx.insertInto('administrator_face').values(sealed(integrity, row)).execute();
}

/** False where it was used, replaced or removed since it was read. */
export async function updateFace(
  tx: Tx,
  integrity: SignInIntegrity,
  before: FaceRow,
  after: FaceRow,
): Promise<boolean> {
  const { administrator, ...stored } = toStored(after);
  return updateProtected(
    tx,
    integrity,
    'administrator_face',
    administrator,
    stored,
    (row) =>
      isSound(integrity, 'administrator_face', row) && holdsSame('administrator_face', row, toStored(before)),
  );
}

/** None where something else than this service made or changed the row. */
export async function selectFace(
  db: Db | Tx,
  integrity: SignInIntegrity,
  administrator: AdministratorId,
): Promise<FaceRow | undefined> {
  const row = await db
    .selectFrom('administrator_face')
    .selectAll()
    .where('administrator', '=', administrator)
    .executeTakeFirst();
  if (!row || !isSound(integrity, 'administrator_face', row)) return undefined;
  return {
    administrator,
    organization: row.organization as OrganizationId,
    sealed: row.template_sealed,
    seen: JSON.parse(row.seen) as string[],
    consent: row.consent,
    createdAt: row.created_at,
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
  };
}

/** Whether there was one. */
export const deleteFace = (tx: Tx, administrator: AdministratorId): Promise<boolean> =>
  tx.deleteFrom('administrator_face').where('administrator', '=', administrator).$call(changesRow);

/** Of all administrators of an organization: whose there were. */
export async function deleteFacesOf(tx: Tx, organization: OrganizationId): Promise<AdministratorId[]> {
  const rows = await tx
    .selectFrom('administrator_face')
    .select('administrator')
    .where('organization', '=', organization)
    .orderBy('administrator')
    .execute();
  await tx.deleteFrom('administrator_face').where('organization', '=', organization).execute();
  return rows.map(({ administrator }) => administrator as AdministratorId);
}
