import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createRecurring } from '../../lib/recurring.ts';
import type { Timer } from '../../lib/timer.ts';
import { connectTimeoutOf } from './connect-timeout.ts';

/** Any number that is ours alone in the database. */
const WRITER_LOCK = 7_184_002;
/** Milliseconds between two looks at a connection that nothing else uses: a router may have forgotten it. */
const LOOK_EVERY = 15_000;
/** A process that was killed has its session for a moment still. */
const TRIES = 10;
const PAUSE = 200;

/** Makes one process the only writer of a PostgreSQL database, as the writer lock does for a data directory. */
export interface PostgresLock {
  /** Throws STORAGE_UNAVAILABLE while the lock is not known to be held. */
  require(): void;
  close(): Promise<void>;
}

export interface PostgresLockDeps {
  log: Log;
  /** Who holds it, for the process that is refused: `gatehouse serve, process 7 on box, /srv/gatehouse`. At most 63 bytes are kept. */
  holder: string;
  timer?: Timer;
}

/**
 * Takes an advisory lock on a connection of its own, which PostgreSQL releases when that connection ends. Throws CONFLICT,
 * naming the holder, when another process has it. Lost with its connection, it is taken again as soon as that can be; until then
 * nothing is written, and when another process is seen to have taken it meanwhile, nothing any more.
 *
 * Needs a session of its own: a pooler in transaction mode (PgBouncer) between the two voids it.
 */
export async function takePostgresLock(
  url: string,
  { log, holder, timer }: PostgresLockDeps,
): Promise<PostgresLock> {
  let client: pg.Client | undefined;
  let lost = 'The lock on the database is not taken yet.';
  /** As PostgreSQL keeps it: cut to 63 bytes. */
  let ours: string | undefined;
  let taking: Promise<void> | undefined;
  let closed = false;
  /** Another process wrote meanwhile: what this process has in memory is not what is in the database. */
  let takenOver = false;

  function lose(held: pg.Client, why: string): void {
    if (client !== held) return;
    client = undefined;
    lost = 'The connection that locks the database was lost: nothing is written until it is back.';
    if (closed) return;
    log.error(
      { error: why },
      'the connection that locks the database was lost: nothing is written until it is back',
    );
    void retake();
  }

  async function take(): Promise<void> {
    const taken = createClient(url, holder);
    taken.on('error', (error) => lose(taken, error.message));
    taken.on('end', () => lose(taken, 'it ended'));
    const lock = await connectAndLock(taken, ours);
    if (lock.is !== 'held') {
      takenOver = lock.is === 'taken over';
      throw inUse(url, lock);
    }
    ours = lock.session;
    client = taken;
  }

  function retake(): Promise<void> {
    taking ??= take()
      .then(
        () => log.info({}, 'the lock on the database is held again'),
        (error: unknown) => {
          if (error instanceof Problem) lost = error.message;
        },
      )
      .finally(() => {
        taking = undefined;
      });
    return taking;
  }

  await take();
  const recurring = createRecurring({ log, timer });
  recurring.every('database lock', LOOK_EVERY, async () => {
    if (takenOver) return;
    const looked = client;
    if (!looked) return retake();
    await looked.query('select 1').catch((error: Error) => {
      // Do not wait for the connection’s own error: with an unreachable host it may take minutes.
      lose(looked, error.message);
      void looked.end().catch(() => {});
    });
  });

  return {
    require() {
      if (client) return;
      throw new Problem('STORAGE_UNAVAILABLE', lost, { retryAfterSeconds: 5 });
    },
    async close() {
      closed = true;
      await recurring.stop();
      await taking;
      // Before the session ends, which takes the server a moment: the next process need not wait.
      await client?.query('select pg_advisory_unlock($1)', [WRITER_LOCK]).catch(() => {});
      await client?.end().catch(() => {});
    },
  };
}

function createClient(url: string, holder: string): pg.Client {
  return new pg.Client({
    connectionString: url,
    application_name: holder,
    connectionTimeoutMillis: connectTimeoutOf(url),
    query_timeout: connectTimeoutOf(url),
    keepAlive: true,
  });
}

type Lock = { is: 'held'; session: string } | { is: 'in use' | 'taken over'; by: string };

/** `ours`: the session of this process that held it before. */
async function acquire(client: pg.Client, ours: string | undefined): Promise<Lock> {
  for (let attempt = 1; !(await tryLock(client)); attempt++) {
    const { who, session } = await holderOf(client);
    // Our own session may live on at the server for a while after its connection was lost, or end just now.
    if (ours !== undefined && session !== undefined && session !== ours) return { is: 'taken over', by: who };
    if (attempt === TRIES) return { is: 'in use', by: who };
    await wait(PAUSE);
  }
  const { rows } = await client.query("select current_setting('application_name') as name");
  return { is: 'held', session: rows[0].name };
}

/** Ends the client where it does not get the lock. */
async function connectAndLock(client: pg.Client, ours: string | undefined): Promise<Lock> {
  let lock: Lock | undefined;
  try {
    await client.connect();
    lock = await acquire(client, ours);
    return lock;
  } finally {
    if (lock?.is !== 'held') await client.end().catch(() => {});
  }
}

function inUse(url: string, { is, by }: Exclude<Lock, { is: 'held' }>): Problem {
  const sentence = `The PostgreSQL database ${new URL(url).pathname.slice(1)} is in use by ${by}: stop it first, or give this directory a database of its own.`;
  return new Problem(
    'CONFLICT',
    is === 'taken over'
      ? `${sentence} It was taken over from this service: restart this one when the other has stopped.`
      : sentence,
  );
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query('select pg_try_advisory_lock($1) as taken', [WRITER_LOCK]);
  return rows[0].taken;
}

/** No session where it has ended since. */
async function holderOf(client: pg.Client): Promise<{ who: string; session: string | undefined }> {
  const { rows } = await client.query(
    `select a.application_name, a.client_addr, a.backend_start from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objid = $1 and l.classid = 0
       and l.database = (select oid from pg_database where datname = current_database())`,
    [WRITER_LOCK],
  );
  const [row] = rows;
  if (!row) return { who: 'another process', session: undefined };
  const address = row.client_addr ? ` at ${row.client_addr}` : '';
  const since = new Date(row.backend_start).toISOString();
  return {
    who: `${row.application_name || 'another process'}${address}, since ${since}`,
    session: row.application_name,
  };
}
