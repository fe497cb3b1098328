import { sql } from 'kysely';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createRecurring } from '../../lib/recurring.ts';
import { coalesce } from '../../lib/turns.ts';
import type { Doubts } from '../connection.ts';
import { makeOwn } from '../postgres/make-own.ts';
import type { Db } from '../transaction.ts';

/** What this node keeps in memory of rows with these keys is read anew, or forgotten: as often as it is called with them. */
type ApplyChange = (keys: readonly string[]) => unknown;

/**
 * How far this node has followed what all nodes write. What is kept in memory of the record is used after catching up alone: what was
 * acknowledged at any node before is there then.
 */
export interface Position {
  /** Whether other nodes write too. False: what is kept in memory follows the commits of this process. */
  readonly shared: boolean;
  /** Before the first `catchUp`. Of several tables with the same keys a key is given once. */
  follow(tables: string | readonly string[], apply: ApplyChange): void;
  /**
   * What to do when the record is older than what this node has seen of it, as after a failover to a standby that lagged, and when it may be
   * newer than what the only service knows: `mend` reads anew everything that is kept in memory, and undoes what must not come back. A read
   * waits for it, and is done again where it throws. Before it `look` says how often the record was found to be older.
   */
  whenOlder(what: WhenOlder): void;
  /**
   * Resolves when every change that was acknowledged before the call has been applied. Calls at one time share a read at the database,
   * which began after each of them. Throws STORAGE_UNAVAILABLE where the database does not answer, or this node was removed: nothing is
   * answered from memory then.
   */
  catchUp(): Promise<void>;
  /** Changes that are in the record and were not applied here. */
  behind(): Promise<number>;
  /** Milliseconds since the begin of the newest read that has come to its end. */
  sinceRead(): number;
  close(): Promise<void>;
}

interface WhenOlder {
  look(): Promise<number>;
  mend(): Promise<void>;
}

const nothing: WhenOlder = { look: async () => 0, mend: async () => {} };

/** Of the one service of a database: what it keeps in memory follows its own commits. */
export const alone: Position = {
  shared: false,
  follow: () => {},
  whenOlder: () => {},
  catchUp: async () => {},
  behind: async () => 0,
  sinceRead: () => 0,
  close: async () => {},
};

interface LoneDeps {
  /** Of the database and of the key store. */
  doubts: readonly Doubts[];
  /** Before what is kept in memory of the record: the keys. Says how often these were found to be older. */
  before(): Promise<number>;
  log: Log;
}

/**
 * Of the one service of a PostgreSQL database: after a commit that was not answered, and where another server took over with an older record,
 * all that it keeps in memory is read anew before it is used.
 */
export function createLonePosition({ doubts, before, log }: LoneDeps): Position {
  let { look, mend } = nothing;
  const count = () => ({
    unanswered: doubts.reduce((sum, one) => sum + one.unanswered(), 0),
    moved: doubts.reduce((sum, one) => sum + one.moved(), 0),
  });
  let known = { ...count(), older: 0 };
  const isSure = ({ unanswered, moved } = count()) =>
    unanswered === known.unanswered && moved === known.moved;
  const settle = coalesce(async () => {
    const now = count();
    if (isSure(now)) return;
    for (const one of doubts) await one.ended();
    const older = (await before()) + (await look());
    if (older !== known.older || now.unanswered !== known.unanswered) {
      log.warn(
        { older: older !== known.older },
        'the record may be another one than what is kept in memory of it: that is read anew',
      );
      await mend();
    }
    known = { ...now, older };
  });
  return {
    ...alone,
    whenOlder(given) {
      ({ look, mend } = given);
    },
    catchUp: async () => (isSure() ? undefined : settle()),
  };
}

/**
 * Tables of which something is kept in memory, and the column that says of what. `columns`: those that memory is made from, an update of
 * others makes nothing old.
 */
export type FollowedTables = Readonly<Record<string, string | FollowedColumns>>;

interface FollowedColumns {
  key: string;
  columns: readonly string[];
}

