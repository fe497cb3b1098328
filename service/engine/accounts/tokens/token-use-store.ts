import type { OrganizationId, World } from '../../../lib/id.ts';
import { deleteOld } from '../../../storage/rows.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';

/** How long a use is kept after its token has run out, in milliseconds: a clock that is set back does not open it again. */
const KEPT = 7 * 86_400_000;

/**
 * False where the token was used before: by whichever node, and before a restart. `kept` milliseconds after it has run out the use is
 * forgotten.
 */
export async function insertTokenUse(
  tx: Tx,
  use: { organization: OrganizationId; world: World; jti: string; usedAt: number; expiresAt: number },
  kept = KEPT,
): Promise<boolean> {
  const { organization, world, jti } = use;
  const row = { organization, world, used_at: use.usedAt, expires_at: use.expiresAt - KEPT + kept };
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('token_use')
    .values({ ...row, jti })
    .onConflict((conflict) =>
      conflict
        .column('jti')
        .doUpdateSet(row)
        .where('token_use.expires_at', '<', use.usedAt - KEPT),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** Deletes those that are forgotten. */
export const sweepTokenUses = (
  inTransaction: InTransaction,
  now: number,
  signal?: AbortSignal,
): Promise<void> => deleteOld(inTransaction, 'token_use', 'expires_at', now - KEPT, signal);
