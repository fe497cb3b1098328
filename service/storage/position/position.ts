import { sql } from 'kysely';
import { Problem } from '../../lib/problem.ts';
import type { Db, Tx } from '../transaction.ts';

/** What a node keeps in memory of the record, named after what changes it. */
export type ChangeKind = string;

/** Applies changes of others: reads `keys` anew from the database, as often as it is called with them. */
export type ApplyChange = (keys: readonly string[]) => Promise<unknown>;

/**
 * How far this node has followed the changes of all nodes. Every transaction that changes what a node keeps in memory notes it, and whoever
 * uses that memory catches up first: what was acknowledged at any node before is there then.
 */
export interface Position {
  /** In the transaction of the change itself. */
  note(tx: Tx, about: ChangeKind, key: string): Promise<void>;
  /** Before the first `catchUp`. Changes of a kind that nothing here follows are passed over. */
  follow(about: ChangeKind, apply: ApplyChange): void;
  /**
   * Resolves when every change that was acknowledged before the call has been applied. Calls at one time share a look at the database,
   * which began after each of them. Throws STORAGE_UNAVAILABLE where the database does not answer, or this node was removed: nothing is
   * answered from memory then.
   */
  catchUp(): Promise<void>;
}

/** Of the one service of a database: what it keeps in memory follows its own commits. */
export const alone: Position = {
  note: async () => {},
  follow: () => {},
  catchUp: async () => {},
};

/** Made beside the tables of the migrations, as the rows of the nodes: no backup holds it. */
const TABLES = [
  `create table if not exists service_change (
    id bigint primary key generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    about text not null,
    key text not null,
    at timestamptz not null default clock_timestamp()
  )`,
  'create index if not exists service_change_xid on service_change (xid)',
  'create index if not exists service_change_at on service_change (at)',
];
/** Of rows that no node needs: one that has not looked for 10 s is removed. */
const KEPT = '10 minutes';

export interface SharedPositionDeps {
  db: Db;
  /** Of this node's row (postgres/nodes.ts). */
  token: string;
}

interface Row {
  horizon: string;
  member: boolean;
  id: number | null;
  xid: string | null;
  about: string | null;
  key: string | null;
}

/**
 * Of a node among several: begins at the changes that are not there yet. Rows become visible in another order than their ids, so what is
 * read is what no snapshot before could have seen whole: rows of transactions from the oldest one on that was running at the last look,
 * without those that were applied already.
 */
export async function openPosition({ db, token }: SharedPositionDeps): Promise<Position> {
  for (const table of TABLES) await sql.raw(table).execute(db);
  const appliers = new Map<ChangeKind, ApplyChange>();
  /** Of transactions that are `low` or newer. */
  const applied = new Map<number, string>();
  let low = await readHorizon(db);
  let looking: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function look(): Promise<void> {
    const { rows } = await sql<Row>`
      select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
        exists (select from service_node where token = ${token}) as member, c.id, c.xid::text, c.about, c.key
      from (select) as one left join service_change c on c.xid >= ${low}::xid8
      order by c.id`.execute(db);
    const { horizon, member } = rows[0]!;
    if (!member) throw removed();
    const fresh = rows.filter(({ id }) => id !== null && !applied.has(id));
    for (const [about, keys] of byKind(fresh)) await appliers.get(about)?.(keys);
    for (const { id, xid } of fresh) applied.set(id!, xid!);
    low = horizon;
    for (const [id, xid] of applied) if (BigInt(xid) < BigInt(horizon)) applied.delete(id);
  }

  function begin(): Promise<void> {
    looking = look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    async note(tx, about, key) {
      await sql`insert into service_change (about, key) values (${about}, ${key})`.execute(tx);
    },
    follow(about, apply) {
      if (appliers.has(about)) throw new Error(`Changes of ${about} are followed twice.`);
      appliers.set(about, apply);
    },
    catchUp() {
      if (looking === undefined) return begin();
      // The look under way may have begun before what the caller has to see.
      next ??= looking
        .catch(() => {})
        .then(() => {
          next = undefined;
          return looking ?? begin();
        });
      return next;
    },
  };
}

/** Removes what every node has applied. */
export const pruneChanges = (db: Db): Promise<unknown> =>
  sql`delete from service_change where at < clock_timestamp() - ${KEPT}::interval`.execute(db);

async function readHorizon(db: Db): Promise<string> {
  const { rows } = await sql<{
    horizon: string;
  }>`select pg_snapshot_xmin(pg_current_snapshot())::text as horizon`.execute(db);
  return rows[0]!.horizon;
}

function byKind(rows: readonly Row[]): Map<ChangeKind, string[]> {
  const keys = new Map<ChangeKind, Set<string>>();
  for (const { about, key } of rows) {
    const ofKind = keys.get(about!) ?? new Set();
    keys.set(about!, ofKind.add(key!));
  }
  return new Map([...keys].map(([about, ofKind]) => [about, [...ofKind]]));
}

const removed = (): Problem =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The other nodes removed this one: it answers nothing from what it has in memory. Restart it to join again.',
    { retryAfterSeconds: 5 },
  );
