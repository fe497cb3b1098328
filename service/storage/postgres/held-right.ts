import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createRecurring } from '../../lib/recurring.ts';
import { unreachable } from './check-postgres.ts';
import { explainRefusal } from './postgres-refusal.ts';
import { connectTimeoutOf, sessionSettings } from './session-settings.ts';

/** Milliseconds between two heartbeats, which also keep the connection known to routers. */
export const BEAT_EVERY = 2_000;
/** Milliseconds between two tries to have the right again. */
const AGAIN_EVERY = 250;
/** Milliseconds without a heartbeat after which a process counts as gone. */
export const STILL = 10_000;
/** Milliseconds for which the end of a connection is waited for. */
const ENDS = 1_000;
/** pg's words of a statement that got no answer. */
const UNANSWERED = 'Query read timeout';
const LOST = 'The connection that locks the database was lost: nothing is written until it is back.';

/** In a transaction. */
export type Query = (statement: string, values: unknown[]) => Promise<{ rows: unknown[] }>;

/** Lets a process write to a PostgreSQL database, as the writer lock does for a data directory. */
export interface PostgresLock {
  /** Names this run in its row. */
  token: string;
  /** Throws STORAGE_UNAVAILABLE while the lock is not known to be held. */
  require(): void;
  /**
   * First in each transaction that writes: throws STORAGE_UNAVAILABLE where another process has taken this one's right to write, and none can
   * until the transaction ends.
   */
  fence(query: Query): Promise<void>;
  /** Resolves when another process has taken this one's right, for as long as this run goes on. */
  gone: Promise<void>;
  close(): Promise<void>;
}

export interface PostgresLockDeps {
  log: Log;
  /** Who holds it, for the process that is refused: `gatehouse serve, process 7 on box, /srv/gatehouse`. */
  holder: string;
  /** `application_name` of the other connections of this process: they are ended where another takes the lock over. */
  sessions?: string;
  /** The server gave no answer in time, and no error either: what waits on other connections may do so for long. */
  unanswered?: () => void;
  /** The connection was lost: another server may be there when it is back. */
  lost?: () => void;
  timer?: Timer;
}

/** What this process had before its connection was lost. */
export interface Former {
  token: string;
  backend: number;
}

/** `backend`: the session of the server that has it. A `refusal` is thrown; one for good ends the writing of this process. */
export type Taken = { is: 'held'; backend: number } | { is: 'in use' | 'taken over'; refusal: Problem };

/** What a connection holds: the right of the only writer, or that of a node among several. */
export interface Right {
  /** Whether the token has the right. What would end it waits for the transaction that asks. */
  fence(query: Query, token: string): Promise<boolean>;
  take(client: pg.Client, token: string, former: Former | undefined): Promise<Taken>;
  /** Writes a heartbeat; undefined, or why the right is gone for good. */
  beat(client: pg.Client, token: string): Promise<Problem | undefined>;
  /** Of a fence that found no row. */
  gone(): Problem;
  /** Why nothing is written for now, though the right is held. */
  hindered?(): string | undefined;
  /** Before the session ends, which takes the server a moment: the next process need not wait. */
  release(client: pg.Client, token: string): Promise<void>;
}

/**
 * Takes the right on a connection of its own. Throws CONFLICT where it is refused. Lost with its connection, it is taken again as soon as
 * that can be; until then nothing is written, and when it has been taken from this process meanwhile, nothing any more.
 */
