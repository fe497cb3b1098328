import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import type pg from 'pg';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db } from '../transaction.ts';
import {
  BEAT_EVERY,
  holdRight,
  type PostgresLock,
  type PostgresLockDeps,
  type Right,
  STILL,
  type Taken,
} from './held-right.ts';
import { makeOwn } from './make-own.ts';
import { endSessions, lockWithOthers, readWriterRow, unlockWithOthers } from './writer-row.ts';

/** Milliseconds that the clock of a node may differ from the server's. */
const CLOCK_LIMIT = 2_000;

/**
 * Milliseconds for which a node is waited for whose session at the server has ended: one that lives tries four times a second, but what
 * leads to the server may refuse connections for a moment. Less than `BEAT_EVERY`: the next look removes it, 2 to 4 s after its end.
 */
const REJOINS = BEAT_EVERY - 500;

const SERVER_TIME = '(extract(epoch from clock_timestamp()) * 1000)::float8 as now';

/**
 * A row for each node. As `writer_lock` it lies beside the tables of the migrations. `token` is the key: what removes or changes it waits
 * for transactions that hold the row with `FENCE`; heartbeats do not.
 */
const TABLE = `create table if not exists service_node (
  token text primary key,
  node text not null unique,
  holder text not null,
  sessions text not null,
  version text not null,
  schema text not null,
  address text not null,
  backend integer not null,
  joined_at timestamptz not null,
  beats bigint not null,
  beaten_at timestamptz not null,
  clock_ahead integer not null,
  name text,
  drains boolean not null default false,
  lags boolean not null default false
)`;

const FENCE = `select ${SERVER_TIME} from service_node where token = $1 for key share`;

/** As long as another one takes the work: the last one works, whatever was ordered. */
const DRAINS = 'drains and exists (select from service_node o where not o.drains) as drains';

/** One service of several on a PostgreSQL database. */
export interface Node {
  /** The same as long as its data directory is: `node_…`. */
  id: string;
  /** For a person: of its machine, unless the settings have another. */
  name?: string | undefined;
  /** Of Gatehouse: `0.2.0`. */
  version: string;
  /** Where the other nodes reach its doors. */
  address: string;
}

/** The node that this process is. */
export interface ThisNode extends Node {
  /** Key of its row, of this run alone. */
  token: string;
  /** Throws STORAGE_UNAVAILABLE while it may not write; what writes outside a transaction asks it, and holds the row. */
  requireWriter(): void;
}

/** A node as the others see it. */
export interface SeenNode extends Node {
  /** Of this run alone. */
  run: string;
  /** The newest migration that its program knows. */
  schema: string;
  /** Who it is, for a person. */
  holder: string;
  /** Milliseconds since its last heartbeat, by the clock of the server. */
  silentFor: number;
  /** Milliseconds that its clock is ahead of the server's, within the time that a statement takes. */
  clockAhead: number;
  joinedAt: number;
  /** It takes no new work, because an administrator wants that and another node takes it. */
  drains: boolean;
  /** Its memory has not followed the record for some minutes. */
  lags: boolean;
}

export interface NodeDeps extends PostgresLockDeps {
  node: Node;
  /** The newest migration that this program knows. */
  schema: string;
  clock: Clock;
  /** Milliseconds without a heartbeat after which a node counts as gone, 10 s. */
  still?: number;
}

/**
 * Joins the nodes that write to a database. Throws CONFLICT while a service that shares it with none has it, and where the clock of this
 * machine differs from the server's by more than 2 s. A node without a heartbeat for 10 s, or whose session at the server was seen to
 * end and which did not join again at once, is removed by the others: its sessions end with what they had begun, and it writes nothing
 * more when it wakes up.
 */
