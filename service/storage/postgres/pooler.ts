import { randomInt } from 'node:crypto';
import pg from 'pg';

/** Where a pooler has few connections to the server the first round shows it; these are for one that other clients use meanwhile. */
const ROUNDS = 6;

/**
 * Whether something between us and the server gives a connection another session of the server for each transaction or statement. Two connections
 * of one pool show it: an advisory lock of the first is the second's as well (the same session), or is no longer the first's. A
 * pooler in session mode, and one that keeps the session of a connection that holds a lock, is none.
 */
export async function isPooled(first: pg.Client, second: pg.Client): Promise<boolean> {
  const key = randomInt(2 ** 47);
  try {
    await first.query('select pg_advisory_lock($1)', [key]);
    for (let round = 0; round < ROUNDS; round++) {
      await second.query('begin');
      if (await ask(second, 'select pg_try_advisory_xact_lock($1) as yes', key)) return true;
      // While the second holds a session of the pool, and when it has given it back: twice, for a pool that gives its sessions out in turn.
      if (!(await ask(first, HELD, key))) return true;
      await second.query('rollback');
      if (!(await ask(first, HELD, key)) || !(await ask(first, HELD, key))) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.message.includes('statement pooling')) return true;
    throw error;
  } finally {
    // Behind a pooler either may have the session with the lock; one that is left behind has a key of its own.
    await second.query('rollback').catch(() => {});
    for (const client of [second, first])
      await client.query('select pg_advisory_unlock($1)', [key]).catch(() => {});
  }
}

const HELD = `select exists (select from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid()
  and classid = ($1::bigint >> 32)::int and objid = ($1::bigint & 4294967295)) as yes`;

async function ask(client: pg.Client, statement: string, key: number): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(statement, [key]);
  return rows[0]!.yes;
}
