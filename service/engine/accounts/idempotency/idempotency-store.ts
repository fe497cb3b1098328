import type { ExpressionBuilder, Selectable } from 'kysely';
import type { OrganizationId, World } from '../../../lib/id.ts';
import { deleteOld } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';

/** A repeat is one of the same caller with the same header. */
export interface RepeatKey {
  organization: OrganizationId;
  world: World;
  /** The lineage of an API key. */
  caller: string;
  /** SHA-256 of the header. */
  keyHash: string;
}

export type KeptRow = Selectable<Schema['idempotent_reply']>;

export const selectKept = (tx: Tx, key: RepeatKey): Promise<KeptRow | undefined> =>
  tx.selectFrom('idempotent_reply').selectAll().where(matching(key)).executeTakeFirst();

/** In the place of an earlier one of this key. */
export async function replaceKept(
  tx: Tx,
  key: RepeatKey,
  begun: Pick<KeptRow, 'fingerprint' | 'run' | 'started_at'>,
): Promise<void> {
  await tx.deleteFrom('idempotent_reply').where(matching(key)).execute();
  const { organization, world, caller, keyHash } = key;
  await tx
    .insertInto('idempotent_reply')
    .values({ organization, world, caller, key_hash: keyHash, ...begun, status: null, reply_sealed: null })
    .execute();
}

/** Nothing where another run has begun since. */
export async function updateReply(
  tx: Tx,
  key: RepeatKey,
  run: string,
  reply: Pick<KeptRow, 'status' | 'reply_sealed'>,
): Promise<void> {
  await tx.updateTable('idempotent_reply').set(reply).where(matching(key)).where('run', '=', run).execute();
}

export async function deleteKept(tx: Tx, key: RepeatKey, run: string): Promise<void> {
  await tx.deleteFrom('idempotent_reply').where(matching(key)).where('run', '=', run).execute();
}

const matching =
  ({ organization, world, caller, keyHash }: RepeatKey) =>
  (eb: ExpressionBuilder<Schema, 'idempotent_reply'>) =>
    eb.and({ organization, world, caller, key_hash: keyHash });

export const sweepKept = (
  inTransaction: InTransaction,
  before: number,
  signal?: AbortSignal,
): Promise<void> => deleteOld(inTransaction, 'idempotent_reply', 'started_at', before, signal);
