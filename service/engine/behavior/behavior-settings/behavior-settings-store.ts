import type { OrganizationId } from '../../../lib/id.ts';
import { isSound, type RowIntegrity, updateProtected } from '../../../storage/keys/protected-tables.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { BehaviorSettings, defaultBehaviorSettings } from './settings.ts';

/** `undefined` when there is no such organization. The defaults where another program wrote or changed its row. */
export async function selectBehaviorSettings(
  from: Db | Tx,
  integrity: RowIntegrity,
  organization: OrganizationId,
): Promise<BehaviorSettings | undefined> {
  const row = await from
    .selectFrom('organization')
    .selectAll()
    .where('id', '=', organization)
    .executeTakeFirst();
  if (!row) return undefined;
  // A setting that is newer than the row has its default.
  return BehaviorSettings.parse({
    ...defaultBehaviorSettings,
    ...(row.behavior === null || !isSound(integrity, 'organization', row) ? {} : JSON.parse(row.behavior)),
  });
}

export async function updateBehaviorSettings(
  tx: Tx,
  integrity: RowIntegrity,
  organization: OrganizationId,
  settings: BehaviorSettings,
): Promise<void> {
  await updateProtected(tx, integrity, 'organization', organization, { behavior: JSON.stringify(settings) });
}
