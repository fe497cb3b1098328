import type { OrganizationId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { BehaviorSettings, defaultBehaviorSettings } from './settings.ts';

/** `undefined` when there is no such organization. */
export async function selectBehaviorSettings(
  from: Db | Tx,
  organization: OrganizationId,
): Promise<BehaviorSettings | undefined> {
  const row = await from
    .selectFrom('organization')
    .select('behavior')
    .where('id', '=', organization)
    .executeTakeFirst();
  if (!row) return undefined;
  // A setting that is newer than the row has its default.
  return BehaviorSettings.parse({
    ...defaultBehaviorSettings,
    ...(row.behavior === null ? {} : JSON.parse(row.behavior)),
  });
}

export async function updateBehaviorSettings(
  tx: Tx,
  organization: OrganizationId,
  settings: BehaviorSettings,
): Promise<void> {
  await tx
    .updateTable('organization')
    .set({ behavior: JSON.stringify(settings) })
    .where('id', '=', organization)
    .execute();
}