/**
 * Changes of followed tables, written by triggers in the transaction of the change, whichever program makes it, as long as there are nodes. They lie
 * beside the tables of the migrations, as the rows of the nodes: no backup holds them.
 */
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
  `create or replace function service_note_change() returns trigger language plpgsql as $$
  begin
    if not exists (select from service_node) then return null; end if;
    insert into service_change (about, key)
      select tg_table_name, key from (
        select to_jsonb(old) ->> tg_argv[0] where tg_op <> 'INSERT'
        union
        select to_jsonb(new) ->> tg_argv[0] where tg_op <> 'DELETE'
      ) as changed (key) where key is not null;
    return null;
  end $$`,
];
/** Transactions that a server which took over may not know: those that were undone while nothing was acknowledged. */
const GIVEN_AGAIN = 100_000n;
/** Milliseconds between two reads of a node at which nothing asks for one. */
const POLL_INTERVAL = 60_000;
/** Longer: a node that has not read for so long was removed long ago. */
const KEPT = '10 minutes';

interface SharedPositionDeps {
  db: Db;
  /** Of this node's row (postgres/nodes.ts). */
  token: string;
  tables: FollowedTables;
  log: Log;
  /** Throws STORAGE_UNAVAILABLE where nothing can be known: the database is not asked then. */
  require(): void;
  /** Before changes are applied: what was written before them elsewhere, the keys, is known then. */
  before?: () => Promise<void>;
  /** The newest line of the audit log that this node has written: what is in no followed table is in the log. */
  newestLine?: () => { chain: string; seq: number; hash: string } | undefined;
}

interface Row extends Found {
  /** Whether the newest change that this node has seen is there, and the newest line that it has written. */
  stands: boolean;
  id: number | null;
  xid: string | null;
  about: string | null;
  key: string | null;
}

/**
 * Of a node among several: begins at the changes that are not there yet. Rows become visible in another order than their ids, so what is
 * read is what no snapshot before could have seen whole: rows of transactions from the oldest one on that was running at the last read,
 * without those that were applied already.
 */
export async function openPosition({
  db,
  token,
  tables,
  log,
  require,
  before,
  newestLine,
}: SharedPositionDeps): Promise<Position> {
  await prepare(db, tables);
  const followers: { of: readonly string[]; apply: ApplyChange }[] = [];
  let { look, mend } = nothing;
  /** Of transactions that are `low` or newer. */
  const applied = new Map<number, string>();
  let { horizon: low, newest, session } = await readBeginning(db, token);
  /** Until all is mended. */
  let wentBack = false;
  let readAt = performance.now();

  async function readChanges(): Promise<void> {
    require();
    const line = newestLine?.();
    const { rows } = await sql<Row>`
      select ${found(token)},
        ${newest === undefined ? sql`true` : sql`exists (select from service_change where id = ${newest.id} and xid = ${newest.xid}::xid8)`}
          and ${line === undefined ? sql`true` : sql`exists (select from audit where chain = ${line.chain} and seq = ${line.seq} and hash = ${line.hash})`} as stands,
        c.id, c.xid::text, c.about, c.key
      from (select) as one left join service_change c on c.xid >= ${low}::xid8
      order by c.id`.execute(db);
    const { horizon, session: now, stands } = rows[0]!;
    if (now === null) throw removed();
    wentBack ||= !stands;
    if (wentBack) return goBack();
    if (now !== session) {
      // At the server that took over, numbers of transactions may be given again that the one before had used.
      low = String(BigInt(low) > GIVEN_AGAIN ? BigInt(low) - GIVEN_AGAIN : 0n);
      session = now;
      return readChanges();
    }
    const fresh = rows.filter(({ id }) => id !== null && !applied.has(id));
    if (fresh.length > 0) await before?.();
    for (const { of, apply } of followers) {
      const keys = new Set(fresh.flatMap(({ about, key }) => (of.includes(about!) ? [key!] : [])));
      if (keys.size > 0) await apply([...keys]);
    }
    for (const { id, xid } of fresh) applied.set(id!, xid!);
    const last = fresh.at(-1);
    if (last) newest = { id: last.id!, xid: last.xid! };
    low = horizon;
    for (const [id, xid] of applied) if (BigInt(xid) < BigInt(horizon)) applied.delete(id);
  }

  /** Another record than the one that was followed: everything is read after this beginning. */
  async function goBack(): Promise<void> {
    const beginning = await readBeginning(db, token);
    log.error({}, 'the record is older than what this node has seen of it: what was written since is lost');
    await before?.();
    await look();
    await mend();
    applied.clear();
    ({ horizon: low, newest, session } = beginning);
    wentBack = false;
  }

  const share = coalesce(async () => {
    const begun = performance.now();
    await readChanges();
    readAt = begun;
  });
  function catchUp(): Promise<void> {
    startPolling();
    return share();
  }

  const recurring = createRecurring({ log });
  let isPolling = false;
  /** From the first read on that is asked for: what it follows has been read then. */
  function startPolling(): void {
    if (isPolling) return;
    isPolling = true;
    recurring.every('changes of other nodes', POLL_INTERVAL, async () => {
      await catchUp();
      // Not the last before that time: it is what a node may have seen last.
      await sql`delete from service_change where id < (
        select max(id) from service_change where at < clock_timestamp() - ${KEPT}::interval)`.execute(db);
    });
  }

  return {
    shared: true,
    whenOlder(given) {
      ({ look, mend } = given);
    },
    follow(followed, apply) {
      const of = [followed].flat();
      const unknown = of.find((table) => !(table in tables));
      if (unknown !== undefined) throw new Error(`No changes of ${unknown} are written.`);
      followers.push({ of, apply });
    },
    catchUp,
    async behind() {
      const { rows } = await sql<{ id: number }>`
        select id from service_change where xid >= ${low}::xid8`.execute(db);
      return rows.filter(({ id }) => !applied.has(id)).length;
    },
    sinceRead: () => performance.now() - readAt,
    close: () => recurring.stop(),
  };
}

