import type { OrganizationId } from '../../../lib/id.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';

/** Values of one `in` list. */
const AT_ONCE = 400;

/** The table `live_frame`: keyed hashes of frames that earlier sessions showed. */
export const createFrameStore = ({ db }: { db: Db }) => ({
  /** Whether an earlier attempt showed one of these. */
  async seenBefore(organization: OrganizationId, hashes: readonly string[], tx?: Tx): Promise<boolean> {
    for (let start = 0; start < hashes.length; start += AT_ONCE) {
      const row = await (tx ?? db)
        .selectFrom('live_frame')
        .select('session')
        .where('organization', '=', organization)
        .where('hash', 'in', hashes.slice(start, start + AT_ONCE))
        .limit(1)
        .executeTakeFirst();
      if (row) return true;
    }
    return false;
  },
  async add(
    tx: Tx,
    { organization, session, at }: { organization: OrganizationId; session: string; at: number },
    hashes: readonly string[],
  ): Promise<void> {
    if (hashes.length === 0) return;
    await tx
      .insertInto('live_frame')
      .values(hashes.map((hash) => ({ organization, hash, session, created_at: at })))
      .onConflict((conflict) => conflict.columns(['organization', 'hash']).doNothing())
      .execute();
  },
  /** Deletes at most `limit` that are older. */
  async removeOld(tx: Tx, before: number, limit: number): Promise<number> {
    const old = await tx
      .selectFrom('live_frame')
      .select(['organization', 'hash'])
      .where('created_at', '<', before)
      .limit(limit)
      .execute();
    for (const { organization, hash } of old)
      await tx
        .deleteFrom('live_frame')
        .where('organization', '=', organization)
        .where('hash', '=', hash)
        .execute();
    return old.length;
  },
});

export type FrameStore = ReturnType<typeof createFrameStore>;
