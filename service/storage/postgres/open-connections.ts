import type pg from 'pg';

const connections = new WeakMap<pg.Pool, ReadonlySet<pg.PoolClient>>();

/** Before the first use of the pool. */
export function rememberConnections(pool: pg.Pool): void {
  const open = new Set<pg.PoolClient>();
  pool.on('connect', (client) => open.add(client));
  pool.on('remove', (client) => open.delete(client));
  connections.set(pool, open);
}

/** Of a server that gives no answer, and no error either: what waits for one fails now, and the next use of the pool connects anew. */
export function dropConnections(pool: pg.Pool): void {
  for (const { connection } of connections.get(pool) ?? []) connection.stream.destroy();
}
