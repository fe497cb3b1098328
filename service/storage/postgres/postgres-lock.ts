import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createRecurring } from '../../lib/recurring.ts';
import type { Timer } from '../../lib/timer.ts';
import { unreachable } from './check-postgres.ts';
import { explainRefusal } from './postgres-refusal.ts';
import { connectTimeoutOf, sessionSettings } from './session-settings.ts';
import {
  beat,
  endSessions,
  FENCE,
  readWriterRow,
  release,
  takeRow,
  unlock,
  type WriterRow,
} from './writer-row.ts';

/** Milliseconds between two heartbeats, which also keep the connection known to routers. */
const BEAT_EVERY = 2_000;
/** Milliseconds without a heartbeat after which the lock is taken over. */
const STILL = 10_000;
/** Milliseconds for which a lock is waited for whose process writes no heartbeats: killed, it has its session for a moment still. */
const PATIENCE = 2_000;
/** Milliseconds between two looks at a lock that another process has. */
const PAUSE = 200;
const LOST = 'The connection that locks the database was lost: nothing is written until it is back.';

/** Makes one process the only writer of a PostgreSQL database, as the writer lock does for a data directory. */
export interface PostgresLock {
  /** Throws STORAGE_UNAVAILABLE while the lock is not known to be held. */
  require(): void;
  /**
   * First in each transaction that writes: throws STORAGE_UNAVAILABLE where another process has taken the database over, and none can
   * until the transaction ends.
   */
  fence(query: (statement: string, values: unknown[]) => Promise<{ rows: unknown[] }>): Promise<void>;
  close(): Promise<void>;
}

export interface PostgresLockDeps {
  log: Log;
  /** Who holds it, for the process that is refused: `gatehouse serve, process 7 on box, /srv/gatehouse`. */
  holder: string;
  /** `application_name` of the other connections of this process: they are ended where another takes the lock over. */
  sessions?: string;
  timer?: Timer;
}

/** What this process had before its connection was lost. */
interface Former {
  token: string;
  backend: number;
}

/**
 * Takes an advisory lock on a connection of its own, which PostgreSQL releases when that connection ends, and the row of
 * writer-row.ts. Throws CONFLICT, naming the holder, when another process has it and writes heartbeats; one that has written none for 10 s
 * is taken over from. Lost with its connection, it is taken again as soon as that can be; until then
 * nothing is written, and when another process has taken it meanwhile, nothing any more.
 *
 * A pooler in transaction mode voids the advisory lock (checkPostgres refuses it), the row not.
 */
export async function takePostgresLock(url: string, deps: PostgresLockDeps): Promise<PostgresLock> {
  const { log, timer } = deps;
  const hold = createHold(url, deps);
  await hold.take();
  const recurring = createRecurring({ log, timer });
  recurring.every('database lock', BEAT_EVERY, () => hold.beat());

  function requireHeld(): void {
    if (!hold.client()) throw new Problem('STORAGE_UNAVAILABLE', hold.why(), { retryAfterSeconds: 5 });
  }

  return {
    require: requireHeld,
    async fence(query) {
      requireHeld();
      const { rows } = await query(FENCE, [hold.token]);
      if (rows.length === 1) return;
      hold.giveUp('another process');
      requireHeld();
    },
    async close() {
      const ended = hold.end();
      await recurring.stop();
      await ended;
      // Before the session ends, which takes the server a moment: the next process need not wait.
      const client = hold.client();
      if (client) await release(client, hold.token).catch(() => {});
      await client?.end().catch(() => {});
    },
  };
}

/** The connection that has the lock, lost and found again. */
interface Hold {
  token: string;
  /** Undefined while the lock is not held. */
  client(): pg.Client | undefined;
  /** In a sentence, where it is not held. */
  why(): string;
  /** Throws CONFLICT where another process has it. */
  take(): Promise<void>;
  /** Writes a heartbeat, or takes the lock again. Waits for no error of the connection itself: of an unreachable host it may take minutes. */
  beat(): Promise<void>;
  /** For good, until the process starts anew: `by` has written meanwhile, and what this process has in memory is old. */
  giveUp(by: string): void;
  /** Nothing is taken again; waits for what is being taken. */
  end(): Promise<void>;
}

