import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Opened } from '../connection.ts';
import { makeOwn } from '../postgres/make-own.ts';
import { requireMaster } from './key-rewraps.ts';
import type { KeySchema } from './key-store-schema.ts';
import { changedMeanwhile } from './wrapped-key.ts';

/** An open token: its verifier, wrapped by the master key. */
export interface TokenRow {
  id: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  verifier: string;
}

/** What a machine that wants to join wrote. */
export interface RequestRow {
  token: string;
  node: string;
  name: string;
  publicKey: string;
  signature: string;
}

/** A node that joined: the master key, wrapped for its own key. */
export interface NodeKeyRow {
  node: string;
  name: string;
  publicKey: string;
  /** The public key, wrapped by the master key: no other program made the row. */
  attested: string;
  token: string;
  /** Id of the master key. */
  master: string;
  wrapped: string;
  /** Milliseconds since 1970. */
  joinedAt: number;
}

/** A new master key for a node that runs, until it is in force. */
export interface NextRow {
  /** Token of the run. */
  run: string;
  /** Id of the key. */
  master: string;
  /** For the own key of the node. */
  wrapped: string;
  /** The id, wrapped by the master key in force: no other program made the row. */
  attested: string;
  /** The run, wrapped by the new key: its node has it. */
  answer: string | null;
}

/** What runs of the record, as the key store sees it. */
export interface RunningNode {
  node: string;
  run: string;
  /** For a person. */
  holder: string;
  version: string;
  address: string;
  silentFor: number;
}

/** Of a key store on PostgreSQL. */
export type NodeKeyRows = ReturnType<typeof createNodeKeyRows>;

/** Beside the tables of the migrations: no copy of the store has them. Made with the first token. */
const TABLES = [
  `create table if not exists service_join_token (
    id text primary key,
    expires_at bigint not null,
    verifier text not null
  )`,
  `create table if not exists service_join_request (
    token text not null references service_join_token on delete cascade,
    node text not null,
    name text not null,
    public_key text not null,
    signature text not null,
    primary key (token, node)
  )`,
  `create table if not exists service_node_key (
    node text primary key,
    name text not null,
    public_key text not null,
    attested text not null,
    token text not null,
    master text not null,
    wrapped text not null,
    joined_at bigint not null
  )`,
];

/** Made with the first master key that is replaced while nodes run. */
const NEXT = `create table if not exists service_master_next (
  run text primary key references service_node on delete cascade,
  master text not null,
  wrapped text not null,
  attested text not null,
  answer text
)`;

const ofNodes = sql`select node, name, public_key as "publicKey", attested, token, master, wrapped, joined_at as "joinedAt"
  from service_node_key`;

type OwnTable = 'service_node_key' | 'service_node' | 'service_master_next';

