import type pg from 'pg';

/** Milliseconds that a statement waits for a table or row that another session has locked. */
export const LOCK_TIMEOUT = 5_000;

const settings = {
  // A role or the server may end sessions that wait for work; ours do that for days.
  idle_session_timeout: '0',
  // Seconds, and at the end milliseconds: the server ends the session of a machine without power or network after 10 to 12 s, whatever
  // the system's own values are (two hours). Its locks and open transactions end with it.
  tcp_keepalives_idle: '4',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '10000',
};

/** `0`: as long as it takes. */
interface StatementTimes {
  statement_timeout: number;
  lock_timeout?: number;
}

/**
 * A statement that gives a session of the server our settings, as far as its version knows them. Not in the start of the connection: a
 * pooler refuses those that it does not know, or leaves them out.
 */
export function sessionSettings(times: StatementTimes): string {
  const wanted = Object.entries({ ...settings, ...times }).map(([name, value]) => `('${name}', '${value}')`);
  return `select set_config(name, value, false) from (values ${wanted.join(', ')}) as wanted (name, value)
    where current_setting(name, true) is not null
    union all
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`;
}

const DEFAULT = 5_000;

/**
 * Milliseconds for a connection to PostgreSQL: what its URL says, in seconds and as everywhere (`?connect_timeout=60`), else few: a
 * database that hangs must not hang `/ready`.
 */
export function connectTimeoutOf(url: string): number {
  const seconds = Number(/[?&]connect_timeout=(\d{1,4})(?:&|$)/.exec(url)?.[1] ?? 0);
  return seconds === 0 ? DEFAULT : seconds * 1_000;
}

const connections = new WeakMap<pg.Pool, Set<pg.ClientBase>>();

/** A new connection of the pool, for `dropConnections`. */
export function rememberConnection(pool: pg.Pool, client: pg.ClientBase): void {
  const open = connections.get(pool) ?? new Set();
  connections.set(pool, open.add(client));
  client.once('end', () => open.delete(client));
}

/** Of a server that gives no answer, and no error either: what waits for one fails now, and the next use of the pool connects anew. */
export function dropConnections(pool: pg.Pool): void {
  for (const client of connections.get(pool) ?? []) (client as pg.Client).connection.stream.destroy();
}
