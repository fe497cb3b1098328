import type { InTransaction, Tx } from '../../storage/transaction.ts';

/** Links of one transaction. */
const BATCH = 100;

/** Ends the links of a flow that were not opened in time; how many. A person may open one between `due` and `end`, which then changes nothing. */
export async function endUnopened<Link>({
  inTransaction,
  due,
  end,
}: {
  inTransaction: InTransaction;
  due(limit: number): Promise<Link[]>;
  end(tx: Tx, link: Link): Promise<unknown>;
}): Promise<number> {
  let ended = 0;
  for (;;) {
    const found = await due(BATCH);
    if (found.length > 0)
      await inTransaction(async (tx) => {
        for (const link of found) await end(tx, link);
      });
    ended += found.length;
    if (found.length < BATCH) return ended;
  }
}
