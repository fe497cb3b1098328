import { setImmediate as pause } from 'node:timers/promises';
import type { OrganizationId, World } from '../../../lib/id.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { ExpiringRows, PersonalData, Realm } from '../../audit/index.ts';
import { DAY } from './due.ts';
import type { Found } from './find-due.ts';

/** Rows that are deleted in one go: some milliseconds of the event loop. */
const PAGE = 500;
const worlds: readonly World[] = ['live', 'test'];

/** Calls `work` for the rows of each feature in each world, with the time before which they are too old. */
async function eachOld(
  personalData: readonly PersonalData[],
  organization: OrganizationId,
  { policy, now }: Pick<Found, 'policy' | 'now'>,
  work: (old: ExpiringRows, realm: Realm, before: number) => Promise<void>,
): Promise<void> {
  for (const world of worlds)
    for (const { expires = [] } of personalData)
      for (const old of expires) await work(old, { organization, world }, now - policy[old.term] * DAY);
}

/** Deletes the rows of every feature that are older than their terms. It can be called again after a crash. */
export const deleteOldRows = (
  { personalData, inTransaction }: { personalData: readonly PersonalData[]; inTransaction: InTransaction },
  organization: OrganizationId,
  found: Found,
): Promise<void> =>
  eachOld(personalData, organization, found, async ({ counted, expire }, realm, before) => {
    const { rows } = found.report;
    // One page after the other: other callers get a turn in between.
    for (let deleted = PAGE; deleted === PAGE; await pause()) {
      deleted = await inTransaction((tx) => expire(tx, realm, before, PAGE));
      rows[counted] = (rows[counted] ?? 0) + deleted;
    }
  });

/** How many rows `deleteOldRows` would delete, by kind. */
export async function countOldRows(
  { personalData }: { personalData: readonly PersonalData[] },
  organization: OrganizationId,
  found: Found,
): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  await eachOld(personalData, organization, found, async ({ counted, count }, realm, before) => {
    rows[counted] = (rows[counted] ?? 0) + (await count(realm, before));
  });
  return rows;
}
