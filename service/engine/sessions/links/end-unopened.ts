import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { DueMark } from '../link-rows-store.ts';

/** Links of one transaction. */
const BATCH = 100;

/** Ends the links of a flow that were not opened in time; how many. A person may open one between `due` and `end`, which then changes nothing. */
export async function endUnopened<Link>({
  inTransaction,
  due,
  end,
}: {
  inTransaction: InTransaction;
  due(limit: number, after: DueMark | undefined): Promise<{ links: Link[]; next?: DueMark }>;
  end(tx: Tx, link: Link): Promise<unknown>;
}): Promise<number> {
  let ended = 0;
  let after: DueMark | undefined;
  do {
    const { links, next } = await due(BATCH, after);
    if (links.length > 0)
      await inTransaction(async (tx) => {
        for (const link of links) await end(tx, link);
      });
    ended += links.length;
    after = next;
  } while (after);
  return ended;
}