export async function holdRight(url: string, deps: PostgresLockDeps, right: Right): Promise<PostgresLock> {
  const { log, timer } = deps;
  const hold = createHold(url, deps, right);
  await hold.take();
  const recurring = createRecurring({ log, timer });
  recurring.every('database lock', BEAT_EVERY, () => hold.beat());
  recurring.every('database lock again', AGAIN_EVERY, () => hold.regain());

  function requireHeld(): void {
    const why = hold.client() ? right.hindered?.() : hold.why();
    if (why !== undefined) throw new Problem('STORAGE_UNAVAILABLE', why, { retryAfterSeconds: 5 });
  }

  return {
    token: hold.token,
    require: requireHeld,
    gone: hold.gone,
    async fence(query) {
      requireHeld();
      if (!(await right.fence(query, hold.token))) hold.giveUp(right.gone());
      requireHeld();
    },
    async close() {
      const ended = hold.end();
      await recurring.stop();
      await ended;
      const client = hold.client();
      if (client) await right.release(client, hold.token).catch(() => {});
      if (client) await endSoon(client);
    },
  };
}

/** The connection that has the right, lost and found again. */
function createHold(url: string, deps: PostgresLockDeps, right: Right) {
  const { log, holder } = deps;
  const token = randomBytes(16).toString('hex');
  let client: pg.Client | undefined;
  let lost = 'The lock on the database is not taken yet.';
  let former: Former | undefined;
  let taking: Promise<void> | undefined;
  let ended = false;
  let isGone = false;
  const gone = Promise.withResolvers<void>();

  function lose(held: pg.Client, error: string): void {
    if (client !== held) return;
    client = undefined;
    void held.end().catch(() => {});
    lost = LOST;
    if (ended) return;
    deps.lost?.();
    log.error({ error }, LOST);
    void retake();
  }

  async function take(): Promise<void> {
    const taken = createClient(url, holder);
    taken.on('error', (error) => lose(taken, error.message));
    taken.on('end', () => lose(taken, 'it ended'));
    const lock = await connectAndTake(taken, url, () => right.take(taken, token, former));
    if (lock.is !== 'held') {
      if (lock.is === 'taken over') giveUp(lock.refusal);
      throw lock.refusal;
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

  function giveUp(why: Problem): void {
    if (isGone) return;
    void client?.end().catch(() => {});
    client = undefined;
    isGone = true;
    lost = why.message;
    log.error({ why: why.message }, 'nothing is written to the database any more');
    gone.resolve();
  }

  async function writeBeat(): Promise<void> {
    const looked = client;
    if (!looked) return;
    try {
      const gone = await right.beat(looked, token);
      if (gone && client === looked && !ended) giveUp(gone);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (said === UNANSWERED) deps.unanswered?.();
      lose(looked, said);
    }
  }

  return {
    token,
    /** Undefined while it is not held. */
    client: (): pg.Client | undefined => client,
    /** In a sentence, where it is not held. */
    why: (): string => lost,
    /** Throws CONFLICT where it is refused. */
    take,
    /** Writes a heartbeat, where it is held. Waits for no error of the connection itself: of an unreachable host it may take minutes. */
    beat: writeBeat,
    /** Takes it again, where it was lost. */
    async regain(): Promise<void> {
      if (!client && !isGone && !ended) await retake();
    },
    /** For good, until the process starts anew: another has written meanwhile, and what this process has in memory is old. */
    giveUp,
    /** Resolves then. */
    gone: gone.promise,
    /** Nothing is taken again; waits for what is being taken. */
    async end(): Promise<void> {
      ended = true;
      await taking;
    },
  };
}

/** Of a server that gives no answer the end of a connection would be waited for as long as TCP does. */
const endSoon = (client: pg.Client): Promise<unknown> =>
  Promise.race([client.end().catch(() => {}), wait(ENDS, undefined, { ref: false })]);

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

/** Ends the client where it does not get the right. Throws CONFLICT for a server that cannot be reached. */
async function connectAndTake(client: pg.Client, url: string, take: () => Promise<Taken>): Promise<Taken> {
  let taken: Taken | undefined;
  try {
    await client.connect();
    await client.query(sessionSettings({ statement_timeout: 0 }));
    // A heartbeat that is lost with the server is of no use.
    await client.query("set synchronous_commit = 'off'");
    taken = await take();
    return taken;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw explainRefusal(error, url) ?? unreachable(error);
  } finally {
    if (taken?.is !== 'held') await endSoon(client);
  }
}