export function joinNodes(url: string, deps: NodeDeps): Promise<PostgresLock> {
  const { node, schema, clock, log, holder, sessions = holder, still = STILL } = deps;
  let watch = createWatch(still);
  const name = new URL(url).pathname.slice(1);
  let hindered: string | undefined;

  async function take(client: pg.Client, token: string, again: boolean): Promise<Taken> {
    if (!(await lockWithOthers(client))) {
      const { locker, row } = await readWriterRow(client);
      const by = locker?.name || row?.holder || 'a service that shares it with none';
      return { is: 'in use', refusal: new Problem('CONFLICT', inUse(name, by)) };
    }
    const { ahead, wrong } = await readClock(client, clock);
    if (wrong !== undefined) return { is: 'in use', refusal: new Problem('CONFLICT', wrong) };
    // What was seen of the others was seen at another server, or before it was started anew.
    watch = createWatch(still);
    await client.query(makeOwn(TABLE));
    if (again) {
      const backend = await writeBeat(client, token, ahead);
      return backend === undefined ? { is: 'taken over', refusal: removed() } : { is: 'held', backend };
    }
    const rows = await readRows(client, { not: '' });
    const suspects = rows.filter((row) => findFault(node, holder, row) !== undefined);
    const [living] = suspects.length > 0 ? await whichBeat(client, suspects) : [];
    const fault = living && findFault(node, holder, living);
    if (fault !== undefined) return { is: 'in use', refusal: new Problem('CONFLICT', fault) };
    // Of an earlier run with this data directory, which its lock says is over.
    await removeNodes(
      client,
      rows.filter((row) => row.id === node.id),
    );
    const inserted = await client.query<{ backend: number }>(
      `insert into service_node (token, node, name, holder, sessions, version, schema, address, backend, joined_at, beats, beaten_at, clock_ahead)
       values ($1, $2, $3, $4, $5, $6, $7, $8, pg_backend_pid(), clock_timestamp(), 0, clock_timestamp(), $9) returning backend`,
      [token, node.id, node.name ?? null, holder, sessions, node.version, schema, node.address, ahead],
    );
    return { is: 'held', backend: inserted.rows[0]!.backend };
  }

  const right: Right = {
    async fence(query, token) {
      const asked = clock.now();
      const [row] = (await query(FENCE, [token])).rows as { now: number }[];
      hindered = row && wrongClock(aheadOf({ asked, answered: clock.now(), server: row.now }));
      return row !== undefined;
    },
    take: (client, token, former) => take(client, token, former !== undefined),
    async beat(client, token) {
      const { ahead, wrong } = await readClock(client, clock);
      hindered = wrong;
      if ((await writeBeat(client, token, ahead)) === undefined) return removed();
      const { silent, ended } = watch(await readRows(client, { not: token }));
      for (const { id, holder: who } of [...silent, ...ended])
        log.warn({ node: id, holder: who }, 'a node is gone: it is removed, and what it had begun is undone');
      await removeNodes(client, [...silent, ...ended]);
      return undefined;
    },
    gone: removed,
    hindered: () => hindered,
    async release(client, token) {
      await client.query('delete from service_node where token = $1', [token]);
      await unlockWithOthers(client);
    },
  };
  return holdRight(url, deps, right);
}

/** All that have joined and were not removed, the first that joined first. */
export async function listNodes(
  query: (statement: string) => Promise<{ rows: unknown[] }>,
): Promise<SeenNode[]> {
  const { rows } = await query(
    `select node as id, token as run, name, version, schema, address, holder, ${DRAINS}, lags, clock_ahead as "clockAhead",
       (extract(epoch from clock_timestamp() - beaten_at) * 1000)::integer as "silentFor",
       (extract(epoch from joined_at) * 1000)::float8 as "joinedAt"
     from service_node order by joined_at`,
  );
  return (rows as (SeenNode & { name: string | null })[]).map((row) => ({
    ...row,
    name: row.name ?? undefined,
  }));
}

/** What it has begun ends first; then it writes nothing more. */
export const dropNode = (tx: Db, id: string): Promise<unknown> =>
  sql`delete from service_node where node = ${id}`.execute(tx);

/** `full`: those whose disk is full. False where it does not run, or no other one would take the work. Its next run begins without it. */
export async function drainNode(
  tx: Db,
  id: string,
  { drains, full }: { drains: boolean; full: readonly string[] },
): Promise<boolean> {
  const { numAffectedRows } = await sql`update service_node set drains = ${drains} where node = ${id}
    and (not ${drains} or exists (select from service_node o
      where o.node <> ${id} and not o.drains and o.node <> all(${[...full]}::text[])))`.execute(tx);
  return numAffectedRows === 1n;
}

/** Of this run. */
export const noteLag = (db: Db, token: string, lags: boolean): Promise<unknown> =>
  sql`update service_node set lags = ${lags} where token = ${token}`.execute(db);

/** Servers that stream from this one, and, for a role without `pg_monitor`, what makes a copy of it, which looks the same then. */
export async function countStandbys(db: Db): Promise<number> {
  const { rows } = await sql<{ standbys: number }>`select count(*)::integer as standbys
    from pg_stat_replication where state is distinct from 'backup'
      and coalesce(application_name, '') not in ('pg_basebackup', 'pg_receivewal')`.execute(db);
  return rows[0]!.standbys;
}

export const readNodes = (db: Db): Promise<SeenNode[]> =>
  listNodes((statement) => sql.raw(statement).execute(db));

