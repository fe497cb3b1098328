import type { Db, Tx } from '../../../storage/transaction.ts';

export interface FailureRow {
  account: string;
  source: string;
  failures: number;
  lastFailedAt: number;
  /** When the account last signed in from this source. */
  knownAt: number | undefined;
}

export async function selectFailures(
  db: Db,
  account: string,
  source: string,
): Promise<FailureRow | undefined> {
  const row = await db
    .selectFrom('sign_in_failure')
    .selectAll()
    .where('account', '=', account)
    .where('source', '=', source)
    .executeTakeFirst();
  return (
    row && {
      account,
      source,
      failures: row.failures,
      lastFailedAt: row.last_failed_at,
      knownAt: row.known_at ?? undefined,
    }
  );
}

/** Failures of an account from all sources that it never signed in from. */
export async function sumOfStrangers(db: Db, account: string): Promise<number> {
  const { sum } = await db
    .selectFrom('sign_in_failure')
    .select(({ fn }) => fn.sum<number | null>('failures').as('sum'))
    .where('account', '=', account)
    .where('known_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(sum ?? 0);
}

export async function putFailures(tx: Tx, row: FailureRow): Promise<void> {
  const values = {
    failures: row.failures,
    last_failed_at: row.lastFailedAt,
    known_at: row.knownAt ?? null,
  };
  await tx
    .insertInto('sign_in_failure')
    .values({ account: row.account, source: row.source, ...values })
    .onConflict((conflict) => conflict.columns(['account', 'source']).doUpdateSet(values))
    .execute();
}

/** Gives how many failures were forgotten. */
export async function deleteFailures(tx: Tx, account: string): Promise<number> {
  const rows = await tx
    .deleteFrom('sign_in_failure')
    .where('account', '=', account)
    .returning('failures')
    .execute();
  return rows.reduce((sum, { failures }) => sum + failures, 0);
}

/**
 * Rows last touched before: of sources (`account` '') and of accounts but those of `keep`. Of an account that is locked none goes,
 * so that it stays locked whether it exists or not.
 */
export async function deleteOldFailures(
  tx: Tx,
  {
    sources,
    accounts,
    keep,
    locked,
  }: { sources: number; accounts: number; keep: readonly string[]; locked: number },
): Promise<void> {
  await tx
    .deleteFrom('sign_in_failure')
    .where('account', '=', '')
    .where('last_failed_at', '<', sources)
    .execute();
  const old = await tx
    .selectFrom('sign_in_failure')
    .select('account')
    .where('account', '<>', '')
    .groupBy('account')
    .having(({ fn }) => fn.max('last_failed_at'), '<', accounts)
    .having(({ fn }) => fn.sum('failures'), '<', locked)
    .execute();
  const kept = new Set(keep);
  for (const { account } of old)
    if (!kept.has(account)) await tx.deleteFrom('sign_in_failure').where('account', '=', account).execute();
}