function createHold(url: string, { log, holder, sessions = holder }: PostgresLockDeps): Hold {
  const token = randomBytes(16).toString('hex');
  let client: pg.Client | undefined;
  let lost = 'The lock on the database is not taken yet.';
  let former: Former | undefined;
  let taking: Promise<void> | undefined;
  let ended = false;
  let takenOver = false;

  function lose(held: pg.Client, error: string): void {
    if (client !== held) return;
    client = undefined;
    void held.end().catch(() => {});
    lost = LOST;
    if (ended) return;
    log.error({ error }, LOST);
    void retake();
  }

  async function take(): Promise<void> {
    const taken = createClient(url, holder);
    taken.on('error', (error) => lose(taken, error.message));
    taken.on('end', () => lose(taken, 'it ended'));
    const lock = await connectAndLock(taken, { url, token, holder, sessions, former });
    if (lock.is !== 'held') {
      takenOver = lock.is === 'taken over';
      throw inUse(url, lock);
    }
    former = { token, backend: lock.backend };
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

  function giveUp(by: string): void {
    if (takenOver) return;
    void client?.end().catch(() => {});
    client = undefined;
    takenOver = true;
    lost = inUse(url, { is: 'taken over', by }).message;
    log.error({ by }, 'the database was taken over by another process: nothing is written any more');
  }

  async function writeBeat(): Promise<void> {
    if (takenOver) return;
    const looked = client;
    if (!looked) return retake();
    try {
      if (await beat(looked, token)) return;
      if (client === looked && !ended) giveUp(describe(await readWriterRow(looked)));
    } catch (error) {
      lose(looked, error instanceof Error ? error.message : String(error));
    }
  }

  return {
    token,
    client: () => client,
    why: () => lost,
    take,
    beat: writeBeat,
    giveUp,
    async end() {
      ended = true;
      await taking;
    },
  };
}

function createClient(url: string, holder: string): pg.Client {
  return new pg.Client({
    connectionString: url,
    // The server keeps 63 bytes of it.
    application_name: holder,
    connectionTimeoutMillis: connectTimeoutOf(url),
    query_timeout: connectTimeoutOf(url),
    keepAlive: true,
  });
}

type Lock = { is: 'held'; backend: number } | { is: 'in use' | 'taken over'; by: string };

interface Claim {
  url: string;
  token: string;
  holder: string;
  sessions: string;
  /** What this process had before. */
  former: Former | undefined;
}

/** Ends the client where it does not get the lock. Throws CONFLICT for a server that cannot be reached. */
async function connectAndLock(client: pg.Client, claim: Claim): Promise<Lock> {
  let lock: Lock | undefined;
  try {
    await client.connect();
    await client.query(sessionSettings({ statement_timeout: 0 }));
    // A heartbeat that is lost with the server is of no use.
    await client.query("set synchronous_commit = 'off'");
    lock = await acquire(client, claim);
    return lock;
  } catch (error) {
    throw explainRefusal(error, claim.url) ?? unreachable(error);
  } finally {
    if (lock?.is !== 'held') await client.end().catch(() => {});
  }
}

async function acquire(client: pg.Client, claim: Claim): Promise<Lock> {
  const { token, former } = claim;
  let still: { beats: string; since: number } | undefined;
  for (const start = performance.now(); ; await wait(PAUSE)) {
    const found = await readWriterRow(client);
    const { locked, locker, row } = found;
    if (former && isTaken(found, former)) return { is: 'taken over', by: describe(found) };
    if (locked && (row === undefined || row.token === token || !row.alive))
      return { is: 'held', backend: await takeRow(client, claim, row) };
    const now = performance.now();
    if (former && locker) {
      // The server has not noticed yet that our own session ended.
      await endSessions(client, { alive: true, backend: locker.backend, sessions: '' });
    } else if (row === undefined || (locker && locker.backend !== row.backend)) {
      // A version that writes no row, or a process that is about to.
      if (now - start > PATIENCE) return { is: 'in use', by: describe(found) };
    } else {
      const key = `${row.token} ${row.beats}`;
      if (still && still.beats !== key) return { is: 'in use', by: describe(found) };
      still ??= { beats: key, since: now };
      const silent = now - still.since > STILL;
      if (silent && locked) return { is: 'held', backend: await takeRow(client, claim, row) };
      if (silent) await endSessions(client, row);
    }
    if (locked) await unlock(client);
    if (now - start > STILL + PATIENCE) return { is: 'in use', by: describe(found) };
  }
}

/** Whether another process took the lock since this one had it. */
const isTaken = ({ locker, row }: WriterRow, { token, backend }: Former): boolean =>
  row?.token !== token || (locker !== undefined && locker.backend !== backend);

function describe({ locker, row }: WriterRow): string {
  const name = locker?.name || row?.holder || 'another process';
  const address = locker?.address ? ` at ${locker.address}` : '';
  const since = locker ? `, since ${new Date(locker.since).toISOString()}` : '';
  return `${name}${address}${since}`;
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