/** URLs of the doors of all. */
export const addressesOfNodes = async (db: Db): Promise<string[]> =>
  (await readNodes(db)).map(({ address }) => address);

/** The runs that go on, and where the other nodes reach them. */
export async function listRuns(db: Db): Promise<{ run: string; address: string }[]> {
  const { rows } = await sql<{
    run: string;
    address: string;
  }>`select token as run, address from service_node`.execute(db);
  return rows;
}

/** Of one that may run, or run no more. */
export interface NodeRow extends Node {
  token: string;
  holder: string;
  sessions: string;
  backend: number;
  beats: string;
  /** Whether `backend` is still the session that wrote the last heartbeat. */
  alive: boolean;
}

/** None where no node ever joined. */
export async function readAllRows(client: pg.Client): Promise<NodeRow[]> {
  const { rows } = await client.query("select from pg_class where oid = to_regclass('service_node')");
  return rows.length === 0 ? [] : readRows(client, { not: '' });
}

/** Whether one wrote a heartbeat or joined since the rows were as `before`. */
export const isAnyAlive = (rows: readonly NodeRow[], before: readonly NodeRow[]): boolean =>
  rows.some((row) => !before.some(({ token, beats }) => token === row.token && beats === row.beats));

/** `node_a (0.2.0, https://10.0.0.1:7300)` */
export const describeNodes = (nodes: readonly Node[]): string =>
  nodes.map(({ id, version, address }) => `${id} (${version}, ${address})`).join(', ');

/** Of all but the one with this token. */
async function readRows(client: pg.Client, { not }: { not: string }): Promise<NodeRow[]> {
  const { rows } = await client.query<NodeRow>(
    `select token, node as id, holder, sessions, version, address, backend, beats::text, exists (select from pg_stat_activity a
       where a.pid = n.backend and (a.backend_start is null or a.backend_start <= n.beaten_at)) as alive
     from service_node n where token <> $1`,
    [not],
  );
  return rows;
}

/** Machine and data directory: of `NAME on box: /srv/gatehouse` what follows `on`. */
const placeOf = (holder: string): string | undefined => holder.split(' on ').at(-1);

/** Times that a node is waited for whose session at the server is open, as one that is busy may miss a heartbeat. */
const LOOKS = 3;

/** Those that give a sign still: what a killed one has left hinders none. */
async function whichBeat(client: pg.Client, rows: readonly NodeRow[]): Promise<NodeRow[]> {
  const before = new Map(rows.map(({ token, beats }) => [token, beats]));
  for (let look = 1; ; look++) {
    await wait(BEAT_EVERY + 500);
    const known = (await readRows(client, { not: '' })).filter(({ token }) => before.has(token));
    const beating = known.filter(({ token, beats }) => before.get(token) !== beats);
    if (beating.length > 0 || look === LOOKS || !known.some(({ alive }) => alive)) return beating;
  }
}

/** Why a node cannot run beside another one: that is the same, or one of both does not reach the other. */
function findFault(
  { id, address }: Node,
  holder: string,
  other: Pick<NodeRow, 'id' | 'holder' | 'address'>,
): string | undefined {
  if (other.id === id) return placeOf(other.holder) === placeOf(holder) ? undefined : copied(other);
  if (other.address === address)
    return `The other nodes are to reach this one at ${address}, but that is where they reach ${other.holder}. Give each node an address of its own: "nodeAddress", GATEHOUSE_NODE_ADDRESS or --node-address.`;
  if (isLoopback(other.address) === isLoopback(address)) return undefined;
  return isLoopback(address) ? localAmong(address, other) : besideLocal(address, other);
}

const isLoopback = (address: string): boolean => {
  const { hostname } = new URL(address);
  return hostname === 'localhost' || hostname === '[::1]' || /^127[.]/.test(hostname);
};

/** Its session at the server; undefined where the row is gone. */
async function writeBeat(client: pg.Client, token: string, ahead: number): Promise<number | undefined> {
  const { rows } = await client.query<{ backend: number }>(
    `update service_node set beats = beats + 1, backend = pg_backend_pid(), beaten_at = clock_timestamp(), clock_ahead = $2
     where token = $1 returning backend`,
    [token, ahead],
  );
  return rows[0]?.backend;
}

/** Their sessions first: what they had begun would go on to hold the rows. Not where a heartbeat came since they were read. */
export async function removeNodes(client: pg.Client, rows: readonly NodeRow[]): Promise<void> {
  for (const { token, sessions, beats } of rows) {
    await endSessions(client, { alive: false, backend: 0, sessions });
    await client.query('delete from service_node where token = $1 and beats = $2', [token, beats]);
  }
}

