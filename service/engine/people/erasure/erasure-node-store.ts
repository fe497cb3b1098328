import { sql } from 'kysely';
import type { Db } from '../../../storage/transaction.ts';

/** The table `erasure_node`: which nodes have cleared what they keep of an erased person outside the database. */
export const createErasureNodeStore = (db: Db) => ({
  /** Asks every node that is known, once each. */
  async ask(erasures: readonly string[], at: number): Promise<void> {
    await sql`
      insert into erasure_node (erasure, node, asked_at)
      select erasure, node, ${at} from unnest(${erasures}::text[]) as asked (erasure), known_node
      on conflict do nothing`.execute(db);
  },
  /** Running nodes that have not cleared, by erasure. */
  async waiting(erasures: readonly string[]): Promise<{ erasure: string; node: string; address: string }[]> {
    const { rows } = await sql<{ erasure: string; node: string; address: string }>`
      select erasure_node.erasure, service_node.node, service_node.address
      from erasure_node join service_node on service_node.node = erasure_node.node
      where erasure_node.erasure = any(${erasures}::text[]) and erasure_node.cleared_at is null
      order by service_node.node`.execute(db);
    return rows;
  },
  /** What the node has to clear. */
  open: (node: string): Promise<{ erasure: string; organization: string; world: string }[]> =>
    db
      .selectFrom('erasure_node')
      .innerJoin('erasure', 'erasure.id', 'erasure_node.erasure')
      .select(['erasure_node.erasure', 'erasure.organization', 'erasure.world'])
      .where('erasure_node.node', '=', node)
      .where('erasure_node.cleared_at', 'is', null)
      .execute(),
  async cleared(node: string, erasures: readonly string[], at: number): Promise<void> {
    if (erasures.length === 0) return;
    await db
      .updateTable('erasure_node')
      .set({ cleared_at: at })
      .where('node', '=', node)
      .where('erasure', 'in', erasures)
      .where('cleared_at', 'is', null)
      .execute();
  },
  /** False where it was known before: from now on it is asked, also while it does not run. */
  async join(node: string, at: number): Promise<boolean> {
    const { numInsertedOrUpdatedRows = 0n } = await db
      .insertInto('known_node')
      .values({ node, joined_at: at })
      .onConflict((conflict) => conflict.column('node').doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows > 0n;
  },
});