export function createNodeKeyRows({
  db,
  inTransaction,
  token: run,
}: Pick<Opened<KeySchema>, 'db' | 'inTransaction' | 'token'>) {
  const made = new Set<string>();

  async function isThere(table: OwnTable): Promise<boolean> {
    if (made.has(table)) return true;
    const { rows } = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(
      db,
    );
    if (rows[0]!.there) made.add(table);
    return made.has(table);
  }

  async function rowsOf<Row>(statement: RawBuilder<Row>, table: OwnTable) {
    return (await isThere(table)) ? (await statement.execute(db)).rows : [];
  }

  return {
    async addToken({ id, expiresAt, verifier }: TokenRow): Promise<void> {
      await sql.raw(makeOwn(...TABLES)).execute(db);
      await inTransaction((tx) =>
        sql`insert into service_join_token (id, expires_at, verifier) values (${id}, ${expiresAt}, ${verifier})`.execute(
          tx,
        ),
      );
    },
    tokens: (): Promise<TokenRow[]> =>
      rowsOf(
        sql<TokenRow>`select id, expires_at as "expiresAt", verifier from service_join_token`,
        'service_node_key',
      ),
    /** With what asks for it. */
    async removeToken(id: string): Promise<void> {
      await inTransaction((tx) => sql`delete from service_join_token where id = ${id}`.execute(tx));
    },
    /** Those that name the token, in the order of their ids. */
    requests: (token: string): Promise<RequestRow[]> =>
      rowsOf(
        sql<RequestRow>`select token, node, name, public_key as "publicKey", signature
          from service_join_request where token = ${token} order by node limit 100`,
        'service_node_key',
      ),
    async removeRequest({ token, node }: Pick<RequestRow, 'token' | 'node'>): Promise<void> {
      await inTransaction((tx) =>
        sql`delete from service_join_request where token = ${token} and node = ${node}`.execute(tx),
      );
    },
    /** Uses the token up. False, and nothing is written, where it is used or the node is there. Throws CONFLICT for a master key that was replaced. */
    join: (row: NodeKeyRow): Promise<boolean> =>
      inTransaction(async (tx) => {
        await requireMaster(tx, row.master);
        const there = await sql`select from service_node_key where node = ${row.node}`.execute(tx);
        if (there.rows.length > 0) return false;
        const used = await sql`delete from service_join_token where id = ${row.token} returning id`.execute(
          tx,
        );
        if (used.rows.length === 0) return false;
        await sql`insert into service_node_key (node, name, public_key, attested, token, master, wrapped, joined_at)
          values (${row.node}, ${row.name}, ${row.publicKey}, ${row.attested}, ${row.token}, ${row.master}, ${row.wrapped}, ${row.joinedAt})`.execute(
          tx,
        );
        return true;
      }),
    list: (): Promise<NodeKeyRow[]> =>
      rowsOf(sql<NodeKeyRow>`${ofNodes} order by joined_at, node`, 'service_node_key'),
    async find(node: string): Promise<NodeKeyRow | undefined> {
      const [row] = await rowsOf(sql<NodeKeyRow>`${ofNodes} where node = ${node}`, 'service_node_key');
      return row;
    },
    /** With its wrap, and its place among those that run. False where there is none. */
    async remove(node: string): Promise<boolean> {
      if (!(await isThere('service_node_key'))) return false;
      const runs = await isThere('service_node');
      return inTransaction(async (tx) => {
        const gone = await sql`delete from service_node_key where node = ${node} returning node`.execute(tx);
        if (runs) await sql`delete from service_node where node = ${node}`.execute(tx);
        return gone.rows.length > 0;
      });
    },
    running: (): Promise<RunningNode[]> =>
      rowsOf(
        sql<RunningNode>`select node, token as run, holder, version, address,
          (extract(epoch from clock_timestamp() - beaten_at) * 1000)::integer as "silentFor" from service_node`,
        'service_node',
      ),
    /** The wrap alone: the node keeps the master key itself from here on. */
    async forget(node: string): Promise<void> {
      await inTransaction((tx) => sql`delete from service_node_key where node = ${node}`.execute(tx));
    },
    /** Of this process among the nodes; undefined where it shares the store with none. */
    run,
    /** Gives a new master key to a node that runs. */
    async give({ run: to, master, wrapped, attested }: NextRow): Promise<void> {
      await sql.raw(makeOwn(NEXT)).execute(db);
      // None for a node that was removed meanwhile.
      await inTransaction((tx) =>
        sql`insert into service_master_next (run, master, wrapped, attested)
          select token, ${master}, ${wrapped}, ${attested} from service_node where token = ${to}
          on conflict (run) do nothing`.execute(tx),
      );
    },
    given: (): Promise<NextRow[]> =>
      rowsOf(
        sql<NextRow>`select run, master, wrapped, attested, answer from service_master_next`,
        'service_master_next',
      ),
    /** Takes back what was given, unless it is of this new master key. */
    async takeBack(butOf: string = ''): Promise<void> {
      if (!(await isThere('service_master_next'))) return;
      await inTransaction((tx) => sql`delete from service_master_next where master <> ${butOf}`.execute(tx));
    },
    /** What is given to this run. */
    async givenHere(): Promise<NextRow | undefined> {
      if (run === undefined) return undefined;
      const [row] = await rowsOf(
        sql<NextRow>`select run, master, wrapped, attested, answer from service_master_next where run = ${run}`,
        'service_master_next',
      );
      return row;
    },
    async answer({ run: of, master }: Pick<NextRow, 'run' | 'master'>, answer: string): Promise<void> {
      await inTransaction((tx) =>
        sql`update service_master_next set answer = ${answer} where run = ${of} and master = ${master}`.execute(
          tx,
        ),
      );
    },
    /** In the transaction that puts the new master key in force, after which nothing is given. Throws CONFLICT where a node runs that did not answer. */
    async requireAnswered(tx: Transaction<KeySchema>, master: string): Promise<void> {
      // Known since the answers were read: nothing but `tx` is asked here.
      const nextThere = made.has('service_master_next');
      const answered = nextThere
        ? sql`select run from service_master_next where master = ${master} and answer is not null`
        : sql`select null where false`;
      const left =
        await sql`select from service_node where token <> ${run} and token not in (${answered}) limit 1`.execute(
          tx,
        );
      if (left.rows.length > 0) throw changedMeanwhile();
      if (nextThere) await sql`delete from service_master_next`.execute(tx);
    },
    /** After `list`, in the transaction that replaces the master key. Throws CONFLICT where one is missing. */
    async rewrap(tx: Transaction<KeySchema>, rows: readonly NodeKeyRow[], to: string): Promise<void> {
      for (const { node, master, wrapped, attested } of rows)
        await sql`update service_node_key set master = ${to}, wrapped = ${wrapped}, attested = ${attested}
          where node = ${node} and master = ${master}`.execute(tx);
      if (!made.has('service_node_key')) return;
      const left = await sql`select from service_node_key where master <> ${to} limit 1`.execute(tx);
      if (left.rows.length > 0) throw changedMeanwhile();
    },
  };
}