/** A time of the server, and this process's own before it was asked for and after it was there. */
interface ComparedClock {
  asked: number;
  answered: number;
  server: number;
}

/** Milliseconds by which the clock is ahead of the server's at least, whatever the way took; behind it: negative. */
const aheadOf = ({ asked, answered, server }: ComparedClock): number =>
  Math.round(Math.max(0, asked - server) + Math.min(0, answered - server));

/** `wrong`: in a sentence, where it is too far from the server's. */
async function readClock(client: pg.Client, clock: Clock): Promise<{ ahead: number; wrong?: string }> {
  const asked = clock.now();
  const { rows } = await client.query<{ now: number }>(`select ${SERVER_TIME}`);
  const compared = { asked, answered: clock.now(), server: rows[0]!.now };
  const ahead = Math.round((asked + compared.answered) / 2 - compared.server);
  return { ahead, ...defined({ wrong: wrongClock(aheadOf(compared)) }) };
}

/** What one that looks again and again saw of a node. */
interface Watched {
  beats: string;
  /** First seen with these heartbeats, by this process's own steady clock. */
  since: number;
  /** It had a session at the server since this process has looked. */
  hadSession: boolean;
  /** First seen without that session and with these heartbeats. */
  endedAt: number | undefined;
}

/**
 * Gives those that were seen `still` milliseconds long without a new heartbeat, and those whose session ended since it was seen and that
 * have not joined again for `REJOINS`. Of the time in which this process did not look it knows nothing: it was paused, as the whole
 * machine may have been.
 */
export function createWatch(still: number, now = () => performance.now()) {
  let seen = new Map<string, Watched>();
  let last = Number.NEGATIVE_INFINITY;
  return <R extends Pick<NodeRow, 'token' | 'beats' | 'alive'>>(
    rows: readonly R[],
  ): { silent: R[]; ended: R[] } => {
    const at = now();
    if (at - last > still / 2) seen = new Map();
    last = at;
    const next = rows.map(({ token, beats, alive }): [string, Watched] => {
      const before = seen.get(token);
      const same = before?.beats === beats;
      const hadSession = alive || (before !== undefined && (before.hadSession || !same));
      const endedAt = alive || !hadSession ? undefined : ((same ? before.endedAt : undefined) ?? at);
      return [token, { beats, since: same ? before.since : at, hadSession, endedAt }];
    });
    seen = new Map(next);
    const isSilent = ({ token }: R) => at - seen.get(token)!.since >= still;
    const isOver = ({ token }: R) => at - (seen.get(token)!.endedAt ?? at) >= REJOINS;
    return { silent: rows.filter(isSilent), ended: rows.filter((row) => isOver(row) && !isSilent(row)) };
  };
}

const inUse = (name: string, by: string): string =>
  `The PostgreSQL database ${name} is in use by ${by}, which shares it with no other node: stop it, and start it as a node too ("nodes": true, GATEHOUSE_NODES or --nodes).`;

const localAmong = (address: string, other: Pick<NodeRow, 'holder' | 'address'>): string =>
  `The other nodes are to reach this one at ${address}, which is this machine alone, but ${other.holder} is reached at ${other.address}. Give this one an address of the network: "nodeAddress", GATEHOUSE_NODE_ADDRESS or --node-address.`;

const besideLocal = (address: string, other: Pick<NodeRow, 'holder' | 'address'>): string =>
  `This node, at ${address}, cannot reach ${other.holder}, which gives the address ${other.address} of its own machine alone. Restart that one with an address of the network: "nodeAddress", GATEHOUSE_NODE_ADDRESS or --node-address.`;

const copied = ({ id, holder }: Pick<NodeRow, 'id' | 'holder'>): string =>
  `${holder} runs as the same node, ${id}: this data directory is a copy of its one. A node that is added has a directory of its own: "gatehouse node token" there, "gatehouse node join" here.`;

const wrongClock = (ahead: number): string | undefined =>
  Math.abs(ahead) <= CLOCK_LIMIT
    ? undefined
    : `The clock of this machine is ${Math.abs(ahead)} ms ${ahead > 0 ? 'ahead of' : 'behind'} the clock of the database server; ${CLOCK_LIMIT} ms are allowed between nodes. Nothing is written from here until both are set, by NTP.`;

const removed = (): Problem =>
  new Problem(
    'CONFLICT',
    'The other nodes removed this one, because it gave no sign for 10 s, lost its connection to the database server or an administrator asked for it: nothing is written from here until it has started anew.',
  );
