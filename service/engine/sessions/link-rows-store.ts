import type { Selectable } from 'kysely';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { protectRows, type RowProtection } from '../../storage/keys/protected-rows.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

interface LinkRow {
  hosted_link: Selectable<Schema['hosted_link']>;
  registration: Selectable<Schema['registration']>;
}

/** The last of those that are due, after which others may come. */
export interface DueMark {
  id: string;
  expires_at: number;
}

export interface LinkRowsDeps extends RowProtection {
  db: Db;
}

/**
 * Rows of links for one use: what a hosted link and an invitation have in common. `columns`: what the HMAC covers.
 */
export function createLinkRows<Table extends keyof LinkRow>(
  table: Table,
  { pending, columns }: { pending: string; columns: readonly (keyof LinkRow[Table] & string)[] },
  deps: LinkRowsDeps,
) {
  type Row = LinkRow[Table];
  // Only columns that both tables have are named here.
  const name = table as 'hosted_link';
  const { one, isOwn, sign } = protectRows<Row>(
    table === 'hosted_link' ? 'hosted-link' : 'registration',
    columns,
    deps,
  );
  /** Without a result: of the others nothing changes. */
  async function waiting(tx: Tx, id: string): Promise<Row | undefined> {
    const row = await tx
      .selectFrom(name)
      .selectAll()
      .where('id', '=', id)
      .where('status', '=', pending)
      .executeTakeFirst();
    return one(row as Row | undefined);
  }
  /** False, and nothing changed, where the link is not as it is wanted; read again where another change came between. */
  async function change(
    tx: Tx,
    id: string,
    changed: Partial<Row>,
    isWanted: (row: Row) => boolean = () => true,
  ): Promise<boolean> {
    for (;;) {
      const row = await waiting(tx, id);
      if (!row || !isWanted(row)) return false;
      const { numUpdatedRows } = await tx
        .updateTable(name)
        .set({ ...changed, mac: sign({ ...row, ...changed }) } as object)
        .where('id', '=', row.id)
        .where('mac', '=', row.mac)
        .executeTakeFirst();
      if (numUpdatedRows === 1n) return true;
    }
  }

  return {
    one,
    sign,
    /** False when another browser was first, or the link is over. */
    take: (tx: Tx, id: string, now: number): Promise<boolean> =>
      change(
        tx,
        id,
        { opened_at: now } as Partial<Row>,
        ({ opened_at, expires_at }) => opened_at === null && expires_at > now,
      ),
    async setSession(tx: Tx, id: string, session: string): Promise<void> {
      await change(tx, id, { session } as Partial<Row>);
    },
    /** The result. False for one that has it already; `unopened`: also for one that was opened. */
    end: (tx: Tx, id: string, result: Partial<Row>, { unopened = false } = {}): Promise<boolean> =>
      change(tx, id, result, ({ opened_at }) => !unopened || opened_at === null),
    /** That were not opened in time; the oldest first. */
    async due(now: number, limit: number, after?: DueMark) {
      const rows = (await selectDue(deps.db, name, { pending, now, limit, after })) as Row[];
      return { rows: rows.filter(isOwn), ...defined({ next: rows[limit - 1] as DueMark | undefined }) };
    },
    async removeOf(tx: Tx, organization: OrganizationId): Promise<void> {
      await tx.deleteFrom(name).where('organization', '=', organization).execute();
    },
  };
}

interface DueOrder {
  pending: string;
  now: number;
  limit: number;
  after: DueMark | undefined;
}

const selectDue = (db: Db, table: 'hosted_link', { pending, now, limit, after }: DueOrder) =>
  db
    .selectFrom(table)
    .selectAll()
    .where('status', '=', pending)
    .where('expires_at', '<=', now)
    .where('opened_at', 'is', null)
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb('expires_at', '>', after!.expires_at),
          eb.and([eb('expires_at', '=', after!.expires_at), eb('id', '>', after!.id)]),
        ]),
      ),
    )
    .orderBy('expires_at')
    .orderBy('id')
    .limit(limit)
    .execute();