/** Makes what is missing. A trigger that is there is left alone: making one waits for all who write to its table. */
async function prepare(db: Db, tables: FollowedTables): Promise<void> {
  await sql.raw(makeOwn(...TABLES)).execute(db);
  const { rows } = await sql<{ name: string }>`
    select tgrelid::regclass::text as name from pg_trigger where tgname = 'service_note_change'`.execute(db);
  const there = new Set(rows.map(({ name }) => name));
  for (const [table, followed] of Object.entries(tables)) {
    if (there.has(table)) continue;
    const { key, columns } = typeof followed === 'string' ? { key: followed, columns: undefined } : followed;
    await sql`create or replace trigger service_note_change after insert or delete ${updatesOf(columns)} on ${sql.table(table)}
      for each row execute function service_note_change(${sql.lit(key)})`.execute(db);
  }
}

/** A change as it is known again. */
interface Seen {
  id: number;
  xid: string;
}

/** What each read finds besides changes. */
interface Found {
  /** The oldest transaction that has not ended. */
  horizon: string;
  /** Of this node at the server, which is another one after a failover; null where the node was removed. */
  session: string | null;
}

const found = (token: string) => sql`pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
  (select pg_postmaster_start_time()::text || '/' || backend from service_node where token = ${token}) as session`;

async function readBeginning(db: Db, token: string): Promise<Found & { newest: Seen | undefined }> {
  const { rows } = await sql<Found & { id: number | null; xid: string | null }>`
    select ${found(token)}, c.id, c.xid::text
    from (select) as one left join (select id, xid from service_change order by id desc limit 1) c on true`.execute(
    db,
  );
  const { horizon, session, id, xid } = rows[0]!;
  return { horizon, session, newest: id === null ? undefined : { id, xid: xid! } };
}

function updatesOf(columns: readonly string[] | undefined) {
  if (columns === undefined) return sql`or update`;
  return columns.length === 0 ? sql`` : sql`or update of ${sql.join(columns.map((one) => sql.ref(one)))}`;
}

export const removed = (): Problem =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The other nodes removed this one: it answers nothing until it has started anew.',
    { retryAfterSeconds: 5 },
  );
