import pg from 'pg';

/** Any number that is ours alone in the database. */
const WRITER_LOCK = 7_184_002;

/**
 * One row, of the process that writes. It lies beside the tables of the migrations and belongs to none: a version that does not know it
 * leaves it alone, and no snapshot or backup holds it. `token` is the key: a change of it, and of nothing else, waits for
 * transactions that hold the row with `FENCE`.
 */
const TABLE = `create table if not exists writer_lock (
  token text primary key,
  only_one boolean not null default true unique check (only_one),
  holder text not null,
  sessions text not null,
  backend integer not null,
  beats bigint not null,
  beaten_at timestamptz not null
)`;

/**
 * First in each transaction of a writer, with its token; no row: another process has taken the database over. Until the transaction ends
 * no process can. Heartbeats do not wait for it.
 */
export const FENCE = 'select from writer_lock where token = $1 for key share';
/** In a transaction of the writer: refused (55P03) while another of its transactions is under way, also one whose session was lost. */
export const ALONE = 'select from writer_lock where token = $1 for update nowait';

/** The process that has the row. */
export interface RowHolder {
  token: string;
  /** In words, as it calls itself. */
  holder: string;
  /** `application_name` of its connections. */
  sessions: string;
  /** Process of the server that wrote its last heartbeat. */
  backend: number;
  /** Counts heartbeats, as text. */
  beats: string;
  /** Whether `backend` is still the session that wrote it. */
  alive: boolean;
}

/** What one look at the database found. */
export interface WriterRow {
  /** Whether this connection has the advisory lock now. */
  locked: boolean;
  /** Who has it else. */
  locker?: { backend: number; name: string; address: string | null; since: string; isNode: boolean };
  row?: RowHolder;
}

/** Tries to take the advisory lock, and reads who writes. */
export async function readWriterRow(client: pg.Client): Promise<WriterRow> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    WRITER_LOCK,
  ]);
  const locked = rows[0]!.locked;
  const row = await readRow(client);
  const locker = locked ? undefined : await readLocker(client);
  return { locked, ...(locker && { locker }), ...(row && { row }) };
}

async function readRow(client: pg.Client): Promise<RowHolder | undefined> {
  try {
    // A session that began after the heartbeat only has the number of the one that wrote it.
    const { rows } = await client.query<RowHolder>(
      `select token, holder, sessions, backend, beats::text, exists (select from pg_stat_activity a
         where a.pid = w.backend and (a.backend_start is null or a.backend_start <= w.beaten_at)) as alive
       from writer_lock w`,
    );
    return rows[0];
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '42P01') return undefined;
    throw error;
  }
}

const HELD = `l.locktype = 'advisory' and l.granted and l.objid = $1 and l.classid = 0
  and l.database = (select oid from pg_database where datname = current_database())`;

async function readLocker(client: pg.Client): Promise<WriterRow['locker']> {
  const { rows } = await client.query<NonNullable<WriterRow['locker']>>(
    `select a.pid as backend, a.application_name as name, a.client_addr as address, a.backend_start::text as since,
       l.mode = 'ShareLock' as "isNode"
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where ${HELD}`,
    [WRITER_LOCK],
  );
  return rows[0];
}

/** Ends the sessions with which nodes that give no sign share the lock. */
export async function endSharers(client: pg.Client): Promise<void> {
  await client.query(
    `select pg_terminate_backend(a.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where ${HELD} and l.mode = 'ShareLock' and a.usename = current_user`,
    [WRITER_LOCK],
  );
}

/** Takes the lock together with others that do, and holds off a writer that shares it with none. */
export async function lockWithOthers(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    'select pg_try_advisory_lock_shared($1) as locked',
    [WRITER_LOCK],
  );
  return rows[0]!.locked;
}

export async function unlockWithOthers(client: pg.Client): Promise<void> {
  await client.query('select pg_advisory_unlock_shared($1)', [WRITER_LOCK]);
}

/** Gives the advisory lock back. */
export async function unlock(client: pg.Client): Promise<void> {
  await client.query('select pg_advisory_unlock($1)', [WRITER_LOCK]);
}

/** Writes the row for this process in the place of `former`, whose sessions it ends first; gives its own session at the server. */
export async function takeRow(
  client: pg.Client,
  { token, holder, sessions }: Pick<RowHolder, 'token' | 'holder' | 'sessions'>,
  former: RowHolder | undefined,
): Promise<number> {
  await client.query(TABLE);
  // What it had begun would go on to hold the row.
  if (former && former.token !== token) await endSessions(client, former);
  const { rows } = await client.query<{ backend: number }>(
    `insert into writer_lock (token, holder, sessions, backend, beats, beaten_at)
     values ($1, $2, $3, pg_backend_pid(), 0, clock_timestamp())
     on conflict (only_one) do update set token = excluded.token, holder = excluded.holder, sessions = excluded.sessions,
       backend = excluded.backend, beats = writer_lock.beats + 1, beaten_at = excluded.beaten_at
     returning backend`,
    [token, holder, sessions],
  );
  return rows[0]!.backend;
}

/** Writes a heartbeat; false when the row is another process's. */
export async function beat(client: pg.Client, token: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `update writer_lock set beats = beats + 1, backend = pg_backend_pid(), beaten_at = clock_timestamp() where token = $1`,
    [token],
  );
  return rowCount === 1;
}

/** Removes the row, where it is this process's, and gives the lock back. */
export async function release(client: pg.Client, token: string): Promise<void> {
  await client.query('delete from writer_lock where token = $1', [token]);
  await unlock(client);
}

/** Ends the sessions of a process that writes no heartbeats any more, as far as they are of our role. */
export async function endSessions(
  client: pg.Client,
  { alive, backend, sessions }: Pick<RowHolder, 'alive' | 'backend' | 'sessions'>,
): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
       and (pid = $1 or application_name = $2)`,
    [alive ? backend : 0, sessions],
  );
}
